-- RED of whole services, entry spans alone, by the minute, ten minutes and the hour. The list of services is the page
-- that is looked at most, and a busy project has a hundred operations for each service.
CREATE TABLE red_services (
  org             LowCardinality(String),
  project         LowCardinality(String),
  -- 1, 10 or 60
  grain_minutes   UInt8,
  start           DateTime('UTC') CODEC(Delta, ZSTD(1)),
  service         LowCardinality(String),
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
ORDER BY (org, project, grain_minutes, start, service, environment, version)
TTL received_day + toIntervalDay(retention_days)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE MATERIALIZED VIEW red_services_from_red TO red_services AS
SELECT
  org, project, grain_minutes,
  toDateTime(intDiv(toUnixTimestamp(minute), 60 * grain_minutes) * 60 * grain_minutes, 'UTC') AS start,
  service, environment, version, received_day,
  max(by_minute.retention_days) AS retention_days,
  sum(by_minute.calls) AS calls,
  sum(by_minute.errors) AS errors,
  sum(by_minute.duration_ns_sum) AS duration_ns_sum,
  max(by_minute.duration_ns_max) AS duration_ns_max,
  quantilesDDMergeState(0.01, 0.5, 0.95, 0.99)(by_minute.duration_ns_quantiles) AS duration_ns_quantiles
FROM (
  SELECT
    org, project, minute, service, environment, version, received_day,
    max(red.retention_days) AS retention_days,
    sum(red.calls) AS calls,
    sum(red.errors) AS errors,
    sum(red.duration_ns_sum) AS duration_ns_sum,
    max(red.duration_ns_max) AS duration_ns_max,
    quantilesDDMergeState(0.01, 0.5, 0.95, 0.99)(red.duration_ns_quantiles) AS duration_ns_quantiles
  FROM red
  WHERE entry = 1
  GROUP BY org, project, minute, service, environment, version, received_day
) AS by_minute
ARRAY JOIN CAST([1, 10, 60], 'Array(UInt8)') AS grain_minutes
GROUP BY org, project, grain_minutes, start, service, environment, version, received_day;
