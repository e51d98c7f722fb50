import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import { check, MalformedError } from '../check/check.ts';
import type { Signal } from '../messages.ts';
import { randomOf, randomRequest } from '../proof/random-requests.ts';
import { logsRequest, metricsRequest, traceRequest } from '../proof/reference.ts';
import { TooLargeError } from '../protobuf-writer.ts';
import { readJson } from './json.ts';

const types: Record<Signal, protobuf.Type> = { traces: traceRequest, logs: logsRequest, metrics: metricsRequest };
const maxBytes = 2 ** 26;
const nowMs = Date.UTC(2026, 10, 20);

const decode = (signal: Signal, bytes: Uint8Array): unknown =>
  types[signal].toObject(types[signal].decode(bytes), { longs: String, bytes: String, enums: Number });
const read = (signal: Signal, request: unknown): unknown => {
  const text = typeof request === 'string' ? request : JSON.stringify(request);
  const { bytes, rejections } = readJson(Buffer.from(text), signal, maxBytes);
  expect(rejections.count).toBe(0);
  return decode(signal, bytes);
};
const failure = (body: string | Uint8Array, signal: Signal = 'traces'): string => {
  try {
    readJson(Buffer.from(body), signal, maxBytes);
  } catch (error) {
    if (error instanceof MalformedError) return error.message;
    throw error;
  }
  throw new Error('it was read');
};

const spans = (...items: unknown[]): object => ({ resourceSpans: [{ scopeSpans: [{ spans: items }] }] });
const body = (value: unknown): object => ({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: value }] }] }] });
const readBody = (value: unknown): unknown =>
  (read('logs', body(value)) as { resourceLogs: { scopeLogs: { logRecords: { body: unknown }[] }[] }[] })
    .resourceLogs[0]!.scopeLogs[0]!.logRecords[0]!.body;
const readSpan = (fields: object): Record<string, unknown> =>
  (read('traces', spans(fields)) as { resourceSpans: { scopeSpans: { spans: Record<string, unknown>[] }[] }[] })
    .resourceSpans[0]!.scopeSpans[0]!.spans[0]!;

describe('the same request through an encoder that is not ours', () => {
  test.each([
    ['trace', 'traces'],
    ['logs', 'logs'],
    ['events', 'logs'],
    ['metrics', 'metrics'],
  ] as const)('the example %s.json', (name, signal) => {
    const text = readFileSync(join(import.meta.dirname, `../fixtures/examples/${name}.json`), 'utf8');
    const official = types[signal].encode(types[signal].fromObject(JSON.parse(text, hexToBytes))).finish();
    expect(read(signal, text)).toEqual(decode(signal, official));
    expect(check(readJson(Buffer.from(text), signal, maxBytes).bytes, signal, nowMs).bad).toBeUndefined();
  });

  test.each(['traces', 'logs', 'metrics'] as const)('%s at random', (signal) => {
    const random = randomOf(20_261_120);
    for (let round = 0; round < 300; round++) {
      const request = randomRequest(signal, random);
      const official = types[signal].encode(
        types[signal].fromObject(JSON.parse(JSON.stringify(request), officialForm)),
      );
      expect(read(signal, request), JSON.stringify(request)).toEqual(decode(signal, official.finish()));
    }
  });

  /** What protobufjs takes bytes, infinities and names of enum values as. */
  function officialForm(key: string, value: unknown): unknown {
    if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
    return hexToBytes(key, value);
  }
  function hexToBytes(key: string, value: unknown): unknown {
    return /Id$|_id$/.test(key) && typeof value === 'string' ? Buffer.from(value, 'hex') : value;
  }
});

