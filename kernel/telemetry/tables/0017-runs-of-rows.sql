-- A merge takes whole runs of rows from a part where the key says no more than service and operation. With the time at its
-- end, rows of parts that came within seconds of each other had to be put between each other one by one: merges of spans
-- cost 7 µs a row instead of 2.7, and took longer than inserts (docs/decisions/0023). Rows come in the order of time anyhow.
--
-- Parts of one insert are compact: two files instead of two hundred, each of which is synced. And what a resource or a
-- scope says repeats in all its rows: its values have dictionaries, as the keys have.
--
-- The rows are copied; a run that was cut off begins again.
DROP VIEW IF EXISTS traces_from_spans;
DROP VIEW IF EXISTS red_from_spans;
DROP VIEW IF EXISTS log_counts_from_logs;

DROP TABLE IF EXISTS spans_in_runs;
CREATE TABLE spans_in_runs AS spans
ENGINE = MergeTree
PARTITION BY toDate(received_at)
ORDER BY (org, project, toStartOfFiveMinutes(start_time), service, name)
TTL toDateTime(received_at) + toIntervalDay(retention_days)
SETTINGS min_bytes_for_wide_part = 100663296, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000,
  fsync_after_insert = 1, fsync_part_directory = 1;

ALTER TABLE spans_in_runs DROP INDEX IF EXISTS resource_items_text;
ALTER TABLE spans_in_runs
  MODIFY COLUMN resource_attributes Map(LowCardinality(String), LowCardinality(String)),
  MODIFY COLUMN scope_attributes Map(LowCardinality(String), LowCardinality(String));
ALTER TABLE spans_in_runs ADD INDEX resource_items_text
  arrayMap((k, v) -> concat(k, '=', v), mapKeys(resource_attributes), mapValues(resource_attributes)) TYPE text(tokenizer = 'array');

INSERT INTO spans_in_runs SELECT * FROM spans SETTINGS max_partitions_per_insert_block = 0;
EXCHANGE TABLES spans_in_runs AND spans;
DROP TABLE spans_in_runs;

DROP TABLE IF EXISTS logs_in_runs;
CREATE TABLE logs_in_runs AS logs
ENGINE = MergeTree
PARTITION BY toDate(received_at)
ORDER BY (org, project, toStartOfFiveMinutes(time), service)
TTL toDateTime(received_at) + toIntervalDay(retention_days)
SETTINGS min_bytes_for_wide_part = 100663296, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000,
  fsync_after_insert = 1, fsync_part_directory = 1;

ALTER TABLE logs_in_runs DROP INDEX IF EXISTS resource_items_text;
ALTER TABLE logs_in_runs
  MODIFY COLUMN resource_attributes Map(LowCardinality(String), LowCardinality(String)),
  MODIFY COLUMN scope_attributes Map(LowCardinality(String), LowCardinality(String));
ALTER TABLE logs_in_runs ADD INDEX resource_items_text
  arrayMap((k, v) -> concat(k, '=', v), mapKeys(resource_attributes), mapValues(resource_attributes)) TYPE text(tokenizer = 'array');

INSERT INTO logs_in_runs SELECT * FROM logs SETTINGS max_partitions_per_insert_block = 0;
EXCHANGE TABLES logs_in_runs AND logs;
DROP TABLE logs_in_runs;

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

CREATE MATERIALIZED VIEW log_counts_from_logs TO log_counts AS
SELECT org, project, toStartOfMinute(time) AS minute, service, severity, toDate(received_at) AS received_day,
  max(logs.retention_days) AS retention_days, count() AS lines
FROM logs
GROUP BY org, project, minute, service, severity, received_day;
