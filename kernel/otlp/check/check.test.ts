import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import type { Signal } from '../messages.ts';
import { logsRequest, metricsRequest, traceRequest } from '../proof/reference.ts';
import { ProtobufWriter } from '../protobuf-writer.ts';
import { check, MalformedError } from './check.ts';
import { salvage } from './salvage.ts';

const types: Record<Signal, protobuf.Type> = { traces: traceRequest, logs: logsRequest, metrics: metricsRequest };
const nowMs = Date.UTC(2026, 10, 20, 12);
const ns = (ms: number): string => `${ms}000000`;
const now = ns(nowMs);
const in2200 = ns(Date.UTC(2200, 0, 1));

const encode = (signal: Signal, request: object): Buffer =>
  Buffer.from(types[signal].encode(types[signal].fromObject(request)).finish());
const decode = (signal: Signal, bytes: Uint8Array): Record<string, unknown> =>
  types[signal].toObject(types[signal].decode(bytes), { longs: String, bytes: String });
/** Replaces the first characters of a marker in encoded text by bytes that are not UTF-8. */
const corrupt = (bytes: Buffer, marker = 'BROKEN'): Buffer => {
  const at = bytes.indexOf(marker);
  if (at < 0) throw new Error(`${marker} is not in the request`);
  bytes.set([0xff, 0xfe], at);
  return bytes;
};

const span = (fields: object = {}): object => ({
  traceId: Buffer.alloc(16, 1),
  spanId: Buffer.alloc(8, 2),
  name: 'GET /',
  startTimeUnixNano: now,
  endTimeUnixNano: now,
  ...fields,
});
const spans = (...items: object[]): object => ({
  resourceSpans: [{ resource: service('shop'), scopeSpans: [{ scope: { name: 'lib' }, spans: items }] }],
});
const service = (name: string): object => ({
  attributes: [{ key: 'service.name', value: { stringValue: name } }],
});
const logs = (...logRecords: object[]): object => ({
  resourceLogs: [{ resource: service('shop'), scopeLogs: [{ logRecords }] }],
});
const metrics = (...items: object[]): object => ({
  resourceMetrics: [{ resource: service('shop'), scopeMetrics: [{ metrics: items }] }],
});
const gauge = (...dataPoints: object[]): object => ({ name: 'queue.size', gauge: { dataPoints } });

