/**
 * The rows of a request, made the slow and obvious way: decoded into objects by protobufjs, then taken apart column by
 * column. The twin that tests hold the fast writers against, on requests within the limits.
 */

import type { Origin } from '../rows/origin.ts';
import { severityOfNumber, severityOfText } from '../rows/severity.ts';
import {
  type AnyValue,
  type Decoded,
  decodeLogs,
  decodeMetrics,
  decodeTraces,
  type KeyValue,
  type LogRecord,
  type Metric,
  type NumberValue,
  type Point,
  type Span,
} from './reference.ts';

/** As `readBlock` gives it. */
type Row = Record<string, unknown>;

export const slowSpanRows = (request: Uint8Array, origin: Origin): Row[] =>
  rowsOf(decodeTraces(request), origin, (span) => [spanRow(span)]);

export const slowLogRows = (request: Uint8Array, origin: Origin): Row[] =>
  rowsOf(decodeLogs(request), origin, (log, index) => [logRow(log, origin, index)]);

export const slowMetricRows = (request: Uint8Array, origin: Origin): Row[] =>
  rowsOf(decodeMetrics(request), origin, pointRows);

const rowsOf = <Record>(
  resources: Decoded<Record>[],
  origin: Origin,
  ofRecord: (record: Record, index: number) => Row[],
): Row[] => {
  const rows: Row[] = [];
  for (const resource of resources) {
    for (const scope of resource.scopes) {
      const head = headRow(resource, scope, origin);
      for (const record of scope.records) {
        rows.push(...ofRecord(record, rows.length).map((row) => ({ ...head, ...row })));
      }
    }
  }
  return rows;
};

const headRow = (ofResource: Decoded<unknown>, ofScope: Decoded<unknown>['scopes'][number], origin: Origin): Row => {
  const [resource_attributes, resource_attribute_types] = attributes(ofResource.resource?.attributes);
  const [scope_attributes, scope_attribute_types] = attributes(ofScope.scope?.attributes);
  const texts = new Map((ofResource.resource?.attributes ?? []).map((one) => [one.key, one.value?.stringValue]));
  const first = (...keys: string[]) => keys.map((key) => texts.get(key)).find((value) => value);
  return {
    org: origin.org,
    project: origin.project,
    received_at: BigInt(origin.receivedAtMs),
    retention_days: origin.retentionDays,
    service: first('service.name') ?? 'unknown_service',
    environment: first('deployment.environment.name', 'deployment.environment') ?? '',
    version: first('service.version') ?? '',
    host: first('host.name', 'k8s.node.name') ?? '',
    resource_attributes,
    resource_attribute_types,
    resource_schema_url: ofResource.schemaUrl ?? '',
    scope_attributes,
    scope_attribute_types,
    scope_name: ofScope.scope?.name ?? '',
    scope_version: ofScope.scope?.version ?? '',
    scope_schema_url: ofScope.schemaUrl ?? '',
  };
};

const spanRow = (span: Span): Row => {
  const start = time(span.startTimeUnixNano);
  const end = time(span.endTimeUnixNano);
  const events = span.events ?? [];
  const links = span.links ?? [];
  const [pairs, types] = attributes(span.attributes);
  const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
  return {
    trace_id: id(span.traceId, 16),
    span_id: id(span.spanId, 8),
    parent_span_id: id(span.parentSpanId, 8),
    start_time: start,
    duration_ns: end > start ? end - start : 0n,
    kind: kinds[span.kind ?? 0] ?? 'unspecified',
    status: ['unset', 'ok', 'error'][span.status?.code ?? 0] ?? 'unset',
    status_message: span.status?.message ?? '',
    flags: span.flags ?? 0,
    name: span.name ?? '',
    trace_state: span.traceState ?? '',
    attributes: pairs,
    attribute_types: types,
    dropped_attributes_count: span.droppedAttributesCount ?? 0,
    dropped_events_count: span.droppedEventsCount ?? 0,
    dropped_links_count: span.droppedLinksCount ?? 0,
    'events.time': events.map((event) => time(event.timeUnixNano)),
    'events.name': events.map((event) => event.name ?? ''),
    'events.attributes': events.map((event) => attributes(event.attributes)[0]),
    'events.attribute_types': events.map((event) => attributes(event.attributes)[1]),
    'events.dropped_attributes_count': events.map((event) => event.droppedAttributesCount ?? 0),
    'links.trace_id': links.map((link) => id(link.traceId, 16)),
    'links.span_id': links.map((link) => id(link.spanId, 8)),
    'links.flags': links.map((link) => link.flags ?? 0),
    'links.trace_state': links.map((link) => link.traceState ?? ''),
    'links.attributes': links.map((link) => attributes(link.attributes)[0]),
    'links.attribute_types': links.map((link) => attributes(link.attributes)[1]),
    'links.dropped_attributes_count': links.map((link) => link.droppedAttributesCount ?? 0),
  };
};

