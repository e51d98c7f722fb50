/**
 * The messages of OTLP 1.10, for what must know every field: the check of a request, the JSON reader and the path in an
 * error. What lives on speed alone (the row writers) reads the fields it wants by number instead. Source:
 * opentelemetry-proto, `opentelemetry/proto/{common,resource,trace,logs,metrics}/v1`.
 */
import { complete, declare, define, type Field, type Message, many, one, values } from './schema.ts';

export type Signal = 'traces' | 'logs' | 'metrics';

const anyValueDraft = declare('AnyValue', 'part');
// key_strindex and string_value_strindex are for profiles alone; elsewhere they are to be ignored, so they are not here
export const keyValue = define('KeyValue', 'part', [one(1, 'key', 'string'), one(2, 'value', anyValueDraft)]);
export const anyValue = complete(anyValueDraft, [
  one(1, 'string_value', 'string'),
  one(2, 'bool_value', 'bool'),
  one(3, 'int_value', 'int64'),
  one(4, 'double_value', 'double'),
  one(5, 'array_value', define('ArrayValue', 'part', [many(1, 'values', anyValueDraft)])),
  one(6, 'kvlist_value', define('KeyValueList', 'part', [many(1, 'values', keyValue)])),
  one(7, 'bytes_value', 'bytes'),
]);

const scope = define('InstrumentationScope', 'part', [
  one(1, 'name', 'string'),
  one(2, 'version', 'string'),
  many(3, 'attributes', keyValue),
  one(4, 'dropped_attributes_count', 'uint32'),
]);

const entityRef = define('EntityRef', 'part', [
  one(1, 'schema_url', 'string'),
  one(2, 'type', 'string'),
  many(3, 'id_keys', 'string'),
  many(4, 'description_keys', 'string'),
]);

export const resource = define('Resource', 'part', [
  many(1, 'attributes', keyValue),
  one(2, 'dropped_attributes_count', 'uint32'),
  many(3, 'entity_refs', entityRef),
]);

/** The four levels of a request: Export…ServiceRequest, Resource…, Scope… and their items. */
const request = (signal: string, level: string, itemsName: string, item: Message): Message => {
  const scopes = define(`Scope${level}`, 'container', [
    one(1, 'scope', scope),
    many(2, itemsName, item),
    one(3, 'schema_url', 'string'),
  ]);
  const resources = define(`Resource${level}`, 'container', [
    one(1, 'resource', resource),
    many(2, `scope_${level.toLowerCase()}`, scopes),
    one(3, 'schema_url', 'string'),
  ]);
  return define(`Export${signal}ServiceRequest`, 'container', [many(1, `resource_${level.toLowerCase()}`, resources)]);
};

const spanEvent = define('Event', 'part', [
  one(1, 'time_unix_nano', 'fixed64'),
  one(2, 'name', 'string'),
  many(3, 'attributes', keyValue),
  one(4, 'dropped_attributes_count', 'uint32'),
]);

const spanLink = define('Link', 'part', [
  one(1, 'trace_id', 'id'),
  one(2, 'span_id', 'id'),
  one(3, 'trace_state', 'string'),
  many(4, 'attributes', keyValue),
  one(5, 'dropped_attributes_count', 'uint32'),
  one(6, 'flags', 'fixed32'),
]);

const span = define('Span', 'record', [
  one(1, 'trace_id', 'id'),
  one(2, 'span_id', 'id'),
  one(3, 'trace_state', 'string'),
  one(4, 'parent_span_id', 'id'),
  one(5, 'name', 'string'),
  one(6, 'kind', values('SPAN_KIND_', 'UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER')),
  one(7, 'start_time_unix_nano', 'fixed64'),
  one(8, 'end_time_unix_nano', 'fixed64'),
  many(9, 'attributes', keyValue),
  one(10, 'dropped_attributes_count', 'uint32'),
  many(11, 'events', spanEvent),
  one(12, 'dropped_events_count', 'uint32'),
  many(13, 'links', spanLink),
  one(14, 'dropped_links_count', 'uint32'),
  one(
    15,
    'status',
    define('Status', 'part', [
      one(2, 'message', 'string'),
      one(3, 'code', values('STATUS_CODE_', 'UNSET', 'OK', 'ERROR')),
    ]),
  ),
  one(16, 'flags', 'fixed32'),
]);

