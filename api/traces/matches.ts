/** Search within one trace, in all that its spans carry. */
import type { Telemetry } from '../../kernel/telemetry/client.ts';
import { totalCost } from '../cost.ts';
import type { Handler } from '../handler.ts';
import { requireTrace } from './trace-place.ts';

/** As many as a waterfall shows. */
const maxMatches = 50_000;

const holds = (text: string): string => `positionCaseInsensitiveUTF8(${text}, {text:String}) > 0`;
const anyHolds = (map: string): string =>
  `arrayExists((key, value) -> ${holds("concat(key, '=', value)")}, mapKeys(${map}), mapValues(${map}))`;

export const findInTrace =
  (telemetry: Pick<Telemetry, 'query'>): Handler<'findInTrace'> =>
  async ({ traceId, text }, { tenant }) => {
    const { place, cost } = await requireTrace(telemetry, tenant, traceId);
    const found = await telemetry.query<{ ids: string[] }>({
      tenant,
      sql: `SELECT groupArray(id) AS ids FROM (
          SELECT lower(hex(span_id)) AS id FROM spans
          WHERE ${place.where.sql} AND (
            ${holds('name')} OR ${holds('service')} OR ${holds('status_message')}
            OR startsWith(lower(hex(span_id)), lowerUTF8({text:String})) OR ${anyHolds('attributes')}
            OR arrayExists(name -> ${holds('name')}, \`events.name\`)
            OR arrayExists(pairs -> ${anyHolds('pairs')}, \`events.attributes\`))
          ORDER BY start_time, span_id LIMIT 1 BY id LIMIT {limit:UInt32})`,
      params: { ...place.where.params, text, limit: maxMatches },
    });
    return { spanIds: found.rows[0]!.ids, cost: totalCost([cost, found.cost]) };
  };
