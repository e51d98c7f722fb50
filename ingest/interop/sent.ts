/** What the API has to answer after an OTLP/JSON request, record by record and field by field. */
import type { LogLine } from '../../api/contract/logs.ts';
import type { MetricPoint } from '../../api/contract/metrics.ts';
import type { Span } from '../../api/contract/traces.ts';
import type { Attributes, AttributeValue, Resource, Scope } from '../../api/contract/values.ts';

/** An AnyValue, as OTLP/JSON writes it; without any of the forms it is an empty one. */
interface AnyValue {
  readonly stringValue?: string;
  readonly intValue?: string;
  readonly bytesValue?: string;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
  readonly arrayValue?: { readonly values: readonly AnyValue[] };
  readonly kvlistValue?: { readonly values: readonly KeyValue[] };
}
interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}
/** A message whose fields the compiler need not know: everything in it is looked at here. */
type Message = { readonly [field: string]: unknown };

interface Sent {
  readonly record: Message;
  readonly resource: Resource;
  readonly scope: Scope;
  readonly service: string;
}

/** A span without the two numbers that say where its resource and scope are in the answer. */
export type SentSpan = {
  readonly span: Omit<Span, 'resource' | 'scope'>;
  readonly resource: Resource;
  readonly scope: Scope;
};
export type SentLine = Omit<LogLine, 'id'>;
export type SentPoint = { readonly metric: Message; readonly kind: string; readonly point: MetricPoint };

export const spansIn = (request: Message): SentSpan[] =>
  recordsIn(request, 'resourceSpans', 'scopeSpans', 'spans').map(({ record, resource, scope, service }) => ({
    resource,
    scope,
    span: {
      traceId: text(record.traceId).toLowerCase(),
      spanId: text(record.spanId).toLowerCase(),
      parentSpanId: text(record.parentSpanId).toLowerCase(),
      traceState: text(record.traceState),
      flags: number(record.flags),
      service,
      name: text(record.name),
      kind: spanKinds[number(record.kind)]!,
      startTimeUnixNano: nano(record.startTimeUnixNano),
      endTimeUnixNano: nano(record.endTimeUnixNano),
      status: statusOf((record.status ?? {}) as Message),
      attributes: attributesOf(record),
      droppedAttributesCount: number(record.droppedAttributesCount),
      events: list(record.events).map((event) => ({
        timeUnixNano: nano(event.timeUnixNano),
        name: text(event.name),
        attributes: attributesOf(event),
        droppedAttributesCount: number(event.droppedAttributesCount),
      })),
      droppedEventsCount: number(record.droppedEventsCount),
      links: list(record.links).map((link) => ({
        traceId: text(link.traceId).toLowerCase(),
        spanId: text(link.spanId).toLowerCase(),
        traceState: text(link.traceState),
        flags: number(link.flags),
        attributes: attributesOf(link),
        droppedAttributesCount: number(link.droppedAttributesCount),
      })),
      droppedLinksCount: number(record.droppedLinksCount),
    },
  }));

const spanKinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;

const statusOf = ({ code, message }: Message): Span['status'] => ({
  code: (['unset', 'ok', 'error'] as const)[number(code)]!,
  message: text(message),
});

export const linesIn = (request: Message): SentLine[] =>
  recordsIn(request, 'resourceLogs', 'scopeLogs', 'logRecords').map(({ record, resource, scope, service }) => ({
    sortUnixNano: nano(record.timeUnixNano),
    timeUnixNano: nano(record.timeUnixNano),
    observedTimeUnixNano: nano(record.observedTimeUnixNano),
    service,
    severity: severities[Math.ceil(number(record.severityNumber) / 4) - 1] ?? 'info',
    severityNumber: number(record.severityNumber),
    severityText: text(record.severityText),
    body: plain(record.body as AnyValue),
    eventName: text(record.eventName),
    traceId: text(record.traceId).toLowerCase(),
    spanId: text(record.spanId).toLowerCase(),
    flags: number(record.flags),
    attributes: attributesOf(record),
    droppedAttributesCount: number(record.droppedAttributesCount),
    resource,
    scope,
  }));

/** Four numbers each, from 1 on; 0 says nothing. */
const severities = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

export const pointsIn = (request: Message): SentPoint[] =>
  recordsIn(request, 'resourceMetrics', 'scopeMetrics', 'metrics').flatMap(({ record, ...about }) =>
    Object.entries(metricKinds).flatMap(([field, kind]) =>
      list((record[field] as Message | undefined)?.dataPoints).map((point) => ({
        metric: { ...record, ...(record[field] as Message) },
        kind,
        point: pointOf(point, about, field === 'exponentialHistogram'),
      })),
    ),
  );

