/**
 * The same rows in the tables of the OpenTelemetry Collector's ClickHouse exporter, in a database of its own within the
 * same engine: what it would have written had it been sent the same.
 */
import type { Dataset } from './dataset.ts';
import { isWithin, type Piece } from './pieces.ts';

const hexId = (column: string): string => `lower(hex(${column}))`;

export const copySpans = (dataset: Dataset, piece: Piece): string => `
INSERT INTO otel.otel_traces (Timestamp, TraceId, SpanId, ParentSpanId, TraceState, SpanName, SpanKind, ServiceName,
  ResourceAttributes, ScopeName, ScopeVersion, SpanAttributes, Duration, StatusCode, StatusMessage, Events.Timestamp,
  Events.Name, Events.Attributes, Links.TraceId, Links.SpanId, Links.TraceState, Links.Attributes)
SELECT start_time, ${hexId('trace_id')}, ${hexId('span_id')},
  if(parent_span_id = toFixedString('', 8), '', ${hexId('parent_span_id')}), trace_state, name,
  initcap(toString(kind)), service, resource_attributes, scope_name, scope_version, attributes, duration_ns,
  initcap(toString(status)), status_message, \`events.time\`, \`events.name\`, \`events.attributes\`,
  arrayMap(id -> ${hexId('id')}, \`links.trace_id\`), arrayMap(id -> ${hexId('id')}, \`links.span_id\`),
  \`links.trace_state\`, \`links.attributes\`
FROM spans WHERE org = 'org_default' AND project = 'prj_default' AND ${isWithin('start_time', dataset, piece)}`;

export const copyLogs = (dataset: Dataset, piece: Piece): string => `
INSERT INTO otel.otel_logs (Timestamp, TraceId, SpanId, TraceFlags, SeverityText, SeverityNumber, ServiceName, Body,
  ResourceAttributes, ScopeName, ScopeVersion, ScopeAttributes, LogAttributes, EventName)
SELECT time, ${hexId('trace_id')}, ${hexId('span_id')}, flags, severity_text, severity_number, service, body,
  resource_attributes, scope_name, scope_version, scope_attributes, attributes, event_name
FROM logs WHERE org = 'org_default' AND project = 'prj_default' AND ${isWithin('time', dataset, piece)}`;

export const copyHistograms = (dataset: Dataset, piece: Piece): string => `
INSERT INTO otel.otel_metrics_histogram (ResourceAttributes, ScopeName, ScopeVersion, ServiceName, MetricName, MetricUnit,
  Attributes, StartTimeUnix, TimeUnix, Count, Sum, BucketCounts, ExplicitBounds, Min, Max, AggregationTemporality)
SELECT series.resource_attributes, series.scope_name, series.scope_version, series.service, point.metric, series.unit,
  series.attributes, toDateTime(intDiv(point.start_time_unix_nano, 1000000000)), toDateTime(point.time), point.count, point.sum,
  point.bucket_counts, point.bounds, 0, 0, 2
FROM metric_distributions AS point
INNER JOIN (
  SELECT series, any(resource_attributes) AS resource_attributes, any(scope_name) AS scope_name,
    any(scope_version) AS scope_version, any(service) AS service, any(unit) AS unit, any(attributes) AS attributes
  FROM metric_series WHERE org = 'org_default' AND project = 'prj_default' GROUP BY series
) AS series ON series.series = point.series
WHERE point.org = 'org_default' AND point.project = 'prj_default' AND ${isWithin('point.time', dataset, piece)}`;