const logRow = (log: LogRecord, origin: Origin, index: number): Row => {
  const [pairs, types] = attributes(log.attributes);
  const [body, body_type] = text(log.body);
  const own = BigInt(log.timeUnixNano ?? 0);
  const observed = BigInt(log.observedTimeUnixNano ?? 0);
  const severity = severityOfNumber(log.severityNumber ?? 0) || severityOfText(log.severityText ?? '');
  return {
    record_partition: origin.partition,
    record_offset: BigInt(origin.offset),
    record_index: index,
    time: time(String(own || observed || BigInt(origin.receivedAtMs) * 1_000_000n)),
    time_unix_nano: own,
    observed_time_unix_nano: observed,
    severity_number: (log.severityNumber ?? 0) > 24 ? 0 : (log.severityNumber ?? 0),
    severity: { 1: 'trace', 5: 'debug', 9: 'info', 13: 'warn', 17: 'error', 21: 'fatal' }[severity],
    severity_text: log.severityText ?? '',
    body,
    body_type,
    event_name: log.eventName ?? '',
    trace_id: id(log.traceId, 16),
    span_id: id(log.spanId, 8),
    flags: log.flags ?? 0,
    attributes: pairs,
    attribute_types: types,
    dropped_attributes_count: log.droppedAttributesCount ?? 0,
  };
};

const pointRows = (metric: Metric): Row[] => {
  const [kind, data] =
    Object.entries({
      gauge: metric.gauge,
      sum: metric.sum,
      histogram: metric.histogram,
      exponential_histogram: metric.exponentialHistogram,
      summary: metric.summary,
    }).find(([, points]) => points !== undefined) ?? [];
  const [metadata, metadata_types] = attributes(metric.metadata);
  return (data?.dataPoints ?? []).map((point) => ({
    metric: metric.name ?? '',
    description: metric.description ?? '',
    unit: metric.unit ?? '',
    metadata,
    metadata_types,
    kind,
    temporality: ['unspecified', 'delta', 'cumulative'][data?.aggregationTemporality ?? 0] ?? 'unspecified',
    monotonic: data?.isMonotonic ?? false,
    ...pointRow(point),
    sum: point.sum ?? (kind === 'summary' ? 0 : null),
  }));
};

