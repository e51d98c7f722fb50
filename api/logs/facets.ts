/** Values among matching log lines: well-known fields, and the attributes that people would filter by. */
import type { Telemetry } from '../../kernel/telemetry/client.ts';
import type { Handler } from '../handler.ts';
import { placeOf } from '../query/resolve.ts';
import { logsTarget } from '../query/targets.ts';
import { readFacets } from '../search/facets.ts';
import { readUsefulKeys } from '../search/known-values.ts';
import { logSearchOf, logWhere } from './search.ts';

const usualFields = ['severity', 'service', 'environment', 'version', 'host'];
const mostAttributes = 6;

export const getLogFacets =
  (telemetry: Telemetry): Handler<'getLogFacets'> =>
  async (input, { tenant }) => {
    const { fromMs, toMs } = input;
    const where = logWhere(logSearchOf(input, undefined));
    const asked = input.fields?.split(',').filter((field) => field !== '');
    const keys = asked ? [] : await readUsefulKeys(telemetry, { tenant, signal: 'logs', fromMs, toMs }, mostAttributes);
    return readFacets(telemetry, {
      tenant,
      table: 'logs',
      target: logsTarget,
      timeColumn: 'time',
      fromMs,
      toMs,
      where,
      fields: asked ?? [...usualFields, ...keys.map(fieldOf)],
      ofRecords: new Set(keys),
    });
  };

/** An attribute that has the name of a well-known field needs its scope to be told apart. */
const fieldOf = (key: string): string => (placeOf(key, logsTarget).kind === 'column' ? `attributes.${key}` : key);