const severities = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const logRecord = define('LogRecord', 'record', [
  one(1, 'time_unix_nano', 'fixed64'),
  one(
    2,
    'severity_number',
    values('SEVERITY_NUMBER_', 'UNSPECIFIED', ...severities.flatMap((s) => [s, `${s}2`, `${s}3`, `${s}4`])),
  ),
  one(3, 'severity_text', 'string'),
  one(5, 'body', anyValue),
  many(6, 'attributes', keyValue),
  one(7, 'dropped_attributes_count', 'uint32'),
  one(8, 'flags', 'fixed32'),
  one(9, 'trace_id', 'id'),
  one(10, 'span_id', 'id'),
  one(11, 'observed_time_unix_nano', 'fixed64'),
  one(12, 'event_name', 'string'),
]);

const exemplar = define('Exemplar', 'part', [
  one(2, 'time_unix_nano', 'fixed64'),
  one(3, 'as_double', 'double'),
  one(4, 'span_id', 'id'),
  one(5, 'trace_id', 'id'),
  one(6, 'as_int', 'sfixed64'),
  many(7, 'filtered_attributes', keyValue),
]);

const numberDataPoint = define('NumberDataPoint', 'record', [
  one(2, 'start_time_unix_nano', 'fixed64'),
  one(3, 'time_unix_nano', 'fixed64'),
  one(4, 'as_double', 'double'),
  many(5, 'exemplars', exemplar),
  one(6, 'as_int', 'sfixed64'),
  many(7, 'attributes', keyValue),
  one(8, 'flags', 'uint32'),
]);

const histogramDataPoint = define('HistogramDataPoint', 'record', [
  one(2, 'start_time_unix_nano', 'fixed64'),
  one(3, 'time_unix_nano', 'fixed64'),
  one(4, 'count', 'fixed64'),
  one(5, 'sum', 'double'),
  many(6, 'bucket_counts', 'fixed64'),
  many(7, 'explicit_bounds', 'double'),
  many(8, 'exemplars', exemplar),
  many(9, 'attributes', keyValue),
  one(10, 'flags', 'uint32'),
  one(11, 'min', 'double'),
  one(12, 'max', 'double'),
]);

const buckets = define('Buckets', 'part', [one(1, 'offset', 'sint32'), many(2, 'bucket_counts', 'uint64')]);
const exponentialHistogramDataPoint = define('ExponentialHistogramDataPoint', 'record', [
  many(1, 'attributes', keyValue),
  one(2, 'start_time_unix_nano', 'fixed64'),
  one(3, 'time_unix_nano', 'fixed64'),
  one(4, 'count', 'fixed64'),
  one(5, 'sum', 'double'),
  one(6, 'scale', 'sint32'),
  one(7, 'zero_count', 'fixed64'),
  one(8, 'positive', buckets),
  one(9, 'negative', buckets),
  one(10, 'flags', 'uint32'),
  many(11, 'exemplars', exemplar),
  one(12, 'min', 'double'),
  one(13, 'max', 'double'),
  one(14, 'zero_threshold', 'double'),
]);

const summaryDataPoint = define('SummaryDataPoint', 'record', [
  one(2, 'start_time_unix_nano', 'fixed64'),
  one(3, 'time_unix_nano', 'fixed64'),
  one(4, 'count', 'fixed64'),
  one(5, 'sum', 'double'),
  many(
    6,
    'quantile_values',
    define('ValueAtQuantile', 'part', [one(1, 'quantile', 'double'), one(2, 'value', 'double')]),
  ),
  many(7, 'attributes', keyValue),
  one(8, 'flags', 'uint32'),
]);

const temporality = values('AGGREGATION_TEMPORALITY_', 'UNSPECIFIED', 'DELTA', 'CUMULATIVE');
const data = (name: string, point: Message, ...rest: Field[]): Message =>
  define(name, 'container', [many(1, 'data_points', point), ...rest]);

const metric = define('Metric', 'container', [
  one(1, 'name', 'string'),
  one(2, 'description', 'string'),
  one(3, 'unit', 'string'),
  one(5, 'gauge', data('Gauge', numberDataPoint)),
  one(
    7,
    'sum',
    data('Sum', numberDataPoint, one(2, 'aggregation_temporality', temporality), one(3, 'is_monotonic', 'bool')),
  ),
  one(9, 'histogram', data('Histogram', histogramDataPoint, one(2, 'aggregation_temporality', temporality))),
  one(
    10,
    'exponential_histogram',
    data('ExponentialHistogram', exponentialHistogramDataPoint, one(2, 'aggregation_temporality', temporality)),
  ),
  one(11, 'summary', data('Summary', summaryDataPoint)),
  many(12, 'metadata', keyValue),
]);

/** What a client of each signal sends. */
export const requests: Readonly<Record<Signal, Message>> = {
  traces: request('Trace', 'Spans', 'spans', span),
  logs: request('Logs', 'Logs', 'log_records', logRecord),
  metrics: request('Metrics', 'Metrics', 'metrics', metric),
};
