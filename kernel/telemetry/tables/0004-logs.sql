-- One row per log record. `time` is the record's own time, else its observed time, else its arrival.
CREATE TABLE logs (
  org                       LowCardinality(String),
  project                   LowCardinality(String),
  received_at               DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  retention_days            UInt16 CODEC(ZSTD(1)),
  service                   LowCardinality(String),
  environment               LowCardinality(String),
  version                   LowCardinality(String),
  host                      LowCardinality(String),
  time                      DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
  -- as sent: 0 where the sender left them out
  time_unix_nano            UInt64 CODEC(Delta, ZSTD(1)),
  observed_time_unix_nano   UInt64 CODEC(Delta, ZSTD(1)),
  severity_number           UInt8 CODEC(ZSTD(1)),
  severity_text             LowCardinality(String),
  -- from the number, else from the text (the names people write: warning, err, fatal, …), else info
  severity                  Enum8('trace' = 1, 'debug' = 5, 'info' = 9, 'warn' = 13, 'error' = 17, 'fatal' = 21),
  -- the text; a structured body as JSON, `body_type` telling which (the letters of attribute_types)
  body                      String CODEC(ZSTD(1)),
  body_type                 LowCardinality(String),
  event_name                LowCardinality(String),
  trace_id                  FixedString(16) CODEC(ZSTD(1)),
  span_id                   FixedString(8) CODEC(ZSTD(1)),
  flags                     UInt32 CODEC(ZSTD(1)),
  attributes                Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  attribute_types           LowCardinality(String),
  dropped_attributes_count  UInt32 CODEC(ZSTD(1)),
  resource_attributes       Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  resource_attribute_types  LowCardinality(String),
  resource_schema_url       LowCardinality(String),
  scope_name                LowCardinality(String),
  scope_version             LowCardinality(String),
  scope_attributes          Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  scope_attribute_types     LowCardinality(String),
  scope_schema_url          LowCardinality(String),
  -- stable identity of the row: log offset and position in the request, for cursors and deep links
  record_offset             UInt64 CODEC(Delta, ZSTD(1)),
  record_index              UInt32 CODEC(Delta, ZSTD(1)),

  attribute_items           Array(String) ALIAS arrayMap((k, v) -> concat(k, '=', v), mapKeys(attributes), mapValues(attributes)),
  resource_items            Array(String) ALIAS arrayMap((k, v) -> concat(k, '=', v), mapKeys(resource_attributes), mapValues(resource_attributes)),

  INDEX body_text lower(body) TYPE text(tokenizer = 'splitByNonAlpha'),
  INDEX attribute_items_text arrayMap((k, v) -> concat(k, '=', v), mapKeys(attributes), mapValues(attributes)) TYPE text(tokenizer = 'array'),
  INDEX resource_items_text arrayMap((k, v) -> concat(k, '=', v), mapKeys(resource_attributes), mapValues(resource_attributes)) TYPE text(tokenizer = 'array'),
  INDEX trace_id_bloom trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX time_range time TYPE minmax GRANULARITY 1,
  INDEX severity_set severity TYPE set(8) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(received_at)
ORDER BY (org, project, toStartOfFiveMinutes(time), service, time)
TTL toDateTime(received_at) + toIntervalDay(retention_days)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;

-- Lines per severity, service and minute: the histogram of an unfiltered view never reads log rows.
CREATE TABLE log_counts (
  org             LowCardinality(String),
  project         LowCardinality(String),
  minute          DateTime('UTC') CODEC(Delta, ZSTD(1)),
  service         LowCardinality(String),
  severity        Enum8('trace' = 1, 'debug' = 5, 'info' = 9, 'warn' = 13, 'error' = 17, 'fatal' = 21),
  received_day    Date,
  retention_days  SimpleAggregateFunction(max, UInt16),
  lines           SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY received_day
ORDER BY (org, project, minute, service, severity)
TTL received_day + toIntervalDay(retention_days)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE MATERIALIZED VIEW log_counts_from_logs TO log_counts AS
SELECT org, project, toStartOfMinute(time) AS minute, service, severity, toDate(received_at) AS received_day,
  max(logs.retention_days) AS retention_days, count() AS lines
FROM logs
GROUP BY org, project, minute, service, severity, received_day;
