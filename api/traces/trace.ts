/** A whole trace: its spans with what they were sent, and what its root usually takes. */
import type { QueryCost, Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import { ApiError } from '../api-error.ts';
import { totalCost } from '../cost.ts';
import type { Handler } from '../handler.ts';
import { readDetails } from './span-details.ts';
import { requireTrace, type TracePlace } from './trace-place.ts';
import { spanBytes } from './trace-span.ts';
import { readUsualP95 } from './usual-duration.ts';

type Store = Pick<Telemetry, 'query'>;

/** What one answer holds: the earliest spans. A browser can show no more. */
const maxSpans = 50_000;
const maxBytes = 128 * 2 ** 20;

export const getTrace =
  (telemetry: Store): Handler<'getTrace'> =>
  async ({ traceId }, { tenant }) => {
    const { place, cost } = await requireTrace(telemetry, tenant, traceId);
    const limit = await spanLimit(telemetry, tenant, place);
    const [spans, usual] = await Promise.all([
      readDetails(telemetry, tenant, place.where, limit.spans),
      readUsualP95(telemetry, tenant, place),
    ]);
    if (spans.rowCount === 0) throw new ApiError('NOT_FOUND', 'The spans of this trace are no longer kept.');
    return {
      traceId: traceId.toLowerCase(),
      ...spans.details,
      omittedSpans: Math.max(0, place.spanCount - spans.rowCount),
      usualP95Ms: usual.p95Ms,
      cost: totalCost([cost, limit.cost, spans.cost, usual.cost]),
    };
  };

/** How many of the earliest spans fit into an answer: a few hundred may hold more than ten thousand others. */
const spanLimit = async (
  telemetry: Store,
  tenant: Tenant,
  { where }: TracePlace,
): Promise<{ spans: number; cost: QueryCost }> => {
  const { rows, cost } = await telemetry.query<{ fitting: number }>({
    tenant,
    sql: `SELECT countIf(bytes_so_far <= {maxBytes:UInt64}) AS fitting FROM (
        SELECT sum(${spanBytes})
          OVER (ORDER BY start_time, span_id ROWS UNBOUNDED PRECEDING) AS bytes_so_far
        FROM spans WHERE ${where.sql})`,
    params: { ...where.params, maxBytes },
  });
  return { spans: Math.min(maxSpans, Math.max(1, rows[0]!.fitting)), cost };
};
