-- Which keys and values exist, per hour: what completion and empty-handed searches offer. Long values are ids or texts, never choices.
CREATE TABLE facets (
  org             LowCardinality(String),
  project         LowCardinality(String),
  signal          Enum8('spans' = 1, 'logs' = 2),
  hour            DateTime('UTC') CODEC(Delta, ZSTD(1)),
  scope           Enum8('record' = 1, 'resource' = 2),
  key             LowCardinality(String),
  value           String CODEC(ZSTD(1)),
  received_day    Date,
  retention_days  SimpleAggregateFunction(max, UInt16),
  rows            SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY received_day
ORDER BY (org, project, signal, hour, scope, key, value)
TTL received_day + toIntervalDay(retention_days)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE MATERIALIZED VIEW facets_from_spans TO facets AS
SELECT org, project, 'spans' AS signal, toStartOfHour(start_time) AS hour, 'record' AS scope,
  item.1 AS key, item.2 AS value, toDate(received_at) AS received_day,
  max(spans.retention_days) AS retention_days, count() AS rows
FROM spans
ARRAY JOIN arrayFilter(pair -> length(pair.2) <= 64, CAST(attributes, 'Array(Tuple(LowCardinality(String), String))')) AS item
GROUP BY org, project, signal, hour, scope, key, value, received_day;

CREATE MATERIALIZED VIEW resource_facets_from_spans TO facets AS
SELECT org, project, 'spans' AS signal, hour, 'resource' AS scope, item.1 AS key, item.2 AS value, received_day,
  max(days) AS retention_days, sum(spans_of_resource) AS rows
FROM (
  SELECT org, project, toStartOfHour(start_time) AS hour, resource_attributes AS resource, toDate(received_at) AS received_day,
    max(retention_days) AS days, count() AS spans_of_resource
  FROM spans
  GROUP BY org, project, hour, resource, received_day
)
ARRAY JOIN arrayFilter(pair -> length(pair.2) <= 64, CAST(resource, 'Array(Tuple(LowCardinality(String), String))')) AS item
GROUP BY org, project, signal, hour, scope, key, value, received_day;

CREATE MATERIALIZED VIEW facets_from_logs TO facets AS
SELECT org, project, 'logs' AS signal, toStartOfHour(time) AS hour, 'record' AS scope,
  item.1 AS key, item.2 AS value, toDate(received_at) AS received_day,
  max(logs.retention_days) AS retention_days, count() AS rows
FROM logs
ARRAY JOIN arrayFilter(pair -> length(pair.2) <= 64, CAST(attributes, 'Array(Tuple(LowCardinality(String), String))')) AS item
GROUP BY org, project, signal, hour, scope, key, value, received_day;

CREATE MATERIALIZED VIEW resource_facets_from_logs TO facets AS
SELECT org, project, 'logs' AS signal, hour, 'resource' AS scope, item.1 AS key, item.2 AS value, received_day,
  max(days) AS retention_days, sum(logs_of_resource) AS rows
FROM (
  SELECT org, project, toStartOfHour(time) AS hour, resource_attributes AS resource, toDate(received_at) AS received_day,
    max(retention_days) AS days, count() AS logs_of_resource
  FROM logs
  GROUP BY org, project, hour, resource, received_day
)
ARRAY JOIN arrayFilter(pair -> length(pair.2) <= 64, CAST(resource, 'Array(Tuple(LowCardinality(String), String))')) AS item
GROUP BY org, project, signal, hour, scope, key, value, received_day;
