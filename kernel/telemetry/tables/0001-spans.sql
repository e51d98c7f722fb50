-- One row per span, as received. Partitioned by the day of arrival, never by the sender's clock: a wrong clock
-- can neither open partitions nor expire data early (docs/decisions/0003).
CREATE TABLE spans (
  org                       LowCardinality(String),
  project                   LowCardinality(String),
  received_at               DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  retention_days            UInt16 CODEC(ZSTD(1)),
  service                   LowCardinality(String),
  environment               LowCardinality(String),
  version                   LowCardinality(String),
  host                      LowCardinality(String),
  name                      LowCardinality(String),
  kind                      Enum8('unspecified' = 0, 'internal' = 1, 'server' = 2, 'client' = 3, 'producer' = 4, 'consumer' = 5),
  status                    Enum8('unset' = 0, 'ok' = 1, 'error' = 2),
  status_message            String CODEC(ZSTD(1)),
  start_time                DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
  duration_ns               UInt64 CODEC(T64, ZSTD(1)),
  trace_id                  FixedString(16) CODEC(ZSTD(1)),
  span_id                   FixedString(8) CODEC(ZSTD(1)),
  parent_span_id            FixedString(8) CODEC(ZSTD(1)),
  trace_state               String CODEC(ZSTD(1)),
  flags                     UInt32 CODEC(ZSTD(1)),
  attributes                Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  -- one letter per attribute in map order (s string, i int, d double, b bool, a array, m map, x bytes, n empty); '' when all are strings
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
  `events.time`             Array(DateTime64(9, 'UTC')) CODEC(ZSTD(1)),
  `events.name`             Array(LowCardinality(String)) CODEC(ZSTD(1)),
  `events.attributes`       Array(Map(LowCardinality(String), String)) CODEC(ZSTD(1)),
  `events.attribute_types`  Array(LowCardinality(String)),
  `events.dropped_attributes_count` Array(UInt32) CODEC(ZSTD(1)),
  dropped_events_count      UInt32 CODEC(ZSTD(1)),
  `links.trace_id`          Array(FixedString(16)) CODEC(ZSTD(1)),
  `links.span_id`           Array(FixedString(8)) CODEC(ZSTD(1)),
  `links.trace_state`       Array(String) CODEC(ZSTD(1)),
  `links.flags`             Array(UInt32) CODEC(ZSTD(1)),
  `links.attributes`        Array(Map(LowCardinality(String), String)) CODEC(ZSTD(1)),
  `links.attribute_types`   Array(LowCardinality(String)),
  `links.dropped_attributes_count` Array(UInt32) CODEC(ZSTD(1)),
  dropped_links_count       UInt32 CODEC(ZSTD(1)),

  attribute_items           Array(String) ALIAS arrayMap((k, v) -> concat(k, '=', v), mapKeys(attributes), mapValues(attributes)),
  resource_items            Array(String) ALIAS arrayMap((k, v) -> concat(k, '=', v), mapKeys(resource_attributes), mapValues(resource_attributes)),
  -- a span that enters a service: what the RED figures count
  entry                     Bool ALIAS kind IN ('server', 'consumer') OR parent_span_id = toFixedString('', 8),

  INDEX trace_id_bloom trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX start_time_range start_time TYPE minmax GRANULARITY 1,
  INDEX duration_range duration_ns TYPE minmax GRANULARITY 1,
  INDEX attribute_items_text arrayMap((k, v) -> concat(k, '=', v), mapKeys(attributes), mapValues(attributes)) TYPE text(tokenizer = 'array'),
  INDEX resource_items_text arrayMap((k, v) -> concat(k, '=', v), mapKeys(resource_attributes), mapValues(resource_attributes)) TYPE text(tokenizer = 'array')
)
ENGINE = MergeTree
PARTITION BY toDate(received_at)
ORDER BY (org, project, toStartOfFiveMinutes(start_time), service, name, start_time)
TTL toDateTime(received_at) + toIntervalDay(retention_days)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;
