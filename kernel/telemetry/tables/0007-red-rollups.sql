-- RED by ten minutes and by the hour, added up from the minutes: merging duration sketches costs about a microsecond
-- each, so a month of minutes would take longer than anybody waits.
CREATE TABLE red_rollups (
  org             LowCardinality(String),
  project         LowCardinality(String),
  -- 10 or 60
  grain_minutes   UInt8,
  start           DateTime('UTC') CODEC(Delta, ZSTD(1)),
  service         LowCardinality(String),
  name            LowCardinality(String),
  kind            Enum8('unspecified' = 0, 'internal' = 1, 'server' = 2, 'client' = 3, 'producer' = 4, 'consumer' = 5),
  entry           UInt8,
  environment     LowCardinality(String),
  version         LowCardinality(String),
  received_day    Date,
  retention_days  SimpleAggregateFunction(max, UInt16),
  calls           SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
  errors          SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
  duration_ns_sum SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
  duration_ns_max SimpleAggregateFunction(max, UInt64) CODEC(T64, ZSTD(1)),
  duration_ns_quantiles AggregateFunction(quantilesDD(0.01, 0.5, 0.95, 0.99), UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY received_day
ORDER BY (org, project, grain_minutes, start, entry, service, name, kind, environment, version)
TTL received_day + toIntervalDay(retention_days)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE MATERIALIZED VIEW red_rollups_from_red TO red_rollups AS
SELECT
  org, project, grain_minutes,
  toDateTime(intDiv(toUnixTimestamp(minute), 60 * grain_minutes) * 60 * grain_minutes, 'UTC') AS start,
  service, name, kind, entry, environment, version, received_day,
  max(red.retention_days) AS retention_days,
  sum(red.calls) AS calls,
  sum(red.errors) AS errors,
  sum(red.duration_ns_sum) AS duration_ns_sum,
  max(red.duration_ns_max) AS duration_ns_max,
  quantilesDDMergeState(0.01, 0.5, 0.95, 0.99)(red.duration_ns_quantiles) AS duration_ns_quantiles
FROM red
ARRAY JOIN CAST([10, 60], 'Array(UInt8)') AS grain_minutes
GROUP BY org, project, grain_minutes, start, service, name, kind, entry, environment, version, received_day;
