import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { LogFullError } from '../kernel/log/log.ts';
import { logsTopic, metricsTopic, spansTopic } from '../kernel/topics.ts';
import {
  decodeStatus,
  encodeRequest,
  keylessTenant,
  openTestIngest,
  requestIn,
  spansOf,
  statusOf,
  type TestIngest,
} from './test-ingest.ts';

const examples = join(import.meta.dirname, '../kernel/otlp/fixtures/examples');
const protobuf = { 'content-type': 'application/x-protobuf' };
const json = { 'content-type': 'application/json' };
const one = encodeRequest('traces', spansOf('shop', {}));

let ingest: TestIngest;
beforeAll(async () => {
  ingest = await openTestIngest();
  await ingest.addKey('revoked', { revoked: true });
});
afterEach(() => {
  ingest.beforeAppend = () => {};
});
afterAll(() => ingest.close());

const post = (
  path: string,
  headers: Record<string, string>,
  body: NonNullable<RequestInit['body']>,
): Promise<Response> => fetch(`${ingest.url}${path}`, { method: 'POST', headers, body });
const stored = async (topic = spansTopic.name) => (await ingest.recordsOf(topic)).length;

describe('what is good is stored, and answered with nothing but that', () => {
  test.each([
    ['trace', 'traces', spansTopic.name],
    ['logs', 'logs', logsTopic.name],
    ['events', 'logs', logsTopic.name],
    ['metrics', 'metrics', metricsTopic.name],
  ] as const)('the example %s.json', async (name, signal, topic) => {
    const body = readFileSync(join(examples, `${name}.json`));
    const response = await post(`/v1/${signal}`, json, body);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('content-length')).toBe('2');
    expect(await response.text()).toBe('{}');
    const record = (await ingest.recordsOf(topic)).at(-1)!;
    expect(JSON.stringify(requestIn(signal, record))).toContain('"stringValue":"my.service"');
    expect(record.headers).toMatchObject({ org: keylessTenant.org, project: keylessTenant.project, encoding: 'zstd' });
  });

  test.each([
    ['identity', one],
    ['', one],
    ['gzip', gzipSync(one)],
    ['x-gzip', gzipSync(one)],
    ['GZIP', gzipSync(one)],
    ['deflate', deflateSync(one)],
    ['zstd', zstdCompressSync(one)],
  ])('protobuf with Content-Encoding %j', async (encoding, body) => {
    const response = await post('/v1/traces', { ...protobuf, 'content-encoding': encoding }, body);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/x-protobuf');
    expect((await response.arrayBuffer()).byteLength).toBe(0);
    expect(requestIn('traces', (await ingest.recordsOf(spansTopic.name)).at(-1))).toMatchObject({
      resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'GET /' }] }] }],
    });
  });

  test('an empty request is a success that stores nothing', async () => {
    const before = await stored();
    expect((await post('/v1/traces', protobuf, '')).status).toBe(200);
    expect(await (await post('/v1/traces', json, '{}')).text()).toBe('{}');
    expect(await stored()).toBe(before);
  });

  test('a path with a query, a content type with parameters', async () => {
    expect((await post('/v1/traces?a=b', { 'content-type': 'Application/JSON; charset=utf-8' }, '{}')).status).toBe(
      200,
    );
  });
});

