/**
 * Export requests whose every record says its number: a span in its id and an attribute, a log record in its body and an
 * attribute, a data point in its value. Encoded by a library that is not ours.
 */
import { encodeLogs, encodeMetrics, encodeTraces } from '../../kernel/otlp/proof/reference.ts';

export const signals = ['traces', 'logs', 'metrics'] as const;
export type Signal = (typeof signals)[number];
export type Encoding = 'protobuf' | 'json';

export interface Numbered {
  readonly signal: Signal;
  /** Tells the records of one run from all others. */
  readonly run: string;
  /** Of the first record; the others follow. */
  readonly first: number;
  readonly records: number;
  readonly service: string;
  /** Unix milliseconds. */
  readonly atMs: number;
}

export const numberAttribute = 'fault.number';
export const runAttribute = 'fault.run';
/** Series do not tell the run in every row, so the name does. */
export const metricOf = (run: string): string => `fault.number.${run}`;

export const encodeRequest = (request: Numbered, encoding: Encoding): Buffer => {
  const message = messageOf[request.signal](request);
  return encoding === 'json' ? Buffer.from(JSON.stringify(message, idsInHex)) : encode[request.signal](message);
};

/** The wire has ids as bytes, JSON as hexadecimal digits. */
const idsInHex = (_key: string, value: unknown): unknown => {
  const buffer = value as { type?: string; data?: number[] } | null;
  return buffer?.type === 'Buffer' ? Buffer.from(buffer.data!).toString('hex') : value;
};

const encode: Readonly<Record<Signal, (message: object) => Buffer>> = {
  traces: encodeTraces,
  logs: encodeLogs,
  metrics: encodeMetrics,
};

/** One trace a request: its first span is the root, every tenth failed. */
const traces = (request: Numbered): object => {
  const traceId = Buffer.alloc(16, 0x5f);
  traceId.writeBigUInt64BE(BigInt(request.first) + 1n, 8);
  const spans = numbersOf(request).map((number, i) => ({
    traceId,
    spanId: spanIdOf(number),
    ...(i === 0 ? {} : { parentSpanId: spanIdOf(request.first) }),
    name: `step ${number % 7}`,
    kind: 1 + (number % 5),
    startTimeUnixNano: nanosOf(request.atMs, i),
    endTimeUnixNano: nanosOf(request.atMs + (number % 50), i + 1),
    attributes: [integer(numberAttribute, number), text('fault.lane', `lane ${number % 10}`)],
    status: number % 10 === 0 ? { code: 2, message: 'meant to fail' } : {},
  }));
  return { resourceSpans: [{ resource: resourceOf(request), scopeSpans: [{ scope, spans }] }] };
};

const logs = (request: Numbered): object => {
  const logRecords = numbersOf(request).map((number, i) => ({
    timeUnixNano: nanosOf(request.atMs, i),
    severityNumber: [5, 9, 13, 17][number % 4],
    body: { stringValue: `record ${number} of run ${request.run}` },
    attributes: [integer(numberAttribute, number), text('fault.lane', `lane ${number % 10}`)],
  }));
  return { resourceLogs: [{ resource: resourceOf(request), scopeLogs: [{ scope, logRecords }] }] };
};

const metrics = (request: Numbered): object => {
  const dataPoints = numbersOf(request).map((number, i) => ({
    timeUnixNano: nanosOf(request.atMs, i),
    asInt: String(number),
    attributes: [text('fault.lane', `lane ${number % 10}`)],
  }));
  const gauge = { name: metricOf(request.run), unit: '1', gauge: { dataPoints } };
  return { resourceMetrics: [{ resource: resourceOf(request), scopeMetrics: [{ scope, metrics: [gauge] }] }] };
};

const messageOf: Readonly<Record<Signal, (request: Numbered) => object>> = { traces, logs, metrics };

const scope = { name: 'fault-suite', version: '1' };

const resourceOf = ({ service, run }: Numbered): object => ({
  attributes: [text('service.name', service), text(runAttribute, run)],
});

const text = (key: string, value: string): object => ({ key, value: { stringValue: value } });
const integer = (key: string, value: number): object => ({ key, value: { intValue: String(value) } });

const numbersOf = ({ first, records }: Numbered): number[] => Array.from({ length: records }, (_, i) => first + i);

/** Never all zero, which OTLP forbids. */
const spanIdOf = (number: number): Buffer => {
  const id = Buffer.alloc(8);
  id.writeBigUInt64BE(BigInt(number) + 1n);
  return id;
};

const nanosOf = (atMs: number, offsetNanos: number): string => String(BigInt(atMs) * 1_000_000n + BigInt(offsetNanos));
