/** Traces, newest or slowest first, page by page. */
import type { Telemetry } from '../../kernel/telemetry/client.ts';
import type { Handler } from '../handler.ts';
import { readTracePage } from './page.ts';
import { spanSearchOf } from './search.ts';

type Store = Pick<Telemetry, 'query'>;

export const listTraces =
  (telemetry: Store): Handler<'listTraces'> =>
  async (input, { tenant }) =>
    readTracePage(telemetry, tenant, {
      search: spanSearchOf(input, undefined),
      order: input.order,
      limit: input.limit,
      cursor: input.cursor,
    });

export const listServiceTraces =
  (telemetry: Store): Handler<'listServiceTraces'> =>
  async (input, { tenant, service }) =>
    readTracePage(telemetry, tenant, {
      search: spanSearchOf(input, service),
      order: input.order,
      limit: input.limit,
      cursor: input.cursor,
    });