describe('good requests', () => {
  test.each([
    ['trace', 'traces', 1],
    ['logs', 'logs', 1],
    ['events', 'logs', 1],
    ['metrics', 'metrics', 4],
  ] as const)('the example %s.json in protobuf', (name, signal, records) => {
    const example = JSON.parse(readFileSync(join(import.meta.dirname, `../fixtures/examples/${name}.json`), 'utf8'));
    for (const item of [
      ...(example.resourceSpans?.[0].scopeSpans[0].spans ?? []),
      ...(example.resourceLogs?.[0].scopeLogs[0].logRecords ?? []),
    ]) {
      for (const id of ['traceId', 'spanId', 'parentSpanId']) if (item[id]) item[id] = Buffer.from(item[id], 'hex');
    }
    const checked = check(encode(signal, example), signal, nowMs);
    expect(checked).toMatchObject({ records, bad: undefined, services: ['my.service'] });
    expect(checked.rejections.count).toBe(0);
  });

  test('an empty request has no records', () => {
    for (const signal of ['traces', 'logs', 'metrics'] as const) {
      expect(check(new Uint8Array(0), signal, nowMs)).toMatchObject({ records: 0, services: [], bad: undefined });
    }
  });

  test('a log record needs nothing at all', () => {
    expect(check(encode('logs', logs({}, { body: { stringValue: 'hello' } })), 'logs', nowMs).records).toBe(2);
  });

  test('old times are legitimate, and so are clocks that are a day ahead', () => {
    const request = spans(
      span({ startTimeUnixNano: '1', endTimeUnixNano: '2' }),
      span({ startTimeUnixNano: ns(Date.UTC(2018, 11, 13)) }),
      span({ startTimeUnixNano: ns(nowMs + 24 * 3_600_000) }),
      span({ startTimeUnixNano: `${nowMs + 24 * 3_600_000}000001` }),
    );
    const checked = check(encode('traces', request), 'traces', nowMs);
    expect(checked.rejections.message('traces')).toBe(
      '1 span rejected: 1 has a start_time_unix_nano more than 24 hours after arrival, in the year 2026',
    );
  });

  test('unknown fields and packed or unpacked numbers pass', () => {
    const point = { timeUnixNano: now, bucketCounts: ['1', '2'], explicitBounds: [1.5] };
    const packed = encode('metrics', metrics({ name: 'm', histogram: { dataPoints: [point] } }));
    expect(check(packed, 'metrics', nowMs).records).toBe(1);
    const writer = new ProtobufWriter(64, 1024);
    const open = [1, 2, 2, 9, 1].map((field) => writer.open(field));
    for (const count of [1n, 2n]) {
      writer.tag(6, 1);
      writer.fixed64(count);
    }
    writer.tag(3, 1);
    writer.fixed64(BigInt(now));
    writer.tag(999, 0);
    writer.varint(1);
    for (const mark of open.reverse()) writer.close(mark);
    expect(check(writer.written(), 'metrics', nowMs)).toMatchObject({ records: 1, bad: undefined });
  });

  test.each([200, 5_000])('values nested %d levels deep pass: they are cut when they are stored', (levels) => {
    let value: Buffer = Buffer.from([0x0a, 1, 0x61]);
    const wrap = (field: number, inner: Buffer): Buffer => {
      const writer = new ProtobufWriter(inner.length + 16, 2 ** 24);
      const mark = writer.open(field);
      writer.raw(inner);
      writer.close(mark);
      return Buffer.from(writer.written());
    };
    for (let level = 0; level < levels && value.length < 2 ** 20; level++) value = wrap(5, wrap(1, value));
    const request = [5, 2, 2, 1].reduce((inner, field) => wrap(field, inner), value);
    expect(check(request, 'logs', nowMs)).toMatchObject({ records: 1, bad: undefined });
  });
});

describe('services', () => {
  test('each is named once, the last attribute counts, and one without a name is unknown_service', () => {
    const scopeSpans = [{ spans: [span()] }];
    const request = {
      resourceSpans: [
        { resource: service('cart'), scopeSpans },
        { resource: service('shop'), scopeSpans },
        { resource: service('cart'), scopeSpans },
        { scopeSpans },
        { resource: service(''), scopeSpans },
        { resource: { attributes: [...attributesOf('first'), ...attributesOf('last')] }, scopeSpans },
        { resource: service('without records') },
        { resource: service('only bad records'), scopeSpans: [{ spans: [span({ spanId: Buffer.alloc(3) })] }] },
      ],
    };
    const { services, records } = check(encode('traces', request), 'traces', nowMs);
    expect(services).toEqual(['cart', 'shop', 'unknown_service', 'last']);
    expect(records).toBe(6);
  });

  const attributesOf = (name: string): object[] => [{ key: 'service.name', value: { stringValue: name } }];

  test('a name is cut as the rows cut it, and no request names more than a thousand', () => {
    const long = encode('traces', {
      resourceSpans: [{ resource: service('é'.repeat(1000)), scopeSpans: [{ spans: [span()] }] }],
    });
    expect(check(long, 'traces', nowMs).services).toEqual(['é'.repeat(512)]);
    const resourceSpans = Array.from({ length: 1200 }, (_, i) => ({
      resource: service(`service-${i}`),
      scopeSpans: [{ spans: [span()] }],
    }));
    expect(check(encode('traces', { resourceSpans }), 'traces', nowMs).services).toHaveLength(1000);
  });
});

