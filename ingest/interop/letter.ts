/**
 * What the program of every language sends, in its own SDK's words, and how it has to come back: a server span with every
 * kind of attribute, a failing child with an event and a link, a log line of that child, and four metrics.
 */
import { expect, vi } from 'vitest';
import { ask } from '../../docs/guide/ask.ts';
import type { RunningSyntra } from '../../docs/guide/start-syntra.ts';

/** What the program prints when all of it is sent. */
export interface LetterIds {
  readonly traceId: string;
  readonly parentSpanId: string;
  readonly childSpanId: string;
}

/** How an SDK can be told to send: over what, and packed how. */
export const ways = [
  { protocol: 'http/protobuf', compression: 'none' },
  { protocol: 'http/protobuf', compression: 'gzip' },
  { protocol: 'grpc', compression: 'gzip' },
] as const;

export type Way = (typeof ways)[number];

/** The variables that every official SDK reads. */
export const settingsFor = (syntra: RunningSyntra, service: string, way: Way): Record<string, string> => ({
  OTEL_SERVICE_NAME: service,
  OTEL_RESOURCE_ATTRIBUTES: 'service.version=1.2.3,deployment.environment.name=interop',
  OTEL_EXPORTER_OTLP_ENDPOINT: way.protocol === 'grpc' ? syntra.otlpGrpcUrl : syntra.otlpHttpUrl,
  OTEL_EXPORTER_OTLP_PROTOCOL: way.protocol,
  // Go's exporters know no "none": they want to hear nothing.
  ...(way.compression === 'none' ? {} : { OTEL_EXPORTER_OTLP_COMPRESSION: way.compression }),
});

/** Waits until the letter has arrived and looks at every line of it. */
export const expectLetter = async (syntra: RunningSyntra, service: string, printed: string): Promise<void> => {
  const ids = JSON.parse(printed.trim().split('\n').at(-1)!) as LetterIds;
  await vi.waitFor(() => expectSpans(syntra.url, service, ids), { timeout: 60_000, interval: 200 });
  await vi.waitFor(() => expectLine(syntra.url, service, ids), { timeout: 60_000, interval: 200 });
  await vi.waitFor(() => expectMetrics(syntra.url, service), { timeout: 60_000, interval: 200 });
};

const expectSpans = async (url: string, service: string, ids: LetterIds): Promise<void> => {
  const trace = await ask(url, 'getTrace', { params: { traceId: ids.traceId } });
  const parent = trace.spans.find((span) => span.spanId === ids.parentSpanId);
  const child = trace.spans.find((span) => span.spanId === ids.childSpanId);
  expect(trace.spans).toHaveLength(2);
  expect(parent).toMatchObject({
    traceId: ids.traceId,
    parentSpanId: '',
    service,
    name: 'receive letter',
    kind: 'server',
    status: { code: 'unset', message: '' },
    events: [],
    links: [],
  });
  expect(parent?.attributes).toEqual({
    text: 'Grüße, 世界',
    big: '9007199254740993',
    ratio: 0.5,
    sealed: true,
    stamps: ['red', 'blue'],
  });
  expect(child).toMatchObject({
    traceId: ids.traceId,
    parentSpanId: ids.parentSpanId,
    service,
    name: 'open letter',
    kind: 'internal',
    status: { code: 'error', message: 'page missing' },
    attributes: {},
    events: [{ name: 'opened', attributes: { pages: 2 } }],
    links: [{ traceId: ids.traceId, spanId: ids.parentSpanId, attributes: { why: 'same letter' } }],
  });
  for (const span of [parent!, child!]) {
    expect(BigInt(span.endTimeUnixNano)).toBeGreaterThan(BigInt(span.startTimeUnixNano));
    expect(Number(BigInt(span.startTimeUnixNano) / 1_000_000n)).toBeGreaterThan(Date.now() - 300_000);
    expect(trace.scopes[span.scope]).toMatchObject({ name: 'interop', version: '1.0.0' });
    expect(trace.resources[span.resource]?.attributes).toMatchObject({
      'service.name': service,
      'service.version': '1.2.3',
      'deployment.environment.name': 'interop',
    });
  }
};

/** The last five minutes, and the next. */
const now = (): { fromMs: number; toMs: number } => ({ fromMs: Date.now() - 300_000, toMs: Date.now() + 60_000 });

const inDefaultProject = { projectId: 'prj_default' };

const expectLine = async (url: string, service: string, ids: LetterIds): Promise<void> => {
  const { lines } = await ask(url, 'listLogs', {
    params: inDefaultProject,
    query: { ...now(), traceId: ids.traceId },
  });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({
    service,
    severity: 'warn',
    severityNumber: 13,
    severityText: 'WARN',
    body: 'a page is missing',
    traceId: ids.traceId,
    spanId: ids.childSpanId,
    scope: { name: 'interop' },
  });
  expect(lines[0]?.attributes).toEqual({ page: 2 });
  expect(lines[0]?.timeUnixNano).not.toBe('0');
};

const expectMetrics = async (url: string, service: string): Promise<void> => {
  const cumulative = { temporality: 'cumulative' };
  await expectPoint(
    url,
    service,
    'letters.received',
    { kind: 'sum', unit: '{letter}', monotonic: true, ...cumulative },
    {
      value: 7,
      valueType: 'int',
    },
  );
  await expectPoint(
    url,
    service,
    'letters.waiting',
    { kind: 'sum', unit: '', monotonic: false, ...cumulative },
    {
      value: -3,
      valueType: 'int',
    },
  );
  await expectPoint(
    url,
    service,
    'box.temperature',
    { kind: 'gauge', unit: 'Cel' },
    { value: 21.5, valueType: 'double' },
  );
  await expectPoint(
    url,
    service,
    'letter.weight',
    { kind: 'histogram', unit: 'g', ...cumulative },
    {
      count: 3,
      sum: 111,
      min: 1,
      max: 100,
      explicitBounds: [5, 50],
      bucketCounts: [1, 1, 1],
    },
  );
};

const expectPoint = async (
  url: string,
  service: string,
  name: string,
  about: Readonly<Record<string, unknown>>,
  measured: Readonly<Record<string, unknown>>,
): Promise<void> => {
  const { metric, points } = await ask(url, 'listMetricPoints', {
    params: { ...inDefaultProject, metric: name },
    query: now(),
  });
  expect(metric).toMatchObject({ name, ...about });
  const own = points.filter((point) => point.service === service);
  expect(own).toHaveLength(1);
  expect(own[0]).toMatchObject({ ...measured, scope: { name: 'interop' } });
  expect(own[0]?.attributes).toEqual({ box: 'north' });
};
