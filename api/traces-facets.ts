/** Values among matching spans: well-known fields, and the attributes that people would filter by. */
import type { Telemetry } from '../kernel/telemetry/client.ts';
import { readFacets } from './facets.ts';
import type { Handler } from './handler.ts';
import { readUsefulKeys } from './known-values.ts';
import { spansTarget } from './query/targets.ts';
import { spanSearchOf, spanWhere } from './traces-search.ts';

const usualFields = ['service', 'name', 'kind', 'status', 'environment', 'version'];
const mostAttributes = 6;

export const getTraceFacets =
  (telemetry: Telemetry): Handler<'getTraceFacets'> =>
  async (input, { tenant }) => {
    const { fromMs, toMs } = input;
    const asked = input.fields?.split(',').filter((field) => field !== '');
    const fields = asked ?? [
      ...usualFields,
      ...(await readUsefulKeys(telemetry, { tenant, signal: 'spans', fromMs, toMs }, mostAttributes)),
    ];
    return readFacets(telemetry, {
      tenant,
      table: 'spans',
      target: spansTarget,
      timeColumn: 'start_time',
      fromMs,
      toMs,
      where: spanWhere(spanSearchOf(input, undefined)),
      fields,
    });
  };