describe('partial success', () => {
  const bad = { traceId: Buffer.alloc(8, 1) };
  test('names the count and the reason, in protobuf', async () => {
    const spans = Array.from({ length: 1000 }, (_, i) => (i === 500 ? bad : {}));
    const response = await post('/v1/traces', protobuf, encodeRequest('traces', spansOf('shop', ...spans)));
    expect(response.status).toBe(200);
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.toString('latin1')).toContain('1 span rejected: 1 has a trace_id of 8 bytes instead of 16');
    // ExportTraceServiceResponse.partial_success (1) { rejected_spans (1): 1, error_message (2) }
    expect([...bytes.subarray(0, 5)]).toEqual([0x0a, bytes.length - 2, 0x08, 1, 0x12]);
    expect((await ingest.recordsOf(spansTopic.name)).at(-1)!.headers.records).toBe('999');
  });

  test.each([
    [
      'traces',
      { rejectedSpans: '2' },
      '2 spans rejected: 1 has a span_id of 2 bytes instead of 8, 1 has an invalid traceId (hexadecimal is expected)',
      ['resourceSpans', 'scopeSpans', 'spans'],
    ],
    [
      'logs',
      { rejectedLogRecords: '1' },
      '1 log record rejected: 1 has an invalid traceId (hexadecimal is expected)',
      ['resourceLogs', 'scopeLogs', 'logRecords'],
    ],
  ] as const)('names them in JSON: %s', async (signal, rejected, errorMessage, [resources, scopes, records]) => {
    const good = { traceId: '01'.repeat(16), spanId: '02'.repeat(8), startTimeUnixNano: 1, endTimeUnixNano: 2 };
    const items = [good, { ...good, traceId: 'no hex' }, { ...good, spanId: '0102' }];
    const response = await post(
      `/v1/${signal}`,
      json,
      JSON.stringify({ [resources]: [{ [scopes]: [{ [records]: items }] }] }),
    );
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ partialSuccess: { ...rejected, errorMessage } });
  });

  test('of data points', async () => {
    const dataPoints = [{ timeUnixNano: 5 }, { timeUnixNano: 0 }];
    const request = { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', gauge: { dataPoints } }] }] }] };
    expect(await (await post('/v1/metrics', json, JSON.stringify(request))).json()).toEqual({
      partialSuccess: { rejectedDataPoints: '1', errorMessage: '1 data point rejected: 1 has no time_unix_nano' },
    });
  });

  test('is not for requests of which nothing was taken', async () => {
    const response = await post('/v1/traces', protobuf, encodeRequest('traces', spansOf('shop', bad)));
    expect(response.status).toBe(400);
    expect((await statusOf(response)).message).toBe('1 span rejected: 1 has a trace_id of 8 bytes instead of 16');
  });
});

