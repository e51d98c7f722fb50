/** Values among matching spans: well-known fields, and the attributes that people would filter by. */
import type { Telemetry } from '../../kernel/telemetry/client.ts';
import type { Handler } from '../handler.ts';
import { placeOf } from '../query/resolve.ts';
import { spansTarget } from '../query/targets.ts';
import { readFacets } from '../search/facets.ts';
import { readUsefulKeys } from '../search/known-values.ts';
import { spanSearchOf, spanWhere } from './search.ts';

const usualFields = ['service', 'name', 'kind', 'status', 'environment', 'version'];
const mostAttributes = 6;

export const getTraceFacets =
  (telemetry: Telemetry): Handler<'getTraceFacets'> =>
  async (input, { tenant }) => {
    const { fromMs, toMs } = input;
    const asked = input.fields?.split(',').filter((field) => field !== '');
    const keys = asked
      ? []
      : await readUsefulKeys(telemetry, { tenant, signal: 'spans', fromMs, toMs }, mostAttributes);
    return readFacets(telemetry, {
      tenant,
      table: 'spans',
      target: spansTarget,
      timeColumn: 'start_time',
      fromMs,
      toMs,
      where: spanWhere(spanSearchOf(input, undefined)),
      fields: asked ?? [...usualFields, ...keys.map(fieldOf)],
      ofRecords: new Set(keys),
    });
  };

/** An attribute that has the name of a well-known field needs its scope to be told apart. */
const fieldOf = (key: string): string => (placeOf(key, spansTarget).kind === 'column' ? `attributes.${key}` : key);
