/**
 * Which services sent anything at all, and what they last said of themselves. A service that only logs, or only reports
 * metrics, or only calls others, makes no calls that RED figures would count, and is there nonetheless.
 */
import type { QueryCost, Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import type { Where } from '../query/sql.ts';
import { everyServiceSource, windowParams } from './red.ts';
import type { RedWindow } from './window.ts';

export interface SeenService {
  readonly name: string;
  /** The newest that is known; '' when no span or metric said it. Log lines are not asked. */
  readonly version: string;
  readonly environment: string;
  /** Start of the minute (of the ten minutes, of the hour, for long ranges) of its newest span or log line. */
  readonly lastSeenMs: number;
}

/** Services seen in the range or the one before, by name. `where` speaks of service, environment and version. */
export const readSeenServices = async (
  telemetry: Pick<Telemetry, 'query'>,
  tenant: Tenant,
  window: RedWindow,
  where: Where,
): Promise<{ services: SeenService[]; cost: QueryCost }> => {
  const { rows, cost } = await telemetry.query<SeenService>({
    tenant,
    sql: seenSql(window, where),
    params: { ...windowParams(window), ...where.params },
  });
  return { services: rows, cost };
};

const since = 'fromUnixTimestamp64Milli({readFrom:Int64})';
const until = 'fromUnixTimestamp64Milli({to:Int64})';
const tenantIs = 'org = {org:String} AND project = {project:String}';

/** Of what was said in the same minute, what most spans said counts. */
const seenSql = (window: RedWindow, where: Where): string => `
  WITH seen AS (
    SELECT service, environment, version, at_ms AS seen_ms, sum(spans) AS weight
    FROM ${everyServiceSource(window)}
    GROUP BY service, environment, version, at_ms
    UNION ALL
    SELECT service, '' AS environment, '' AS version, toInt64(toUnixTimestamp(max(minute))) * 1000 AS seen_ms, toUInt64(0) AS weight
    FROM log_counts
    WHERE ${tenantIs} AND minute >= ${since} AND minute < ${until} AND received_day >= {firstDay:Date}
    GROUP BY service
    UNION ALL
    SELECT service, environment, version, toUnixTimestamp64Milli(max(last_time)) AS seen_ms, toUInt64(1) AS weight
    FROM metric_series
    WHERE ${tenantIs} AND last_time >= ${since} AND first_time < ${until} AND received_day >= {firstDay:Date}
    GROUP BY service, environment, version
  )
  SELECT service AS name, max(seen_ms) AS lastSeenMs,
    argMaxIf(version, (seen_ms, weight), version != '') AS version,
    argMaxIf(environment, (seen_ms, weight), environment != '') AS environment
  FROM (SELECT * FROM seen WHERE ${where.sql})
  GROUP BY service
  ORDER BY service
  LIMIT 5000`;
