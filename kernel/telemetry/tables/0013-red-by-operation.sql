-- Both summaries of RED are made anew from the minutes. Within a slice of time, operations now come before times: merging
-- a duration sketch costs microseconds, so whoever asks about one operation must not read those of all others. And
-- services that only call others are known here too, so that asking who there is need not look at operations.
DROP VIEW IF EXISTS red_rollups_from_red;
DROP VIEW IF EXISTS red_services_from_red;
DROP TABLE IF EXISTS red_rollups;
DROP TABLE IF EXISTS red_services;

CREATE TABLE red_rollups (
  org             LowCardinality(String),
  project         LowCardinality(String),
  -- 10 or 60
  grain_minutes   UInt8,
  -- the hour of `start` for 10, its day for 60
  slice           DateTime('UTC') CODEC(Delta, ZSTD(1)),
  service         LowCardinality(String),
  name            LowCardinality(String),
  kind            Enum8('unspecified' = 0, 'internal' = 1, 'server' = 2, 'client' = 3, 'producer' = 4, 'consumer' = 5),
  entry           UInt8,
  start           DateTime('UTC') CODEC(Delta, ZSTD(1)),
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
ORDER BY (org, project, grain_minutes, slice, service, name, kind, entry, start, environment, version)
TTL received_day + toIntervalDay(retention_days)
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000,
  fsync_after_insert = 1, fsync_part_directory = 1;

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
  -- all of its spans; what follows is about those that enter the service
  spans           SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
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
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000,
  fsync_after_insert = 1, fsync_part_directory = 1;

INSERT INTO red_rollups (org, project, grain_minutes, slice, service, name, kind, entry, start, environment, version,
  received_day, retention_days, calls, errors, duration_ns_sum, duration_ns_max, duration_ns_quantiles)
SELECT
  org, project, grain_minutes,
  if(grain_minutes = 60, toStartOfDay(minute), toStartOfHour(minute)) AS slice,
  service, name, kind, entry,
  toDateTime(intDiv(toUnixTimestamp(minute), 60 * grain_minutes) * 60 * grain_minutes, 'UTC') AS start,
  environment, version, received_day,
  max(red.retention_days), sum(red.calls), sum(red.errors), sum(red.duration_ns_sum), max(red.duration_ns_max),
  quantilesDDMergeState(0.01, 0.5, 0.95, 0.99)(red.duration_ns_quantiles)
FROM red
ARRAY JOIN CAST([10, 60], 'Array(UInt8)') AS grain_minutes
GROUP BY org, project, grain_minutes, slice, service, name, kind, entry, start, environment, version, received_day;

CREATE MATERIALIZED VIEW red_rollups_from_red TO red_rollups AS
SELECT
  org, project, grain_minutes,
  if(grain_minutes = 60, toStartOfDay(minute), toStartOfHour(minute)) AS slice,
  service, name, kind, entry,
  toDateTime(intDiv(toUnixTimestamp(minute), 60 * grain_minutes) * 60 * grain_minutes, 'UTC') AS start,
  environment, version, received_day,
  max(red.retention_days) AS retention_days,
  sum(red.calls) AS calls,
  sum(red.errors) AS errors,
  sum(red.duration_ns_sum) AS duration_ns_sum,
  max(red.duration_ns_max) AS duration_ns_max,
  quantilesDDMergeState(0.01, 0.5, 0.95, 0.99)(red.duration_ns_quantiles) AS duration_ns_quantiles
FROM red
ARRAY JOIN CAST([10, 60], 'Array(UInt8)') AS grain_minutes
GROUP BY org, project, grain_minutes, slice, service, name, kind, entry, start, environment, version, received_day;

INSERT INTO red_services (org, project, grain_minutes, start, service, environment, version, received_day,
  retention_days, spans, calls, errors, duration_ns_sum, duration_ns_max, duration_ns_quantiles)
SELECT
  org, project, grain_minutes,
  toDateTime(intDiv(toUnixTimestamp(minute), 60 * grain_minutes) * 60 * grain_minutes, 'UTC') AS start,
  service, environment, version, received_day,
  max(red.retention_days), sum(red.calls), sumIf(red.calls, entry = 1), sumIf(red.errors, entry = 1),
  sumIf(red.duration_ns_sum, entry = 1), maxIf(red.duration_ns_max, entry = 1),
  quantilesDDMergeStateIf(0.01, 0.5, 0.95, 0.99)(red.duration_ns_quantiles, entry = 1)
FROM red
ARRAY JOIN CAST([1, 10, 60], 'Array(UInt8)') AS grain_minutes
GROUP BY org, project, grain_minutes, start, service, environment, version, received_day;

CREATE MATERIALIZED VIEW red_services_from_red TO red_services AS
SELECT
  org, project, grain_minutes,
  toDateTime(intDiv(toUnixTimestamp(minute), 60 * grain_minutes) * 60 * grain_minutes, 'UTC') AS start,
  service, environment, version, received_day,
  max(by_minute.retention_days) AS retention_days,
  sum(by_minute.spans) AS spans,
  sum(by_minute.calls) AS calls,
  sum(by_minute.errors) AS errors,
  sum(by_minute.duration_ns_sum) AS duration_ns_sum,
  max(by_minute.duration_ns_max) AS duration_ns_max,
  quantilesDDMergeState(0.01, 0.5, 0.95, 0.99)(by_minute.duration_ns_quantiles) AS duration_ns_quantiles
FROM (
  SELECT
    org, project, minute, service, environment, version, received_day,
    max(red.retention_days) AS retention_days,
    sum(red.calls) AS spans,
    sumIf(red.calls, entry = 1) AS calls,
    sumIf(red.errors, entry = 1) AS errors,
    sumIf(red.duration_ns_sum, entry = 1) AS duration_ns_sum,
    maxIf(red.duration_ns_max, entry = 1) AS duration_ns_max,
    quantilesDDMergeStateIf(0.01, 0.5, 0.95, 0.99)(red.duration_ns_quantiles, entry = 1) AS duration_ns_quantiles
  FROM red
  GROUP BY org, project, minute, service, environment, version, received_day
) AS by_minute
ARRAY JOIN CAST([1, 10, 60], 'Array(UInt8)') AS grain_minutes
GROUP BY org, project, grain_minutes, start, service, environment, version, received_day;