describe('bad records', () => {
  const event = { name: 'e', timeUnixNano: in2200 };
  test.each([
    ['no trace_id', { traceId: null }],
    ['a trace_id of 8 bytes instead of 16', { traceId: Buffer.alloc(8, 1) }],
    ['a trace_id of 17 bytes instead of 16', { traceId: Buffer.alloc(17, 1) }],
    ['no trace_id', { traceId: Buffer.alloc(16) }],
    ['no span_id', { spanId: Buffer.alloc(0) }],
    ['no span_id', { spanId: Buffer.alloc(8) }],
    ['a span_id of 16 bytes instead of 8', { spanId: Buffer.alloc(16, 1) }],
    ['a parent_span_id of 4 bytes instead of 8', { parentSpanId: Buffer.alloc(4, 1) }],
    ['no start_time_unix_nano', { startTimeUnixNano: 0 }],
    ['no end_time_unix_nano', { endTimeUnixNano: 0 }],
    ['a start_time_unix_nano more than 24 hours after arrival, in the year 2200', { startTimeUnixNano: in2200 }],
    ['an end_time_unix_nano more than 24 hours after arrival, in the year 2200', { endTimeUnixNano: in2200 }],
    ['an Event.time_unix_nano more than 24 hours after arrival, in the year 2200', { events: [event] }],
    ['a Link.trace_id of 8 bytes instead of 16', { links: [{ traceId: Buffer.alloc(8, 1) }] }],
    ['a Link.span_id of 7 bytes instead of 8', { links: [{ spanId: Buffer.alloc(7, 1) }] }],
    ['invalid UTF-8 in name', { name: 'BROKEN' }],
    ['invalid UTF-8 in trace_state', { traceState: 'BROKEN' }],
    ['invalid UTF-8 in KeyValue.key', { attributes: [{ key: 'BROKEN' }] }],
    ['invalid UTF-8 in AnyValue.string_value', { attributes: [{ key: 'k', value: { stringValue: 'BROKEN' } }] }],
    [
      'invalid UTF-8 in AnyValue.string_value',
      { attributes: [{ key: 'k', value: { arrayValue: { values: [{ stringValue: 'BROKEN' }] } } }] },
    ],
    ['invalid UTF-8 in AnyValue.string_value', { name: 'x'.repeat(300), attributes: [longValue('BROKEN')] }],
    ['invalid UTF-8 in Event.name', { events: [{ name: 'BROKEN' }] }],
    ['invalid UTF-8 in Status.message', { status: { message: 'BROKEN' } }],
  ])('a span with %s', (what, fields) => {
    let bytes = encode('traces', spans(span(), span(fields), span()));
    if (bytes.includes('BROKEN')) bytes = corrupt(bytes);
    const { records, rejections, bad, services } = check(bytes, 'traces', nowMs);
    expect(rejections.message('traces')).toBe(`1 span rejected: 1 has ${what}`);
    expect({ records, services }).toEqual({ records: 2, services: ['shop'] });
    expect([0, 1, 2].map((index) => bad!.has(index))).toEqual([false, true, false]);
    expect(decode('traces', salvage(bytes, 'traces', bad!))).toEqual(
      decode('traces', encode('traces', spans(span(), span()))),
    );
  });

  test.each([
    ['a time_unix_nano more than 24 hours after arrival, in the year 2200', { timeUnixNano: in2200 }],
    ['an observed_time_unix_nano more than 24 hours after arrival, in the year 2200', { observedTimeUnixNano: in2200 }],
    ['invalid UTF-8 in AnyValue.string_value', { body: { stringValue: 'BROKEN' } }],
    ['invalid UTF-8 in severity_text', { severityText: 'BROKEN' }],
    ['invalid UTF-8 in event_name', { eventName: 'BROKEN' }],
  ])('a log record with %s', (what, fields) => {
    let bytes = encode('logs', logs({ severityNumber: 9 }, fields));
    if (bytes.includes('BROKEN')) bytes = corrupt(bytes);
    const { records, rejections, bad } = check(bytes, 'logs', nowMs);
    expect(rejections.message('logs')).toBe(`1 log record rejected: 1 has ${what}`);
    expect(records).toBe(1);
    expect(decode('logs', salvage(bytes, 'logs', bad!))).toEqual(
      decode('logs', encode('logs', logs({ severityNumber: 9 }))),
    );
  });

  test('but not a log record or an exemplar with an id of a wrong length: they stand without a trace', () => {
    const ids = { traceId: Buffer.alloc(8, 1), spanId: Buffer.alloc(4, 1) };
    const point = { timeUnixNano: now, exemplars: [ids] };
    for (const [signal, request] of [
      ['logs', logs(ids)],
      ['metrics', metrics({ name: 'm', histogram: { dataPoints: [point] } })],
    ] as const) {
      const { records, rejections, bad } = check(encode(signal, request), signal, nowMs);
      expect({ records, rejected: rejections.count, bad }).toEqual({ records: 1, rejected: 0, bad: undefined });
    }
  });

  const good = { timeUnixNano: now };
  test.each([
    ['no time_unix_nano', 'gauge', {}],
    ['no time_unix_nano', 'sum', {}],
    ['no time_unix_nano', 'histogram', {}],
    ['no time_unix_nano', 'exponentialHistogram', {}],
    ['no time_unix_nano', 'summary', {}],
    ['a time_unix_nano more than 24 hours after arrival, in the year 2200', 'sum', { timeUnixNano: in2200 }],
    ['invalid UTF-8 in KeyValue.key', 'summary', { ...good, attributes: [{ key: 'BROKEN' }] }],
  ])('a data point with %s (%s)', (what, kind, point) => {
    const request = (...dataPoints: object[]): object => metrics({ name: 'm', [kind]: { dataPoints } });
    let bytes = encode('metrics', request(good, point, good));
    if (bytes.includes('BROKEN')) bytes = corrupt(bytes);
    const { records, rejections, bad } = check(bytes, 'metrics', nowMs);
    expect(rejections.message('metrics')).toBe(`1 data point rejected: 1 has ${what}`);
    expect(records).toBe(2);
    expect(decode('metrics', salvage(bytes, 'metrics', bad!))).toEqual(
      decode('metrics', encode('metrics', request(good, good))),
    );
  });

  function longValue(text: string): object {
    return { key: 'k', value: { stringValue: `${'y'.repeat(400)}${text}` } };
  }

  test('are counted by what is wrong with them', () => {
    const bytes = encode(
      'traces',
      spans(
        span({ traceId: Buffer.alloc(8, 1) }),
        span({ startTimeUnixNano: in2200 }),
        span(),
        span({ traceId: Buffer.alloc(8, 1), spanId: Buffer.alloc(3) }),
      ),
    );
    const { rejections, records } = check(bytes, 'traces', nowMs);
    expect(rejections.message('traces')).toBe(
      '3 spans rejected: 2 have a trace_id of 8 bytes instead of 16, ' +
        '1 has a start_time_unix_nano more than 24 hours after arrival, in the year 2200',
    );
    expect(Object.fromEntries(rejections.byReason)).toEqual({ 'id-length': 2, future: 1 });
    expect(records).toBe(1);
  });

  test('with more kinds of fault than anyone reads still make a short sentence', () => {
    const many = Array.from({ length: 300 }, (_, i) => span({ traceId: Buffer.alloc(17 + i, 1) }));
    const { rejections } = check(encode('traces', spans(...many)), 'traces', nowMs);
    const message = rejections.message('traces');
    expect(message).toMatch(/^300 spans rejected: 1 has a trace_id of 17 bytes .*, 280 have other faults$/);
    expect(message.length).toBeLessThan(2000);
  });
});

