-- Metrics arrive as wide rows in a table that stores nothing; views split them into series (who) and samples (what).
-- `series` identifies one metric stream: everything of the wide row that is not a measurement.
CREATE TABLE metric_points (
  org                       LowCardinality(String),
  project                   LowCardinality(String),
  received_at               DateTime64(3, 'UTC'),
  retention_days            UInt16,
  service                   LowCardinality(String),
  environment               LowCardinality(String),
  version                   LowCardinality(String),
  host                      LowCardinality(String),
  metric                    LowCardinality(String),
  description               LowCardinality(String),
  unit                      LowCardinality(String),
  metadata                  Map(LowCardinality(String), String),
  metadata_types            LowCardinality(String),
  kind                      Enum8('gauge' = 1, 'sum' = 2, 'histogram' = 3, 'exponential_histogram' = 4, 'summary' = 5),
  temporality               Enum8('unspecified' = 0, 'delta' = 1, 'cumulative' = 2),
  monotonic                 Bool,
  attributes                Map(LowCardinality(String), String),
  attribute_types           LowCardinality(String),
  resource_attributes       Map(LowCardinality(String), String),
  resource_attribute_types  LowCardinality(String),
  resource_schema_url       LowCardinality(String),
  scope_name                LowCardinality(String),
  scope_version             LowCardinality(String),
  scope_attributes          Map(LowCardinality(String), String),
  scope_attribute_types     LowCardinality(String),
  scope_schema_url          LowCardinality(String),
  -- the measurement; every kind fills its own fields and leaves the others at zero
  time                      DateTime64(9, 'UTC'),
  start_time_unix_nano      UInt64,
  flags                     UInt32,
  value_type                Enum8('none' = 0, 'double' = 1, 'int' = 2),
  value                     Float64,
  value_int                 Int64,
  count                     UInt64,
  sum                       Nullable(Float64),
  min                       Nullable(Float64),
  max                       Nullable(Float64),
  bounds                    Array(Float64),
  bucket_counts             Array(UInt64),
  scale                     Int32,
  zero_count                UInt64,
  zero_threshold            Float64,
  positive_offset           Int32,
  positive_counts           Array(UInt64),
  negative_offset           Int32,
  negative_counts           Array(UInt64),
  quantiles                 Array(Float64),
  quantile_values           Array(Float64),
  `exemplars.time`          Array(DateTime64(9, 'UTC')),
  `exemplars.value_type`    Array(Enum8('none' = 0, 'double' = 1, 'int' = 2)),
  `exemplars.value`         Array(Float64),
  `exemplars.value_int`     Array(Int64),
  `exemplars.trace_id`      Array(FixedString(16)),
  `exemplars.span_id`       Array(FixedString(8)),
  `exemplars.attributes`    Array(Map(LowCardinality(String), String)),
  `exemplars.attribute_types` Array(LowCardinality(String)),
  series                    UInt64 ALIAS cityHash64(service, metric, unit, kind, temporality, monotonic, attributes, resource_attributes, scope_name, scope_version, scope_attributes)
)
ENGINE = Null;

