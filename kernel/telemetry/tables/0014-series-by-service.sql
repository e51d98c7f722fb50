-- The ids of a service's series lie together: tables of points are sorted by metric, hour and series, and most questions
-- are about one service, whose points would else be spread over everybody's. A series that goes on across this change has
-- two ids: the one it had, and the one it has now.
ALTER TABLE metric_points MODIFY COLUMN series UInt64 ALIAS bitOr(
  bitAnd(cityHash64(service), toUInt64(18446462598732840960)),
  bitShiftRight(cityHash64(service, metric, unit, kind, temporality, monotonic, attributes, resource_attributes, scope_name, scope_version, scope_attributes), 16));

-- Most points have no exemplar, and every chart asks for them.
ALTER TABLE metric_samples ADD INDEX IF NOT EXISTS exemplar_count length(`exemplars.time`) TYPE minmax GRANULARITY 1;
ALTER TABLE metric_distributions ADD INDEX IF NOT EXISTS exemplar_count length(`exemplars.time`) TYPE minmax GRANULARITY 1;