describe('what records share', () => {
  const attributes = [{ key: 'BROKEN', value: { stringValue: 'x' } }];
  const two = { spans: [span(), span()] };
  const other = { resource: service('other'), scopeSpans: [{ spans: [span()] }] };
  test.each([
    ['a resource', { resource: { attributes }, scopeSpans: [two, two] }, 4],
    ["a resource's schema URL, which comes last", { scopeSpans: [two], schemaUrl: 'BROKEN' }, 2],
    ['a scope', { scopeSpans: [{ scope: { name: 'BROKEN' }, ...two }] }, 2],
  ])('%s that is not UTF-8 condemns them all, and no others', (_, resourceSpans, count) => {
    const bytes = corrupt(encode('traces', { resourceSpans: [resourceSpans, other] }));
    const { records, rejections, bad, services } = check(bytes, 'traces', nowMs);
    expect(rejections.count).toBe(count);
    expect({ records, services }).toEqual({ records: 1, services: ['other'] });
    expect(decode('traces', salvage(bytes, 'traces', bad!))).toEqual(
      decode('traces', encode('traces', { resourceSpans: [other] })),
    );
  });

  test('a scope that is bad leaves the other scopes of its resource', () => {
    const scopeSpans = [{ scope: { name: 'BROKEN' }, ...two }, { spans: [span()] }];
    const bytes = corrupt(encode('traces', { resourceSpans: [{ resource: service('shop'), scopeSpans }] }));
    const { records, rejections, bad } = check(bytes, 'traces', nowMs);
    expect([records, rejections.count]).toEqual([1, 2]);
    expect(decode('traces', salvage(bytes, 'traces', bad!))).toEqual(
      decode(
        'traces',
        encode('traces', { resourceSpans: [{ resource: service('shop'), scopeSpans: [scopeSpans[1]] }] }),
      ),
    );
  });

  test('a metric with a bad unit loses its points, and its neighbours nothing', () => {
    const point = { timeUnixNano: now };
    const good = gauge(point);
    const bytes = corrupt(encode('metrics', metrics({ ...gauge(point, {}, point), unit: 'BROKEN' }, good)));
    const { records, rejections, bad } = check(bytes, 'metrics', nowMs);
    expect(records).toBe(1);
    expect(rejections.message('metrics')).toBe(
      '3 data points rejected: 1 has no time_unix_nano, 2 have invalid UTF-8 in Metric.unit',
    );
    expect(decode('metrics', salvage(bytes, 'metrics', bad!))).toEqual(
      decode('metrics', encode('metrics', metrics(good))),
    );
  });
});