CREATE TABLE metric_series (
  org                       LowCardinality(String),
  project                   LowCardinality(String),
  metric                    LowCardinality(String),
  series                    UInt64,
  received_day              Date,
  retention_days            SimpleAggregateFunction(max, UInt16),
  first_time                SimpleAggregateFunction(min, DateTime64(9, 'UTC')),
  last_time                 SimpleAggregateFunction(max, DateTime64(9, 'UTC')),
  points                    SimpleAggregateFunction(sum, UInt64),
  service                   SimpleAggregateFunction(anyLast, LowCardinality(String)),
  environment               SimpleAggregateFunction(anyLast, LowCardinality(String)),
  version                   SimpleAggregateFunction(anyLast, LowCardinality(String)),
  host                      SimpleAggregateFunction(anyLast, LowCardinality(String)),
  description               SimpleAggregateFunction(anyLast, LowCardinality(String)),
  unit                      SimpleAggregateFunction(anyLast, LowCardinality(String)),
  metadata                  SimpleAggregateFunction(anyLast, Map(String, String)),
  metadata_types            SimpleAggregateFunction(anyLast, LowCardinality(String)),
  kind                      SimpleAggregateFunction(anyLast, Enum8('gauge' = 1, 'sum' = 2, 'histogram' = 3, 'exponential_histogram' = 4, 'summary' = 5)),
  temporality               SimpleAggregateFunction(anyLast, Enum8('unspecified' = 0, 'delta' = 1, 'cumulative' = 2)),
  monotonic                 SimpleAggregateFunction(anyLast, Bool),
  attributes                SimpleAggregateFunction(anyLast, Map(String, String)),
  attribute_types           SimpleAggregateFunction(anyLast, LowCardinality(String)),
  resource_attributes       SimpleAggregateFunction(anyLast, Map(String, String)),
  resource_attribute_types  SimpleAggregateFunction(anyLast, LowCardinality(String)),
  resource_schema_url       SimpleAggregateFunction(anyLast, LowCardinality(String)),
  scope_name                SimpleAggregateFunction(anyLast, LowCardinality(String)),
  scope_version             SimpleAggregateFunction(anyLast, LowCardinality(String)),
  scope_attributes          SimpleAggregateFunction(anyLast, Map(String, String)),
  scope_attribute_types     SimpleAggregateFunction(anyLast, LowCardinality(String)),
  scope_schema_url          SimpleAggregateFunction(anyLast, LowCardinality(String))
)
ENGINE = AggregatingMergeTree
PARTITION BY received_day
ORDER BY (org, project, metric, series)
TTL received_day + toIntervalDay(retention_days)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE MATERIALIZED VIEW metric_series_from_points TO metric_series AS
SELECT
  org, project, metric, series, toDate(received_at) AS received_day,
  max(metric_points.retention_days) AS retention_days,
  min(time) AS first_time, max(time) AS last_time, count() AS points,
  anyLast(metric_points.service) AS service, anyLast(metric_points.environment) AS environment,
  anyLast(metric_points.version) AS version, anyLast(metric_points.host) AS host,
  anyLast(metric_points.description) AS description, anyLast(metric_points.unit) AS unit,
  anyLast(CAST(metric_points.metadata, 'Map(String, String)')) AS metadata, anyLast(metric_points.metadata_types) AS metadata_types,
  anyLast(metric_points.kind) AS kind, anyLast(metric_points.temporality) AS temporality, anyLast(metric_points.monotonic) AS monotonic,
  anyLast(CAST(metric_points.attributes, 'Map(String, String)')) AS attributes, anyLast(metric_points.attribute_types) AS attribute_types,
  anyLast(CAST(metric_points.resource_attributes, 'Map(String, String)')) AS resource_attributes, anyLast(metric_points.resource_attribute_types) AS resource_attribute_types,
  anyLast(metric_points.resource_schema_url) AS resource_schema_url,
  anyLast(metric_points.scope_name) AS scope_name, anyLast(metric_points.scope_version) AS scope_version,
  anyLast(CAST(metric_points.scope_attributes, 'Map(String, String)')) AS scope_attributes, anyLast(metric_points.scope_attribute_types) AS scope_attribute_types,
  anyLast(metric_points.scope_schema_url) AS scope_schema_url
FROM metric_points
GROUP BY org, project, metric, series, received_day;