describe('refusals', () => {
  test.each([
    ['malformed protobuf', 400, 3, '/v1/traces', protobuf, 'hello', /at byte \d/],
    [
      'malformed protobuf, deep in',
      400,
      3,
      '/v1/traces',
      protobuf,
      one.subarray(0, -1),
      /^resource_spans\[0\].*at byte/,
    ],
    ['malformed JSON', 400, 3, '/v1/logs', json, '{"resourceLogs":', /not JSON.*position 16|not JSON.*end/],
    ['JSON of another shape', 400, 3, '/v1/logs', json, '{"resourceLogs":[1]}', /^resourceLogs\[0\]: an object/],
    ['what is not gzip', 400, 3, '/v1/traces', { ...protobuf, 'content-encoding': 'gzip' }, one, /as gzip/],
    [
      'half of a gzip',
      400,
      3,
      '/v1/traces',
      { ...protobuf, 'content-encoding': 'gzip' },
      gzipSync(one).subarray(0, 20),
      /as gzip/,
    ],
    [
      'deflate without zlib',
      400,
      3,
      '/v1/traces',
      { ...json, 'content-encoding': 'deflate' },
      deflateRawSync(one),
      /as deflate/,
    ],
    [
      'half of a zstd',
      400,
      3,
      '/v1/traces',
      { ...json, 'content-encoding': 'zstd' },
      zstdCompressSync(one).subarray(0, 20),
      /as zstd/,
    ],
    ['an unknown key', 401, 16, '/v1/traces', { ...protobuf, authorization: 'Bearer wrong' }, one, /not known/],
    ['a revoked key', 401, 16, '/v1/traces', { ...json, 'x-syntra-key': 'revoked' }, '{}', /revoked/],
    ['another kind of credentials', 401, 16, '/v1/traces', { ...json, authorization: 'Basic YTpi' }, '{}', /not known/],
    ['an empty key', 401, 16, '/v1/traces', { ...json, authorization: 'Bearer ' }, '{}', /not known/],
    [
      'relayed data without a key',
      401,
      16,
      '/v1/traces',
      { ...json, 'x-forwarded-for': '203.0.113.1' },
      '{}',
      /is needed/,
    ],
    ['an unknown path', 404, 12, '/v1/profiles', json, '{}', /\/v1\/profiles/],
    [
      'an unknown content type',
      415,
      12,
      '/v1/traces',
      { 'content-type': 'text/plain' },
      '{}',
      /application\/x-protobuf/,
    ],
    [
      'an unknown encoding',
      415,
      12,
      '/v1/traces',
      { ...protobuf, 'content-encoding': 'br' },
      '{}',
      /br is not known.*gzip/,
    ],
    [
      'two encodings',
      415,
      12,
      '/v1/traces',
      { ...protobuf, 'content-encoding': 'gzip, gzip' },
      '{}',
      /gzip, gzip is not/,
    ],
  ])('%s: %i', async (_, code, grpcCode, path, headers, body, message) => {
    const before = await stored();
    const failedBefore = ingest.counters.failed().reduce((sum, { value }) => sum + value, 0);
    const response = await post(path, headers as Record<string, string>, body);
    expect(response.status).toBe(code);
    const isProtobuf = (headers as Record<string, string>)['content-type'] === 'application/x-protobuf';
    expect(response.headers.get('content-type')).toBe(isProtobuf ? 'application/x-protobuf' : 'application/json');
    expect(response.headers.get('retry-after')).toBeNull();
    const status = await statusOf(response);
    expect(status.code).toBe(grpcCode);
    expect(status.message).toMatch(message);
    expect(await stored()).toBe(before);
    expect(ingest.counters.failed().reduce((sum, { value }) => sum + value, 0)).toBe(failedBefore + 1);
  });

  test.each(['GET', 'PUT', 'DELETE', 'PATCH', 'HEAD'])('the method %s: 405', async (method) => {
    const response = await fetch(`${ingest.url}/v1/traces`, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST, OPTIONS');
  });

  test('a body that is not malformed names the field at fault in BadRequest', async () => {
    const response = await post('/v1/traces', protobuf, one.subarray(0, -1));
    const { details, message } = decodeStatus(new Uint8Array(await response.arrayBuffer()));
    expect(details).toEqual([
      {
        type: 'BadRequest',
        fieldViolations: [{ field: expect.stringMatching(/^resource_spans\[0\]/), description: message }],
      },
    ]);
    const inJson = await statusOf(await post('/v1/traces', json, '{"resourceSpans":5}'));
    expect(inJson.details).toEqual([
      {
        '@type': 'type.googleapis.com/google.rpc.BadRequest',
        fieldViolations: [{ field: 'resourceSpans', description: 'resourceSpans: an array is expected' }],
      },
    ]);
  });

  test.each([
    ['is full', new LogFullError('The disk is full.'), /The disk is full/],
    ['is broken', new Error('SQLITE_IOERR at /var/lib'), /^The data could not be stored. The log cannot be written.$/],
  ])('a log that %s: 503 with Retry-After, in both encodings', async (_, error, message) => {
    ingest.beforeAppend = () => {
      throw error;
    };
    for (const [headers, body] of [
      [protobuf, one],
      [json, readFileSync(join(examples, 'trace.json'))],
    ] as const) {
      const response = await post('/v1/traces', headers, body);
      expect(response.status).toBe(503);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      const status = await statusOf(response);
      expect(status).toMatchObject({ code: 14, message: expect.stringMatching(message) });
      expect(JSON.stringify(status.details)).toContain('RetryInfo');
    }
    expect(ingest.faults.at(-1)).toMatch(message);
  });
});

describe('health', () => {
  test('/healthz says alive, /readyz says that the log answers', async () => {
    expect((await fetch(`${ingest.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${ingest.url}/readyz`)).status).toBe(200);
  });
});

describe('browsers', () => {
  const preflight = (headers: Record<string, string>) =>
    fetch(`${ingest.url}/v1/traces`, { method: 'OPTIONS', headers });

  test('a preflight request is answered for any origin and the headers it asks for', async () => {
    const response = await preflight({
      origin: 'https://shop.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-syntra-key,traceparent',
    });
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': 'https://shop.example',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type,x-syntra-key,traceparent',
      'access-control-allow-credentials': 'true',
      'access-control-max-age': '7200',
      vary: 'Origin',
    });
  });

  test('a page of another origin needs a key, and can read that it does', async () => {
    await ingest.addKey('public', {});
    const origin = 'https://shop.example';
    const without = await post('/v1/traces', { ...json, origin }, '{}');
    expect(without.status).toBe(401);
    expect(without.headers.get('access-control-allow-origin')).toBe(origin);
    expect(without.headers.get('access-control-expose-headers')).toBe('Retry-After');
    await expect
      .poll(async () => (await post('/v1/traces', { ...json, origin, 'x-syntra-key': 'public' }, '{}')).status)
      .toBe(200);
  });

  test.each([
    ['http://localhost:5173', 200],
    ['http://127.0.0.1:8080', 200],
    ['https://[::1]', 200],
    ['null', 401],
    ['http://localhost.evil.example', 401],
    ['http://evil.example:4318', 401],
    ['file://', 401],
  ])('without a key, a page of %s: %i', async (origin, code) => {
    expect((await post('/v1/traces', { ...json, origin }, '{}')).status).toBe(code);
  });
});
