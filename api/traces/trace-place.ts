/** Where the spans of a trace lie: what its line in the table of traces tells, so that nothing else has to be read. */
import type { QueryCost, QueryParam, Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import { ApiError } from '../api-error.ts';

export interface TracePlace {
  readonly spanCount: number;
  /** The parentless span; undefined when it has not arrived. */
  readonly root: { readonly service: string; readonly name: string; readonly kind: number } | undefined;
  readonly startMs: number;
  /** Where its first span starts. */
  readonly startUnixNano: string;
  /** A WHERE clause over `spans` for the spans of this trace and no others. */
  readonly where: { readonly sql: string; readonly params: Readonly<Record<string, QueryParam>> };
}

/** Undefined when there is no such trace. @param traceId lower-case hex */
export const findTrace = async (
  telemetry: Pick<Telemetry, 'query'>,
  tenant: Tenant,
  traceId: string,
): Promise<{ place: TracePlace | undefined; cost: QueryCost }> => {
  const { rows, cost } = await telemetry.query<PlaceRow>({ tenant, sql: placeSql, params: { traceId } });
  const row = rows[0];
  if (row === undefined) return { place: undefined, cost };
  const { service, name, kind, has_parent } = row.root_span;
  return {
    cost,
    place: {
      spanCount: row.spans,
      root: has_parent === 1 ? undefined : { service, name, kind },
      startMs: Number(BigInt(row.start_ns) / 1_000_000n),
      startUnixNano: row.start_ns,
      where: {
        sql: whereSql,
        params: { traceId, startNs: row.start_ns, endNs: row.end_ns, firstDay: row.first_day, lastDay: row.last_day },
      },
    },
  };
};

/** @param traceId hex @throws ApiError NOT_FOUND when there is no such trace */
export const requireTrace = async (
  telemetry: Pick<Telemetry, 'query'>,
  tenant: Tenant,
  traceId: string,
): Promise<{ place: TracePlace; cost: QueryCost }> => {
  const { place, cost } = await findTrace(telemetry, tenant, traceId.toLowerCase());
  if (place === undefined) {
    throw new ApiError('NOT_FOUND', 'There is no trace with this id: it has not arrived, or is no longer kept.');
  }
  return { place, cost };
};

interface PlaceRow {
  readonly spans: number;
  readonly start_ns: string;
  readonly end_ns: string;
  readonly first_day: string;
  readonly last_day: string;
  readonly root_span: {
    readonly service: string;
    readonly name: string;
    readonly kind: number;
    readonly has_parent: number;
  };
}

/** The id is sorted within each hour, so this reads one granule of every hour, and of those what the bloom filter leaves. */
export const placeSql = `
  SELECT sum(span_count) AS spans, toString(toUnixTimestamp64Nano(min(start_time))) AS start_ns,
    toString(toUnixTimestamp64Nano(max(end_time))) AS end_ns, min(received_day) AS first_day, max(received_day) AS last_day,
    argMinMerge(root) AS root_span
  FROM traces
  WHERE org = {org:String} AND project = {project:String} AND trace_id = toFixedString(unhex({traceId:String}), 16)
  GROUP BY trace_id`;

const start = 'fromUnixTimestamp64Nano({startNs:Int64})';
const end = 'fromUnixTimestamp64Nano({endNs:Int64})';

/** Days of arrival pick partitions, five minutes the place in each, the id's bloom filter the granules there. */
const whereSql = `org = {org:String} AND project = {project:String}
  AND toDate(received_at) BETWEEN {firstDay:Date} AND {lastDay:Date}
  AND toStartOfFiveMinutes(start_time) >= toStartOfFiveMinutes(${start}) AND toStartOfFiveMinutes(start_time) <= ${end}
  AND start_time >= ${start} AND start_time <= ${end} AND trace_id = toFixedString(unhex({traceId:String}), 16)`;
