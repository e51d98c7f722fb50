/** What the root of a trace usually takes: p95 over the day that ends with the hour of the trace. */
import type { QueryCost, Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import { spanKind } from '../contract/values.ts';
import type { TracePlace } from './trace-place.ts';

/** Fewer calls have no usual duration. */
const minCalls = 20;

/** Null where the root has not arrived, or is rarely called. */
export const readUsualP95 = async (
  telemetry: Pick<Telemetry, 'query'>,
  tenant: Tenant,
  { root, startMs }: TracePlace,
): Promise<{ p95Ms: number | null; cost: QueryCost }> => {
  if (root === undefined) return { p95Ms: null, cost: { rowsRead: 0, bytesRead: 0, elapsedMs: 0 } };
  const { rows, cost } = await telemetry.query<{ calls: number; p95_ns: number | null }>({
    tenant,
    sql: `SELECT sum(red_rollups.calls) AS calls,
        quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(duration_ns_quantiles)[2] AS p95_ns
      FROM red_rollups
      WHERE org = {org:String} AND project = {project:String} AND grain_minutes = 60
        AND slice >= toStartOfDay(${start} - INTERVAL 1 DAY) AND slice <= ${start}
        AND start >= ${start} - INTERVAL 1 DAY AND start <= ${start}
        AND service = {service:String} AND name = {name:String} AND kind = {kind:String}`,
    params: { startMs, service: root.service, name: root.name, kind: spanKind.options[root.kind]! },
  });
  const { calls, p95_ns } = rows[0]!;
  return { p95Ms: calls < minCalls || p95_ns === null ? null : p95_ns / 1e6, cost };
};

const start = `fromUnixTimestamp64Milli({startMs:Int64}, 'UTC')`;
