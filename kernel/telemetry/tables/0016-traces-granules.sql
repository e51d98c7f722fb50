-- A page of traces reads a granule for each of them, and the state of every root in it: granules of an eighth take half
-- the CPU, and the table no more room. The rows are copied; a run that was cut off in between may leave the table as it was.
DROP VIEW IF EXISTS traces_from_spans;
CREATE TABLE traces_finer (
  org             LowCardinality(String),
  project         LowCardinality(String),
  hour            DateTime('UTC') CODEC(Delta, ZSTD(1)),
  trace_id        FixedString(16) CODEC(ZSTD(1)),
  received_day    Date,
  retention_days  SimpleAggregateFunction(max, UInt16),
  start_time      SimpleAggregateFunction(min, DateTime64(9, 'UTC')) CODEC(Delta, ZSTD(1)),
  end_time        SimpleAggregateFunction(max, DateTime64(9, 'UTC')) CODEC(Delta, ZSTD(1)),
  span_count      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
  error_count     SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
  services        SimpleAggregateFunction(groupUniqArrayArray, Array(String)),
  root            AggregateFunction(argMin, Tuple(service LowCardinality(String), name LowCardinality(String), kind Int8, status Int8, duration_ns UInt64, has_parent UInt8), Tuple(UInt8, DateTime64(9, 'UTC'))),
  INDEX trace_id_bloom trace_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = AggregatingMergeTree
PARTITION BY received_day
ORDER BY (org, project, hour, trace_id)
TTL received_day + toIntervalDay(retention_days)
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000,
  fsync_after_insert = 1, fsync_part_directory = 1;

TRUNCATE TABLE traces_finer;
INSERT INTO traces_finer SELECT * FROM traces;
EXCHANGE TABLES traces_finer AND traces;
DROP TABLE traces_finer;

CREATE MATERIALIZED VIEW traces_from_spans TO traces AS
SELECT
  org, project,
  toStartOfHour(spans.start_time) AS hour,
  trace_id,
  toDate(received_at) AS received_day,
  max(spans.retention_days) AS retention_days,
  min(spans.start_time) AS start_time,
  max(spans.start_time + toIntervalNanosecond(duration_ns)) AS end_time,
  count() AS span_count,
  countIf(status = 'error') AS error_count,
  groupUniqArrayArray([toString(service)]) AS services,
  argMinState(
    CAST((service, name, kind, status, duration_ns, parent_span_id != toFixedString('', 8)),
      'Tuple(service LowCardinality(String), name LowCardinality(String), kind Int8, status Int8, duration_ns UInt64, has_parent UInt8)'),
    CAST((parent_span_id != toFixedString('', 8), spans.start_time), 'Tuple(UInt8, DateTime64(9, \'UTC\'))')) AS root
FROM spans
GROUP BY org, project, hour, trace_id, received_day;
