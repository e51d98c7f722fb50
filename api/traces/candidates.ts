/** Ids of traces in order, newest or slowest first, as far as one query finds them. */
import type { Query, QueryCost, QueryParam, Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import { firstArrivalDay } from '../arrival.ts';
import { floorTo } from '../steps.ts';
import { matchesEverything, type SpanSearch, spanWhere } from './search.ts';

export type Order = 'newest' | 'slowest';

/** Where a page ends: the trace that came last, by what the list is ordered by. In nanoseconds; ties go by id. */
export interface Place {
  readonly keyNs: bigint;
  /** Lower-case hex. */
  readonly traceId: string;
}

export interface CandidateSearch {
  readonly search: SpanSearch;
  readonly order: Order;
  /** Newest first: only spans from here on are looked at. The start of the range, or later. */
  readonly sinceMs: number;
  /** Only what comes after this one. */
  readonly after: Place | undefined;
  readonly limit: number;
}

/**
 * Candidates, not results: the table of traces is read from the hour of `sinceMs` on, so a trace that began before that
 * hour looks as if it had begun later. Whoever asks must look at the whole trace before showing it. Likewise, what a
 * trace did later than an hour after the range does not make it any slower.
 */
export const readCandidates = async (
  telemetry: Pick<Telemetry, 'query'>,
  tenant: Tenant,
  candidates: CandidateSearch,
): Promise<{ places: Place[]; cost: QueryCost }> => {
  const { rows, cost } = await telemetry.query<{ key_ns: string; id: string }>({
    tenant,
    ...candidateQuery(candidates),
  });
  return { places: rows.map((row) => ({ keyNs: BigInt(row.key_ns), traceId: row.id })), cost };
};

const hour = 3_600_000;
/** What a DateTime64 with nanoseconds can hold. */
const latestMs = 9_223_372_036_000;
const momentOf = (name: string): string => `fromUnixTimestamp64Milli({${name}:Int64}, 'UTC')`;

const candidateQuery = ({ search, order, sinceMs, after, limit }: CandidateSearch): Pick<Query, 'sql' | 'params'> => {
  const params: Record<string, QueryParam> = {
    sinceMs,
    toMs: search.toMs,
    untilMs: order === 'slowest' ? Math.min(latestMs, search.toMs + hour) : search.toMs,
    firstDay: firstArrivalDay(floorTo(sinceMs, hour)),
    limit,
  };
  const key =
    order === 'newest'
      ? 'toUnixTimestamp64Nano(min(start_time))'
      : 'toUnixTimestamp64Nano(max(end_time)) - toUnixTimestamp64Nano(min(start_time))';
  const began = (time: string): string => `${time} >= ${momentOf('sinceMs')} AND ${time} < ${momentOf('toMs')}`;
  let which = began('start_time');
  let beyond = 'true';
  if (!matchesEverything(search)) {
    const where = spanWhere({ ...search, fromMs: sinceMs });
    which = `trace_id IN (SELECT trace_id FROM spans WHERE ${where.sql})`;
    Object.assign(params, where.params);
  } else if (order === 'slowest') {
    // A later part of a trace that began before the range must count, too: it makes the trace longer.
    which = 'true';
    beyond = began('min(start_time)');
  }
  if (after !== undefined) {
    beyond += ' AND (key, trace_id) < ({afterKey:Int64}, toFixedString(unhex({afterId:String}), 16))';
    Object.assign(params, { afterKey: String(after.keyNs), afterId: after.traceId });
  }
  return {
    params,
    sql: `SELECT toString(${key} AS key) AS key_ns, lower(hex(trace_id)) AS id
      FROM traces
      WHERE org = {org:String} AND project = {project:String} AND hour >= toStartOfHour(${momentOf('sinceMs')})
        AND hour <= ${momentOf('untilMs')} AND received_day >= {firstDay:Date} AND ${which}
      GROUP BY trace_id
      HAVING ${beyond}
      ORDER BY key DESC, trace_id DESC
      LIMIT {limit:UInt32}`,
  };
};