describe('what is not a request', () => {
  const request = encode(
    'traces',
    spans(span(), span({ attributes: [{ key: 'k', value: { stringValue: 'value' } }] })),
  );
  const failure = (bytes: Uint8Array, signal: Signal = 'traces'): string => {
    try {
      check(bytes, signal, nowMs);
    } catch (error) {
      if (error instanceof MalformedError) return error.message;
      throw error;
    }
    throw new Error('the check passed');
  };

  test('is named with its place: text instead of protobuf', () => {
    expect(failure(Buffer.from('{"resourceSpans":[]}'))).toMatch(/at byte \d+$/);
    expect(failure(Buffer.from('hello'))).toMatch(/at byte \d+$/);
  });

  test('is named with its path: a length that runs past its message', () => {
    const at = request.indexOf('value');
    const broken = Buffer.from(request);
    broken[at - 1] = 60;
    expect(failure(broken)).toBe(
      `resource_spans[0].scope_spans[0].spans[1].attributes[0].value.string_value: ` +
        `a length beyond the end of its message at byte ${at - 1}`,
    );
  });

  test('is named with its path: a field of another wire type than declared', () => {
    // name (field 5) as a varint, in a span, in a scope, in a resource
    const bytes = Uint8Array.from([0x0a, 6, 0x12, 4, 0x12, 2, 0x28, 1]);
    expect(failure(bytes)).toBe('resource_spans[0].scope_spans[0].spans[0].name: wire type 0 instead of 2 at byte 6');
  });

  test('is a request cut off anywhere but between two fields of its outermost message', () => {
    for (let length = 1; length < request.length; length++) {
      expect(failure(request.subarray(0, length)), `cut to ${length} bytes`).toMatch(
        /^resource_spans\[0\].* at byte \d+$/,
      );
    }
  });

  test('keeps its path short, however deep the fault lies', () => {
    const nested = Buffer.concat([...Array<Buffer>(30).fill(Buffer.from([0x2a, 0xff, 0x01, 0x0a, 0xfd, 0x01]))]);
    expect(failure(Buffer.concat([Buffer.from([0x0a, 0xff, 0x7f]), nested]), 'logs').length).toBeLessThan(400);
  });
});
