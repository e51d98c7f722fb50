/**
 * The messages of opentelemetry-proto through a decoder that is not ours: what tests check ours against, and what
 * benchmarks make their payloads with. Never part of the product.
 */
import { join } from 'node:path';
import protobuf from 'protobufjs';

/**
 * protobufjs takes every varint of more than five bytes in a bool, an enum or a 32-bit integer for one of ten, and reads
 * on in the wrong place.
 */
protobuf.Reader.prototype.uint32 = function readUint32() {
  let value = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    if (this.pos >= this.len) throw new RangeError(`index out of range: ${this.pos}`);
    const byte = this.buf[this.pos++]!;
    if (shift < 32) value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
  throw new RangeError('a varint of more than ten bytes');
};

const fixtures = join(import.meta.dirname, '../fixtures');
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => join(fixtures, target);
root.loadSync(
  ['trace/v1/trace_service', 'logs/v1/logs_service', 'metrics/v1/metrics_service'].map(
    (name) => `opentelemetry/proto/collector/${name}.proto`,
  ),
);

export const traceRequest = root.lookupType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');
export const logsRequest = root.lookupType('opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest');
export const metricsRequest = root.lookupType('opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest');

/** Encodes requests given as OTLP/JSON has them, but with ids and bytes as Buffers. */
export const encodeTraces = (request: object): Buffer => encode(traceRequest, request);
export const encodeLogs = (request: object): Buffer => encode(logsRequest, request);
export const encodeMetrics = (request: object): Buffer => encode(metricsRequest, request);

const encode = (type: protobuf.Type, request: object): Buffer =>
  Buffer.from(type.encode(type.fromObject(request)).finish());

/** A decoded request: 64-bit integers are decimal strings, bytes are Buffers, and what was not sent is not there. */
export interface Decoded<Record> {
  readonly resource?: { readonly attributes?: KeyValue[] };
  readonly schemaUrl?: string;
  readonly scopes: readonly {
    readonly scope?: { readonly name?: string; readonly version?: string; readonly attributes?: KeyValue[] };
    readonly schemaUrl?: string;
    readonly records: readonly Record[];
  }[];
}

export interface KeyValue {
  readonly key?: string;
  readonly value?: AnyValue;
}

export interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values?: AnyValue[] };
  readonly kvlistValue?: { readonly values?: KeyValue[] };
  readonly bytesValue?: Buffer;
}

export interface Span {
  readonly traceId?: Buffer;
  readonly spanId?: Buffer;
  readonly parentSpanId?: Buffer;
  readonly traceState?: string;
  readonly flags?: number;
  readonly name?: string;
  readonly kind?: number;
  readonly startTimeUnixNano?: string;
  readonly endTimeUnixNano?: string;
  readonly attributes?: KeyValue[];
  readonly droppedAttributesCount?: number;
  readonly events?: {
    readonly timeUnixNano?: string;
    readonly name?: string;
    readonly attributes?: KeyValue[];
    readonly droppedAttributesCount?: number;
  }[];
  readonly droppedEventsCount?: number;
  readonly links?: {
    readonly traceId?: Buffer;
    readonly spanId?: Buffer;
    readonly traceState?: string;
    readonly flags?: number;
    readonly attributes?: KeyValue[];
    readonly droppedAttributesCount?: number;
  }[];
  readonly droppedLinksCount?: number;
  readonly status?: { readonly message?: string; readonly code?: number };
}

export interface LogRecord {
  readonly timeUnixNano?: string;
  readonly observedTimeUnixNano?: string;
  readonly severityNumber?: number;
  readonly severityText?: string;
  readonly body?: AnyValue;
  readonly attributes?: KeyValue[];
  readonly droppedAttributesCount?: number;
  readonly flags?: number;
  readonly traceId?: Buffer;
  readonly spanId?: Buffer;
  readonly eventName?: string;
}

export interface Metric {
  readonly name?: string;
  readonly description?: string;
  readonly unit?: string;
  readonly metadata?: KeyValue[];
  readonly gauge?: Points;
  readonly sum?: Points;
  readonly histogram?: Points;
  readonly exponentialHistogram?: Points;
  readonly summary?: Points;
}

/** Of all kinds, with the fields of all of them. */
export interface Points {
  readonly aggregationTemporality?: number;
  readonly isMonotonic?: boolean;
  readonly dataPoints?: Point[];
}

export interface NumberValue {
  readonly asDouble?: number;
  readonly asInt?: string;
}

export interface Point extends NumberValue {
  readonly attributes?: KeyValue[];
  readonly startTimeUnixNano?: string;
  readonly timeUnixNano?: string;
  readonly flags?: number;
  readonly exemplars?: Exemplar[];
  readonly count?: string;
  readonly sum?: number;
  readonly min?: number;
  readonly max?: number;
  readonly explicitBounds?: number[];
  readonly bucketCounts?: string[];
  readonly scale?: number;
  readonly zeroCount?: string;
  readonly zeroThreshold?: number;
  readonly positive?: Buckets;
  readonly negative?: Buckets;
  readonly quantileValues?: { readonly quantile?: number; readonly value?: number }[];
}

export interface Buckets {
  readonly offset?: number;
  readonly bucketCounts?: string[];
}

export interface Exemplar extends NumberValue {
  readonly filteredAttributes?: KeyValue[];
  readonly timeUnixNano?: string;
  readonly traceId?: Buffer;
  readonly spanId?: Buffer;
}

export const decodeTraces = (request: Uint8Array): Decoded<Span>[] => decode(traceRequest, 'Spans', 'spans', request);
export const decodeLogs = (request: Uint8Array): Decoded<LogRecord>[] =>
  decode(logsRequest, 'Logs', 'logRecords', request);
export const decodeMetrics = (request: Uint8Array): Decoded<Metric>[] =>
  decode(metricsRequest, 'Metrics', 'metrics', request);

const decode = <Record>(
  type: protobuf.Type,
  level: string,
  records: string,
  request: Uint8Array,
): Decoded<Record>[] => {
  const decoded = type.toObject(type.decode(Buffer.from(request)), { longs: String });
  type Fields = { readonly [name: string]: Fields[] };
  return ((decoded[`resource${level}`] ?? []) as Fields[]).map((ofResource) => ({
    ...ofResource,
    scopes: (ofResource[`scope${level}`] ?? []).map((ofScope) => ({
      ...ofScope,
      records: (ofScope[records] ?? []) as unknown as Record[],
    })),
  }));
};
