/**
 * What a waterfall draws of a trace, so that one of 10,000 spans opens at once: two queries side by side read columns,
 * not rows, and of attributes only what rows tell. The rest is asked for with `getTraceSpans` when a span is looked at.
 */
import type { QueryCost, Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import { ApiError } from '../api-error.ts';
import { totalCost } from '../cost.ts';
import type { Handler } from '../handler.ts';
import { readNotes } from './outline-notes.ts';
import { type OutlineColumns, outlineOf } from './outline-spans.ts';
import { readSmallDetails } from './small-details.ts';
import { requireTrace, type TracePlace } from './trace-place.ts';
import { resourceKey } from './trace-span.ts';
import { readUsualP95 } from './usual-duration.ts';

type Store = Pick<Telemetry, 'query'>;

/** The earliest. A browser can show no more. */
const maxSpans = 50_000;

export const getTraceOutline =
  (telemetry: Store): Handler<'getTraceOutline'> =>
  async ({ traceId }, { tenant }) => {
    const { place, cost } = await requireTrace(telemetry, tenant, traceId);
    const [columns, notes, usual, details] = await Promise.all([
      readColumns(telemetry, tenant, place),
      readNotes(telemetry, tenant, place),
      readUsualP95(telemetry, tenant, place),
      readSmallDetails(telemetry, tenant, place),
    ]);
    const rowCount = columns.row.ids.length;
    if (rowCount === 0) throw new ApiError('NOT_FOUND', 'The spans of this trace are no longer kept.');
    return {
      traceId: traceId.toLowerCase(),
      startUnixNano: place.startUnixNano,
      ...outlineOf(columns.row, notes.rows),
      details: details.details,
      omittedSpans: Math.max(0, place.spanCount - rowCount),
      usualP95Ms: usual.p95Ms,
      cost: totalCost([cost, columns.cost, notes.cost, usual.cost, ...details.costs]),
    };
  };

/** One row of arrays: as rows of a JSON answer they would take five times as long. */
const readColumns = async (
  telemetry: Store,
  tenant: Tenant,
  { where }: TracePlace,
): Promise<{ row: OutlineColumns; cost: QueryCost }> => {
  const { rows, cost } = await telemetry.query<OutlineColumns>({
    tenant,
    sql: `SELECT groupArray(id) AS ids, groupArray(parent) AS parents, groupArray(from_service) AS services,
        groupArray(short_name) AS names, groupArray(kind_number) AS kinds, groupArray(status_number) AS statuses,
        groupArray(start_ns) AS starts, groupArray(duration_ns) AS durations, groupArray(resource_key) AS resources
      FROM (
        SELECT lower(hex(span_id)) AS id,
          if(parent_span_id = toFixedString('', 8), '', lower(hex(parent_span_id))) AS parent, service AS from_service,
          substringUTF8(name, 1, 1000) AS short_name, toUInt8(kind) AS kind_number, toUInt8(status) AS status_number,
          toUnixTimestamp64Nano(start_time) - {startNs:Int64} AS start_ns, duration_ns,
          ${resourceKey} AS resource_key
        FROM spans WHERE ${where.sql} ORDER BY start_time, span_id LIMIT {limit:UInt32})`,
    params: { ...where.params, limit: maxSpans },
  });
  return { row: rows[0]!, cost };
};
