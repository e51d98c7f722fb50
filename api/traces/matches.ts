/**
 * Search within one trace, in all that its spans carry: names, services, ids, statuses, trace states, attributes of spans,
 * events, links, resources and scopes. The explorer looks in the same places for traces it has whole (ui/src/lib/trace/find.ts).
 */
import type { Telemetry } from '../../kernel/telemetry/client.ts';
import { totalCost } from '../cost.ts';
import type { Handler } from '../handler.ts';
import { requireTrace } from './trace-place.ts';

/** As many as a waterfall shows. */
const maxMatches = 50_000;

export const findInTrace =
  (telemetry: Pick<Telemetry, 'query'>): Handler<'findInTrace'> =>
  async ({ traceId, text }, { tenant }) => {
    const { place, cost } = await requireTrace(telemetry, tenant, traceId);
    const found = await telemetry.query<{ ids: string[] }>({
      tenant,
      sql: `SELECT groupArray(id) AS ids FROM (
          SELECT lower(hex(span_id)) AS id FROM spans
          WHERE ${place.where.sql} AND (${anywhere})
          ORDER BY start_time, span_id LIMIT 1 BY id LIMIT {limit:UInt32})`,
      params: { ...place.where.params, text, limit: maxMatches },
    });
    return { spanIds: found.rows[0]!.ids, cost: totalCost([cost, found.cost]) };
  };

const holds = (text: string): string => `positionCaseInsensitiveUTF8(${text}, {text:String}) > 0`;
const anyHolds = (map: string): string =>
  `arrayExists((key, value) -> ${holds("concat(key, '=', value)")}, mapKeys(${map}), mapValues(${map}))`;
const begins = (id: string): string => `startsWith(lower(hex(${id})), lowerUTF8({text:String}))`;

/**
 * Resources and scopes are looked through with every span: to tell which are the same costs as much (for 50,000 spans with 24
 * attributes of resources 30 ms of 90).
 */
const anywhere = `${holds('name')} OR ${holds('service')} OR ${holds('status_message')} OR ${begins('span_id')}
            OR ${holds('trace_state')} OR ${anyHolds('attributes')}
            OR arrayExists(name -> ${holds('name')}, \`events.name\`)
            OR arrayExists(pairs -> ${anyHolds('pairs')}, \`events.attributes\`)
            OR arrayExists(id -> ${begins('id')}, \`links.trace_id\`) OR arrayExists(id -> ${begins('id')}, \`links.span_id\`)
            OR arrayExists(state -> ${holds('state')}, \`links.trace_state\`)
            OR arrayExists(pairs -> ${anyHolds('pairs')}, \`links.attributes\`)
            OR ${holds('scope_name')} OR ${holds('scope_version')} OR ${anyHolds('scope_attributes')}
            OR ${anyHolds('resource_attributes')}`;