const pointRow = (point: Point): Row => {
  const exemplars = point.exemplars ?? [];
  const quantiles = point.quantileValues ?? [];
  const [pairs, types] = attributes(point.attributes);
  return {
    attributes: pairs,
    attribute_types: types,
    time: time(point.timeUnixNano),
    start_time_unix_nano: BigInt(point.startTimeUnixNano ?? 0),
    flags: point.flags ?? 0,
    value_type: valueType(point),
    value: value(point),
    value_int: BigInt(point.asInt ?? 0),
    'exemplars.time': exemplars.map((exemplar) => time(exemplar.timeUnixNano)),
    'exemplars.value_type': exemplars.map(valueType),
    'exemplars.value': exemplars.map(value),
    'exemplars.value_int': exemplars.map((exemplar) => BigInt(exemplar.asInt ?? 0)),
    'exemplars.trace_id': exemplars.map((exemplar) => id(exemplar.traceId, 16)),
    'exemplars.span_id': exemplars.map((exemplar) => id(exemplar.spanId, 8)),
    'exemplars.attributes': exemplars.map((exemplar) => attributes(exemplar.filteredAttributes)[0]),
    'exemplars.attribute_types': exemplars.map((exemplar) => attributes(exemplar.filteredAttributes)[1]),
    count: BigInt(point.count ?? 0),
    min: point.min ?? null,
    max: point.max ?? null,
    bounds: point.explicitBounds ?? [],
    bucket_counts: (point.bucketCounts ?? []).map(BigInt),
    scale: point.scale ?? 0,
    zero_count: BigInt(point.zeroCount ?? 0),
    zero_threshold: point.zeroThreshold ?? 0,
    positive_offset: point.positive?.offset ?? 0,
    positive_counts: (point.positive?.bucketCounts ?? []).map(BigInt),
    negative_offset: point.negative?.offset ?? 0,
    negative_counts: (point.negative?.bucketCounts ?? []).map(BigInt),
    quantiles: quantiles.map(({ quantile }) => quantile ?? 0),
    quantile_values: quantiles.map((one) => one.value ?? 0),
  };
};

const valueType = ({ asDouble, asInt }: NumberValue): string => {
  if (asInt !== undefined) return 'int';
  return asDouble === undefined ? 'none' : 'double';
};

const value = ({ asDouble, asInt }: NumberValue): number => Number(asInt ?? asDouble ?? 0);

const id = (bytes: Buffer | undefined, size: number): string =>
  bytes?.length === size ? bytes.toString('hex') : '00'.repeat(size);

/** As DateTime64(9), which ends where Int64 does. */
const time = (unixNano: string | undefined): bigint => {
  const nano = BigInt(unixNano ?? 0);
  return nano < 2n ** 63n ? nano : 2n ** 63n - 1n;
};

/** Pairs and types. */
const attributes = (keyValues: KeyValue[] | undefined): [pairs: [string, string][], types: string] => {
  const texts = new Map((keyValues ?? []).map((one) => [one.key ?? '', text(one.value)] as const));
  const types = [...texts.values()].map(([, letter]) => letter).join('');
  return [[...texts].map(([key, [shown]]) => [key, shown]), /^s*$/.test(types) ? '' : types];
};

/** A text and the letter of its type. */
const text = (one: AnyValue | undefined): [shown: string, letter: string] => {
  if (one?.stringValue !== undefined) return [one.stringValue, 's'];
  if (one?.boolValue !== undefined) return [String(one.boolValue), 'b'];
  if (one?.intValue !== undefined) return [one.intValue, 'i'];
  if (one?.doubleValue !== undefined) return [Object.is(one.doubleValue, -0) ? '-0' : String(one.doubleValue), 'd'];
  if (one?.arrayValue !== undefined) return [json(one), 'a'];
  if (one?.kvlistValue !== undefined) return [json(one), 'm'];
  if (one?.bytesValue !== undefined) return [one.bytesValue.toString('base64'), 'x'];
  return ['', 'n'];
};

const json = (one: AnyValue | undefined): string => {
  if (one?.arrayValue) return `[${(one.arrayValue.values ?? []).map(json).join(',')}]`;
  if (one?.kvlistValue) {
    const entries = one.kvlistValue.values ?? [];
    return `{${entries.map((entry) => `${JSON.stringify(entry.key ?? '')}:${json(entry.value)}`).join(',')}}`;
  }
  const [shown, letter] = text(one);
  if (letter === 's') return JSON.stringify(shown);
  if (letter === 'd' && /^-?\d+$/.test(shown)) return `${shown}.0`;
  if (letter === 'd' && /N|I/.test(shown)) return `"${shown}"`;
  if (letter === 'x') return `{"bytes":"${shown}"}`;
  return letter === 'n' ? 'null' : shown;
};
