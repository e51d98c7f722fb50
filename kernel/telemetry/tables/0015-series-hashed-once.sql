-- The same number as before, made once for each point and not once more in each view that asks for it.
ALTER TABLE metric_points MODIFY COLUMN series UInt64 MATERIALIZED bitOr(
  bitAnd(cityHash64(service), toUInt64(18446462598732840960)),
  bitShiftRight(cityHash64(service, metric, unit, kind, temporality, monotonic, attributes, resource_attributes, scope_name, scope_version, scope_attributes), 16));

-- As before, but that of a series' points in one insert, which say the same of it, the first is asked and not the last, so
-- that nothing is copied for the others; and that maps are cast once for each series.
DROP VIEW IF EXISTS metric_series_from_points;

CREATE MATERIALIZED VIEW metric_series_from_points TO metric_series AS
SELECT
  org, project, metric, series, toDate(received_at) AS received_day,
  max(metric_points.retention_days) AS retention_days,
  min(time) AS first_time, max(time) AS last_time, count() AS points,
  any(metric_points.service) AS service, any(metric_points.environment) AS environment,
  any(metric_points.version) AS version, any(metric_points.host) AS host,
  any(metric_points.description) AS description, any(metric_points.unit) AS unit,
  CAST(any(metric_points.metadata), 'Map(String, String)') AS metadata, any(metric_points.metadata_types) AS metadata_types,
  any(metric_points.kind) AS kind, any(metric_points.temporality) AS temporality, any(metric_points.monotonic) AS monotonic,
  CAST(any(metric_points.attributes), 'Map(String, String)') AS attributes, any(metric_points.attribute_types) AS attribute_types,
  CAST(any(metric_points.resource_attributes), 'Map(String, String)') AS resource_attributes, any(metric_points.resource_attribute_types) AS resource_attribute_types,
  any(metric_points.resource_schema_url) AS resource_schema_url,
  any(metric_points.scope_name) AS scope_name, any(metric_points.scope_version) AS scope_version,
  CAST(any(metric_points.scope_attributes), 'Map(String, String)') AS scope_attributes, any(metric_points.scope_attribute_types) AS scope_attribute_types,
  any(metric_points.scope_schema_url) AS scope_schema_url
FROM metric_points
GROUP BY org, project, metric, series, received_day;