const metricKinds = {
  gauge: 'gauge',
  sum: 'sum',
  histogram: 'histogram',
  exponentialHistogram: 'exponential_histogram',
  summary: 'summary',
} as const;

/** What a kind of metric has no word for is null, or empty where it is a list. */
const pointOf = (point: Message, about: Omit<Sent, 'record'>, exponential: boolean): MetricPoint => ({
  timeUnixNano: nano(point.timeUnixNano),
  startTimeUnixNano: nano(point.startTimeUnixNano),
  flags: number(point.flags),
  ...about,
  attributes: attributesOf(point),
  value: measured(point),
  valueType: point.asDouble !== undefined ? 'double' : point.asInt !== undefined ? 'int' : 'none',
  count: orNull(point.count),
  sum: orNull(point.sum),
  min: orNull(point.min),
  max: orNull(point.max),
  explicitBounds: list(point.explicitBounds).map(Number),
  bucketCounts: list(point.bucketCounts).map(Number),
  scale: exponential ? number(point.scale) : null,
  zeroCount: exponential ? number(point.zeroCount) : null,
  zeroThreshold: exponential ? number(point.zeroThreshold) : null,
  positive: exponential ? bucketsOf(point.positive) : null,
  negative: exponential ? bucketsOf(point.negative) : null,
  quantileValues: list(point.quantileValues).map(({ quantile, value }) => ({
    quantile: number(quantile),
    value: number(value),
  })),
  exemplars: list(point.exemplars).map((exemplar) => ({
    timeUnixNano: nano(exemplar.timeUnixNano),
    value: measured(exemplar),
    traceId: text(exemplar.traceId).toLowerCase(),
    spanId: text(exemplar.spanId).toLowerCase(),
    attributes: attributesOf({ attributes: exemplar.filteredAttributes }),
  })),
});

const measured = ({ asDouble, asInt }: Message): number | string | null =>
  asDouble !== undefined ? number(asDouble) : asInt !== undefined ? exactly(text(asInt)) : null;

const bucketsOf = (buckets: unknown): { offset: number; bucketCounts: number[] } => {
  const { offset, bucketCounts } = (buckets ?? {}) as Message;
  return { offset: number(offset), bucketCounts: list(bucketCounts).map(Number) };
};

/** Every record of a request, together with what it inherits. */
const recordsIn = (request: Message, resources: string, scopes: string, records: string): Sent[] =>
  list(request[resources]).flatMap((ofResource) =>
    list(ofResource[scopes]).flatMap((ofScope) =>
      list(ofScope[records]).map((record) => {
        const resource = {
          attributes: attributesOf((ofResource.resource ?? {}) as Message),
          schemaUrl: text(ofResource.schemaUrl),
        };
        const { name, version, ...scope } = (ofScope.scope ?? {}) as Message;
        return {
          record,
          resource,
          scope: {
            name: text(name),
            version: text(version),
            attributes: attributesOf(scope),
            schemaUrl: text(ofScope.schemaUrl),
          },
          service: String(resource.attributes['service.name']),
        };
      }),
    ),
  );

const attributesOf = (message: Message): Attributes =>
  Object.fromEntries((list(message.attributes) as unknown as KeyValue[]).map(({ key, value }) => [key, plain(value)]));

const plain = (value: AnyValue): AttributeValue =>
  value.stringValue ??
  value.doubleValue ??
  value.boolValue ??
  (value.intValue === undefined ? undefined : exactly(value.intValue)) ??
  (value.bytesValue === undefined ? undefined : { bytes: value.bytesValue }) ??
  value.arrayValue?.values.map(plain) ??
  (value.kvlistValue
    ? Object.fromEntries(value.kvlistValue.values.map((pair) => [pair.key, plain(pair.value)]))
    : null);

/** A number where JavaScript has one for it, else its digits. */
const exactly = (digits: string): number | string => (Number.isSafeInteger(Number(digits)) ? Number(digits) : digits);

const list = (value: unknown): readonly Message[] => (value ?? []) as readonly Message[];
const text = (value: unknown): string => (value ?? '') as string;
const number = (value: unknown): number => Number(value ?? 0);
const orNull = (value: unknown): number | null => (value === undefined ? null : Number(value));
const nano = (value: unknown): string => String(value ?? '0');
