-- Rate, errors and duration per operation and minute. `entry` marks the spans that enter a service; services are judged by those alone.
CREATE TABLE red (
  org             LowCardinality(String),
  project         LowCardinality(String),
  minute          DateTime('UTC') CODEC(Delta, ZSTD(1)),
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
ORDER BY (org, project, minute, entry, service, name, kind, environment, version)
TTL received_day + toIntervalDay(retention_days)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE MATERIALIZED VIEW red_from_spans TO red AS
SELECT
  org, project,
  toStartOfMinute(start_time) AS minute,
  service, name, kind,
  kind IN ('server', 'consumer') OR parent_span_id = toFixedString('', 8) AS entry,
  environment, version,
  toDate(received_at) AS received_day,
  max(spans.retention_days) AS retention_days,
  count() AS calls,
  countIf(status = 'error') AS errors,
  sum(duration_ns) AS duration_ns_sum,
  max(duration_ns) AS duration_ns_max,
  quantilesDDState(0.01, 0.5, 0.95, 0.99)(duration_ns) AS duration_ns_quantiles
FROM spans
GROUP BY org, project, minute, service, name, kind, entry, environment, version, received_day;
