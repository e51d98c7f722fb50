/** When the newest record of each signal arrived, as far as it can be queried already. */
import type { Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import type { Signal } from '../contract/values.ts';

const tablesOf: Readonly<Record<Signal, readonly string[]>> = {
  spans: ['spans'],
  logs: ['logs'],
  metrics: ['metric_samples', 'metric_distributions'],
};

/**
 * Arrival of the newest record after `sinceMs`, Unix milliseconds; null when there is none. Cheap while `sinceMs` is
 * recent: the parts of a table know which arrivals they hold.
 */
export const newestArrival = async (
  telemetry: Telemetry,
  tenant: Tenant,
  signal: Signal,
  sinceMs: number,
): Promise<number | null> => {
  const tables = tablesOf[signal].map(
    (table) => `SELECT max(received_at) AS newest, count() AS records FROM ${table}
      WHERE org = {org:String} AND project = {project:String}
        AND received_at > fromUnixTimestamp64Milli({sinceMs:Int64}, 'UTC')`,
  );
  const { rows } = await telemetry.query<{ newest_ms: number; records: number }>({
    sql: `SELECT toUnixTimestamp64Milli(max(newest)) AS newest_ms, sum(found.records) AS records
      FROM (${tables.join(' UNION ALL ')}) AS found`,
    params: { sinceMs },
    tenant,
    maxExecutionMs: 3_000,
  });
  const found = rows[0]!;
  return found.records > 0 ? found.newest_ms : null;
};

const summaries: Readonly<Record<Signal, string>> = {
  spans: `SELECT toUnixTimestamp(minute) * 1000 AS ms FROM red
    WHERE org = {org:String} AND project = {project:String} ORDER BY minute DESC LIMIT 1`,
  logs: `SELECT toUnixTimestamp(minute) * 1000 AS ms FROM log_counts
    WHERE org = {org:String} AND project = {project:String} ORDER BY minute DESC LIMIT 1`,
  metrics: `SELECT toUnixTimestamp64Milli(max(last_time)) AS ms FROM metric_series
    WHERE org = {org:String} AND project = {project:String} HAVING count() > 0`,
};

const recentMs = 60_000;

/** Arrival of the newest record where it is recent, else about when the newest happened; null when there is none. */
export const newestRecord = async (
  telemetry: Telemetry,
  tenant: Tenant,
  signal: Signal,
  nowMs: number,
): Promise<number | null> => {
  const recent = await newestArrival(telemetry, tenant, signal, nowMs - recentMs);
  if (recent !== null) return recent;
  const { rows } = await telemetry.query<{ ms: number }>({ sql: summaries[signal], tenant, maxExecutionMs: 3_000 });
  return rows[0]?.ms ?? null;
};