CREATE TABLE metric_samples (
  org                   LowCardinality(String),
  project               LowCardinality(String),
  metric                LowCardinality(String),
  series                UInt64 CODEC(Delta, ZSTD(1)),
  time                  DateTime64(9, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  received_at           DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  retention_days        UInt16 CODEC(ZSTD(1)),
  start_time_unix_nano  UInt64 CODEC(Delta, ZSTD(1)),
  flags                 UInt32 CODEC(ZSTD(1)),
  value_type            Enum8('none' = 0, 'double' = 1, 'int' = 2),
  value                 Float64 CODEC(Gorilla, ZSTD(1)),
  value_int             Int64 CODEC(Delta, ZSTD(1)),
  `exemplars.time`      Array(DateTime64(9, 'UTC')) CODEC(ZSTD(1)),
  `exemplars.value_type` Array(Enum8('none' = 0, 'double' = 1, 'int' = 2)) CODEC(ZSTD(1)),
  `exemplars.value`     Array(Float64) CODEC(ZSTD(1)),
  `exemplars.value_int` Array(Int64) CODEC(ZSTD(1)),
  `exemplars.trace_id`  Array(FixedString(16)) CODEC(ZSTD(1)),
  `exemplars.span_id`   Array(FixedString(8)) CODEC(ZSTD(1)),
  `exemplars.attributes` Array(Map(LowCardinality(String), String)) CODEC(ZSTD(1)),
  `exemplars.attribute_types` Array(LowCardinality(String))
)
ENGINE = MergeTree
PARTITION BY toDate(received_at)
ORDER BY (org, project, metric, toStartOfHour(time), series, time)
TTL toDateTime(received_at) + toIntervalDay(retention_days)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE MATERIALIZED VIEW metric_samples_from_points TO metric_samples AS
SELECT org, project, metric, series, time, received_at, retention_days, start_time_unix_nano, flags, value_type, value, value_int,
  `exemplars.time`, `exemplars.value_type`, `exemplars.value`, `exemplars.value_int`,
  `exemplars.trace_id`, `exemplars.span_id`, `exemplars.attributes`, `exemplars.attribute_types`
FROM metric_points
WHERE kind IN ('gauge', 'sum');

-- Histograms, exponential histograms and summaries: rarer and wider than numbers, so they have a table of their own.
CREATE TABLE metric_distributions (
  org                   LowCardinality(String),
  project               LowCardinality(String),
  metric                LowCardinality(String),
  series                UInt64 CODEC(Delta, ZSTD(1)),
  kind                  Enum8('gauge' = 1, 'sum' = 2, 'histogram' = 3, 'exponential_histogram' = 4, 'summary' = 5),
  time                  DateTime64(9, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
  received_at           DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  retention_days        UInt16 CODEC(ZSTD(1)),
  start_time_unix_nano  UInt64 CODEC(Delta, ZSTD(1)),
  flags                 UInt32 CODEC(ZSTD(1)),
  count                 UInt64 CODEC(Delta, ZSTD(1)),
  sum                   Nullable(Float64) CODEC(ZSTD(1)),
  min                   Nullable(Float64) CODEC(ZSTD(1)),
  max                   Nullable(Float64) CODEC(ZSTD(1)),
  bounds                Array(Float64) CODEC(ZSTD(1)),
  bucket_counts         Array(UInt64) CODEC(ZSTD(1)),
  scale                 Int32 CODEC(ZSTD(1)),
  zero_count            UInt64 CODEC(ZSTD(1)),
  zero_threshold        Float64 CODEC(ZSTD(1)),
  positive_offset       Int32 CODEC(ZSTD(1)),
  positive_counts       Array(UInt64) CODEC(ZSTD(1)),
  negative_offset       Int32 CODEC(ZSTD(1)),
  negative_counts       Array(UInt64) CODEC(ZSTD(1)),
  quantiles             Array(Float64) CODEC(ZSTD(1)),
  quantile_values       Array(Float64) CODEC(ZSTD(1)),
  `exemplars.time`      Array(DateTime64(9, 'UTC')) CODEC(ZSTD(1)),
  `exemplars.value_type` Array(Enum8('none' = 0, 'double' = 1, 'int' = 2)) CODEC(ZSTD(1)),
  `exemplars.value`     Array(Float64) CODEC(ZSTD(1)),
  `exemplars.value_int` Array(Int64) CODEC(ZSTD(1)),
  `exemplars.trace_id`  Array(FixedString(16)) CODEC(ZSTD(1)),
  `exemplars.span_id`   Array(FixedString(8)) CODEC(ZSTD(1)),
  `exemplars.attributes` Array(Map(LowCardinality(String), String)) CODEC(ZSTD(1)),
  `exemplars.attribute_types` Array(LowCardinality(String))
)
ENGINE = MergeTree
PARTITION BY toDate(received_at)
ORDER BY (org, project, metric, toStartOfHour(time), series, time)
TTL toDateTime(received_at) + toIntervalDay(retention_days)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE MATERIALIZED VIEW metric_distributions_from_points TO metric_distributions AS
SELECT org, project, metric, series, kind, time, received_at, retention_days, start_time_unix_nano, flags,
  count, sum, min, max, bounds, bucket_counts, scale, zero_count, zero_threshold,
  positive_offset, positive_counts, negative_offset, negative_counts, quantiles, quantile_values,
  `exemplars.time`, `exemplars.value_type`, `exemplars.value`, `exemplars.value_int`,
  `exemplars.trace_id`, `exemplars.span_id`, `exemplars.attributes`, `exemplars.attribute_types`
FROM metric_points
WHERE kind IN ('histogram', 'exponential_histogram', 'summary');