describe('values', () => {
  test('ids are hex of any case, and empty ones are empty', () => {
    const span = readSpan({
      traceId: '5b8EFFF798038103D269B633813FC60C',
      spanId: 'eee19b7ec3c1b174',
      parentSpanId: '',
    });
    expect(Buffer.from(span.traceId as string, 'base64').toString('hex')).toBe('5b8efff798038103d269b633813fc60c');
    expect(Buffer.from(span.spanId as string, 'base64').toString('hex')).toBe('eee19b7ec3c1b174');
    expect(span.parentSpanId).toBe('');
  });

  test('64-bit integers are text or numbers, and lose nothing as numbers', () => {
    expect(readSpan({ startTimeUnixNano: '1544712660300000001' }).startTimeUnixNano).toBe('1544712660300000001');
    const text = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":1544712660300000001}]}]}]}';
    expect(JSON.stringify(read('traces', text))).toContain('"startTimeUnixNano":"1544712660300000001"');
    expect(readSpan({ startTimeUnixNano: 12 }).startTimeUnixNano).toBe('12');
    expect(readSpan({ startTimeUnixNano: '18446744073709551615' }).startTimeUnixNano).toBe('18446744073709551615');
    expect(readBody({ intValue: '-9223372036854775808' })).toEqual({ intValue: '-9223372036854775808' });
    expect(readBody({ intValue: -5 })).toEqual({ intValue: '-5' });
  });

  test('a double with many digits stays a double, next to an integer with many', () => {
    const text =
      '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":1544712660300000001,' +
      '"body":{"doubleValue":12345678901234567890},"attributes":[{"key":"k","value":{"doubleValue":0.30000000000000004}}]}]}]}]}';
    const read_ = JSON.stringify(read('logs', text));
    expect(read_).toContain('"timeUnixNano":"1544712660300000001"');
    expect(read_).toContain('"doubleValue":12345678901234567000');
    expect(read_).toContain('"doubleValue":0.30000000000000004');
  });

  test('enums are integers or names, also integers nobody knows yet', () => {
    expect(readSpan({ kind: 3 }).kind).toBe(3);
    expect(readSpan({ kind: 'SPAN_KIND_CLIENT' }).kind).toBe(3);
    expect(readSpan({ kind: 77 }).kind).toBe(77);
    expect(readSpan({ status: { code: 'STATUS_CODE_ERROR' } }).status).toEqual({ code: 2 });
  });

  test('doubles are numbers, text, and the words for what is not a number', () => {
    for (const [value, expected] of [
      [1.5, 1.5],
      ['1.5', 1.5],
      ['-2e3', -2000],
      ['-0', -0],
      ['NaN', Number.NaN],
      ['Infinity', Number.POSITIVE_INFINITY],
      ['-Infinity', Number.NEGATIVE_INFINITY],
    ]) {
      expect(readBody({ doubleValue: value })).toEqual({ doubleValue: expected });
    }
  });

  test('AnyValues are empty, bytes, mixed arrays and maps in maps', () => {
    expect(readBody({})).toEqual({});
    expect(readBody({ stringValue: '' })).toEqual({ stringValue: '' });
    expect(readBody({ boolValue: false })).toEqual({ boolValue: false });
    expect(readBody({ bytesValue: 'AP8=' })).toEqual({ bytesValue: 'AP8=' });
    expect(readBody({ bytesValue: '_-8' })).toEqual({ bytesValue: '/+8=' });
    const mixed = [{ stringValue: 'a' }, { intValue: '1' }, {}, { arrayValue: { values: [{ boolValue: true }] } }];
    expect(readBody({ arrayValue: { values: mixed } })).toEqual({ arrayValue: { values: mixed } });
    const map = [{ key: 'a', value: { kvlistValue: { values: [{ key: '', value: {} }] } } }];
    expect(readBody({ kvlistValue: { values: map } })).toEqual({ kvlistValue: { values: map } });
    expect(readBody({ arrayValue: {} })).toEqual({ arrayValue: {} });
  });

  test('what the collector has missed: eventName and flags', () => {
    const record = { eventName: 'browser.page_view', flags: 257 };
    const request = { resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] };
    expect(read('logs', request)).toEqual(request);
    expect(readSpan({ flags: 769, links: [{ flags: 1 }] })).toMatchObject({ flags: 769, links: [{ flags: 1 }] });
  });

  test('unknown fields are ignored, null is an absent field, snake_case is a name like any other', () => {
    expect(readSpan({ name: 'a', links: null, attributes: null, newField: { deep: [1] }, kind: null })).toEqual({
      name: 'a',
    });
    const snake = {
      resource_spans: [{ scope_spans: [{ spans: [{ start_time_unix_nano: '5', parent_span_id: '' }] }] }],
    };
    expect(read('traces', snake)).toEqual(spans({ startTimeUnixNano: '5', parentSpanId: '' }));
    expect(read('traces', { resourceLogs: [1] })).toEqual({});
    expect(read('traces', '\ufeff {} ')).toEqual({});
    expect(readSpan(JSON.parse('{"name":"a","__proto__":{"kind":3},"constructor":1}'))).toEqual({ name: 'a' });
  });

  test('text of every kind of character', () => {
    const text = 'a\u0000é\u2028漢😀"\\';
    expect(readSpan({ name: text }).name).toBe(text);
    expect(readSpan({ name: 'replaced \ufffd by the sender' }).name).toBe('replaced \ufffd by the sender');
  });

  test('nesting of 200 levels is read to where it will be cut', () => {
    let value: object = { stringValue: 'leaf' };
    for (let level = 0; level < 200; level++) value = { arrayValue: { values: [value] } };
    const text = JSON.stringify(readBody(value));
    expect(text.match(/arrayValue/g)!.length).toBeGreaterThan(32);
    expect(text.match(/arrayValue/g)!.length).toBeLessThan(40);
  });

  test('nesting of a million levels is refused or read, and does no harm', () => {
    const deep = 250_000;
    const text = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${'{"arrayValue":{"values":['.repeat(deep)}${']}}'.repeat(deep)}}]}]}]}`;
    expect(readJson(Buffer.from(text), 'logs', maxBytes).rejections.count).toBe(0);
    expect(failure('['.repeat(1_000_000))).toMatch(/not JSON/);
  });
});

describe('a record that cannot be read costs that record', () => {
  const good = { name: 'good', attributes: [{ key: 'k', value: { stringValue: 'v' } }] };
  test.each([
    ['an invalid traceId (hexadecimal is expected)', { traceId: 'xyz' }],
    ['an invalid traceId (hexadecimal is expected)', { traceId: 'abc' }],
    ['an invalid spanId (hexadecimal is expected)', { spanId: 5 }],
    ['an invalid startTimeUnixNano (an unsigned 64-bit integer is expected)', { startTimeUnixNano: 'yesterday' }],
    ['an invalid startTimeUnixNano (an unsigned 64-bit integer is expected)', { startTimeUnixNano: -1 }],
    [
      'an invalid endTimeUnixNano (an unsigned 64-bit integer is expected)',
      { endTimeUnixNano: '18446744073709551616' },
    ],
    ['an invalid endTimeUnixNano (an unsigned 64-bit integer is expected)', { endTimeUnixNano: 1.5 }],
    ['an invalid endTimeUnixNano (an unsigned 64-bit integer is expected)', { endTimeUnixNano: '9'.repeat(100_000) }],
    ['an invalid name (text is expected)', { name: 5 }],
    ['an invalid name (valid UTF-8 is expected)', { name: '\ud800' }],
    ['an invalid kind (a value of the enum, by number or name, is expected)', { kind: 'SERVER' }],
    ['an invalid attributes (an array is expected)', { attributes: { k: 'v' } }],
    ['an invalid attributes (an object is expected)', { attributes: ['k'] }],
    ['an invalid value (an object is expected)', { attributes: [{ key: 'k', value: 'v' }] }],
    [
      'an invalid intValue (a signed 64-bit integer is expected)',
      { attributes: [{ key: 'k', value: { intValue: 'x' } }] },
    ],
    ['an invalid doubleValue (a number is expected)', { attributes: [{ key: 'k', value: { doubleValue: '' } }] }],
    ['an invalid boolValue (true or false is expected)', { attributes: [{ key: 'k', value: { boolValue: 'true' } }] }],
    ['an invalid bytesValue (base64 is expected)', { attributes: [{ key: 'k', value: { bytesValue: '%' } }] }],
    ['an invalid flags (an unsigned 32-bit integer is expected)', { flags: 2 ** 32 }],
    ['an invalid spans (an object is expected)', 'a span'],
    ['an invalid spans (an object is expected)', null],
  ])('%s', (what, bad) => {
    const { bytes, rejections } = readJson(Buffer.from(JSON.stringify(spans(good, bad, good))), 'traces', maxBytes);
    expect(rejections.message('traces')).toBe(`1 span rejected: 1 has ${what}`);
    expect(decode('traces', bytes)).toEqual(spans(good, good));
  });

  test('a data point too', () => {
    const metrics = (...dataPoints: object[]): object => ({
      resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', sum: { dataPoints, isMonotonic: true } }] }] }],
    });
    const request = metrics({ asInt: '5' }, { asInt: 'five' }, { asDouble: 1 });
    const { bytes, rejections } = readJson(Buffer.from(JSON.stringify(request)), 'metrics', maxBytes);
    expect(rejections.message('metrics')).toBe(
      '1 data point rejected: 1 has an invalid asInt (a signed 64-bit integer is expected)',
    );
    expect(decode('metrics', bytes)).toEqual(metrics({ asInt: '5' }, { asDouble: 1 }));
  });

  test('bytes that are not UTF-8 within a string', () => {
    const text = Buffer.from(JSON.stringify(spans(good, { name: 'BROKEN' }, good)));
    text[text.indexOf('BROKEN')] = 0xff;
    const { bytes, rejections } = readJson(text, 'traces', maxBytes);
    expect(rejections.message('traces')).toBe('1 span rejected: 1 has an invalid name (valid UTF-8 is expected)');
    expect(Object.fromEntries(rejections.byReason)).toEqual({ 'invalid-utf8': 1 });
    expect(decode('traces', bytes)).toEqual(spans(good, good));
  });
});

describe('what is not a request', () => {
  test.each([
    ['an object is expected', '[]'],
    ['an object is expected', '"text"'],
    ['an object is expected', 'null'],
    ['resourceSpans: an array is expected', '{"resourceSpans":{}}'],
    ['resourceSpans[1]: an object is expected', '{"resourceSpans":[{},5]}'],
    [
      'resourceSpans[0].scopeSpans[0].scope: an object is expected',
      '{"resourceSpans":[{"scopeSpans":[{"scope":[]}]}]}',
    ],
    ['resource_spans[0].scope_spans: an array is expected', '{"resource_spans":[{"scope_spans":true}]}'],
    [
      'resourceSpans[0].resource.attributes[1].value.intValue: a signed 64-bit integer is expected',
      '{"resourceSpans":[{"resource":{"attributes":[{"key":"a"},{"key":"b","value":{"intValue":1.5}}]}}]}',
    ],
  ])('%s', (message, text) => {
    expect(failure(text)).toBe(message);
  });

  test.each([
    ['', /^not JSON: .*end/],
    ['{"resourceSpans":[}', /^not JSON: .*\}/],
    ['{"a":1', /^not JSON: .*position 6/],
    ['hello', /^not JSON: .*h/],
    [`{"a":"${'x'.repeat(10_000)}", b`, /^not JSON: .{1,210}$/],
  ])('text that is not JSON: %j', (text, message) => {
    expect(failure(text)).toMatch(message);
  });

  test('a path that leads through a record is forgotten once the record is', () => {
    const request = {
      resourceSpans: [{ scopeSpans: [{ spans: [{ attributes: [{ value: { intValue: 'x' } }] }], schemaUrl: 5 }] }],
    };
    expect(failure(JSON.stringify(request))).toBe('resourceSpans[0].scopeSpans[0].schemaUrl: text is expected');
  });

  test('more values than memory is for, and more protobuf than is allowed', () => {
    expect(() => readJson(Buffer.from(`[${'{},'.repeat(6_000_000)}1]`), 'traces', maxBytes)).toThrow(TooLargeError);
    const bounds = { dataPoints: [{ explicitBounds: Array(10_000).fill(1) }] };
    const request = { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ histogram: bounds }] }] }] };
    const text = Buffer.from(JSON.stringify(request));
    expect(() => readJson(text, 'metrics', 50_000)).toThrow(TooLargeError);
    expect(readJson(text, 'metrics', 100_000).bytes.length).toBeGreaterThan(80_000);
  });
});
