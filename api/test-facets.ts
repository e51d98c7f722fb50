/** Facets of rows that tests put into the tables themselves: as the sinks count them, but for what those leave out. */
import type { Telemetry } from '../kernel/telemetry/client.ts';

/** From here on the table `facets` follows spans and logs. */
export const keepFacets = async (telemetry: Pick<Telemetry, 'command'>): Promise<void> => {
  for (const [signal, time] of [
    ['spans', 'start_time'],
    ['logs', 'time'],
  ] as const) {
    for (const [scope, map] of [
      ['record', 'attributes'],
      ['resource', 'resource_attributes'],
    ] as const) {
      await telemetry.command(`CREATE MATERIALIZED VIEW test_${scope}_facets_of_${signal} TO facets AS
        SELECT org, project, '${signal}' AS signal, toStartOfHour(${time}) AS hour, '${scope}' AS scope,
          item.1 AS key, item.2 AS value, toDate(received_at) AS received_day,
          max(${signal}.retention_days) AS retention_days, count() AS rows, toUInt64(0) AS unlisted
        FROM ${signal} ARRAY JOIN CAST(${map}, 'Array(Tuple(String, String))') AS item
        GROUP BY org, project, signal, hour, scope, key, value, received_day`);
    }
  }
};
