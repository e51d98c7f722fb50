import { once } from 'node:events';
import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import {
  Client,
  type ClientOptions,
  compressionAlgorithms,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LogFullError } from '../kernel/log/log.ts';
import type { Signal } from '../kernel/otlp/messages.ts';
import { logsTopic, metricsTopic, spansTopic } from '../kernel/topics.ts';
import { framed } from './grpc-message.ts';
import { decodeStatus, encodeRequest, openTestIngest, spansOf, type TestIngest } from './test-ingest.ts';

const mebibyte = 2 ** 20;
const one = encodeRequest('traces', spansOf('shop', {}));
const methods: Readonly<Record<Signal, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
};

let ingest: TestIngest;
const clients: Client[] = [];
const sessions: ClientHttp2Session[] = [];
beforeEach(async () => {
  ingest = await openTestIngest();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const session of sessions.splice(0)) session.destroy();
  await ingest.close();
});

const clientOf = (options: ClientOptions = {}): Client => {
  const address = `127.0.0.1:${ingest.grpcPort}`;
  const client = new Client(address, credentials.createInsecure(), { 'grpc.max_send_message_length': -1, ...options });
  clients.push(client);
  return client;
};

const same = (bytes: Buffer): Buffer => bytes;

/** The response, or the error that the client got. */
const call = (
  client: Client,
  message: Buffer,
  { path = methods.traces, metadata = {} }: { path?: string; metadata?: Record<string, string> } = {},
): Promise<Buffer | ServiceError> =>
  new Promise((resolve) => {
    const sent = new Metadata();
    for (const [name, value] of Object.entries(metadata)) sent.set(name, value);
    client.makeUnaryRequest(path, same, same, message, sent, (error, response) => resolve(error ?? response!));
  });

const failure = async (...args: Parameters<typeof call>): Promise<ServiceError> => {
  const result = await call(...args);
  if (Buffer.isBuffer(result)) throw new Error('the call succeeded');
  return result;
};
const detailsOf = (error: ServiceError) =>
  decodeStatus(error.metadata.get('grpc-status-details-bin')[0] as Buffer).details;

describe('with the client of grpc-js', () => {
  test.each([
    ['traces', spansTopic.name],
    ['logs', logsTopic.name],
    ['metrics', metricsTopic.name],
  ] as const)('%s are stored, and the answer is empty', async (signal, topic) => {
    const request = {
      traces: spansOf('shop', {}),
      logs: { resourceLogs: [{ scopeLogs: [{ logRecords: [{}] }] }] },
      metrics: {
        resourceMetrics: [{ scopeMetrics: [{ metrics: [{ gauge: { dataPoints: [{ timeUnixNano: 1 }] } }] }] }],
      },
    }[signal];
    expect(await call(clientOf(), encodeRequest(signal, request), { path: methods[signal] })).toEqual(Buffer.alloc(0));
    expect((await ingest.recordsOf(topic)).map(({ headers }) => headers.records)).toEqual(['1']);
  });

  test.each(['gzip', 'deflate', 'identity'] as const)('compressed as %s', async (name) => {
    const client = clientOf({ 'grpc.default_compression_algorithm': compressionAlgorithms[name] });
    expect(await call(client, one)).toEqual(Buffer.alloc(0));
  });

  test('partial success names the count and the reason', async () => {
    const message = encodeRequest('traces', spansOf('shop', {}, { spanId: Buffer.alloc(3) }));
    const response = await call(clientOf(), message);
    expect(Buffer.isBuffer(response) && response.toString('latin1')).toContain(
      '1 span rejected: 1 has a span_id of 3 bytes instead of 8',
    );
  });

  test('a request larger than grpc-js takes by default', async () => {
    const message = encodeRequest('traces', spansOf('shop', { name: 'x'.repeat(40 * mebibyte) }));
    expect(await call(clientOf(), message)).toEqual(Buffer.alloc(0));
  });

  test('malformed protobuf: INVALID_ARGUMENT with the place', async () => {
    const error = await failure(clientOf(), one.subarray(0, -1));
    expect(error).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringMatching(/^resource_spans\[0\].*at byte/),
    });
    expect(detailsOf(error)).toMatchObject([{ type: 'BadRequest', fieldViolations: [{ description: error.details }] }]);
  });

  test('an unknown key, a revoked one: UNAUTHENTICATED; a good one is of its project', async () => {
    await ingest.addKey('revoked', { revoked: true });
    await ingest.addKey('good', { org: 'org_g', project: 'prj_g', retentionDays: 3 });
    const client = clientOf();
    const withKey = (key: string) => ({ metadata: { authorization: `Bearer ${key}` } });
    await expect.poll(() => call(client, one, withKey('good'))).toEqual(Buffer.alloc(0));
    expect((await ingest.recordsOf(spansTopic.name))[0]!.headers).toMatchObject({
      ...{ org: 'org_g', project: 'prj_g', 'retention-days': '3' },
    });
    expect(await failure(client, one, withKey('no'))).toMatchObject({ code: status.UNAUTHENTICATED });
    expect(await failure(client, one, { metadata: { 'x-syntra-key': 'revoked' } })).toMatchObject({
      code: status.UNAUTHENTICATED,
      details: 'The ingest key has been revoked.',
    });
  });

  test('a method that does not exist: UNIMPLEMENTED', async () => {
    expect(await failure(clientOf(), one, { path: '/a.B/C' })).toMatchObject({ code: status.UNIMPLEMENTED });
  });

  test('larger than the limit: RESOURCE_EXHAUSTED without RetryInfo, and the connection lives', async () => {
    const client = clientOf();
    const error = await failure(client, Buffer.alloc(65 * mebibyte));
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(error.metadata.get('grpc-status-details-bin')).toEqual([]);
    expect(await call(client, one)).toEqual(Buffer.alloc(0));
  });

  test('a bomb: RESOURCE_EXHAUSTED without RetryInfo, at bounded memory', async () => {
    // a gigabyte of zeros in a megabyte, sent as it is: the client must not hold the gigabyte
    const bomb = Buffer.alloc(mebibyte, gzipSync(Buffer.alloc(10 * mebibyte), { level: 9 }));
    const before = process.memoryUsage().rss;
    const { headers } = await exchange({ 'grpc-encoding': 'gzip' }, framed(bomb), 1);
    expect(headers).toMatchObject({ ':status': 200, 'grpc-status': '8' });
    expect(headers['grpc-status-details-bin']).toBeUndefined();
    expect((process.memoryUsage().rss - before) / mebibyte).toBeLessThan(250);
    expect(ingest.inFlight).toMatchObject({ bytes: 0, requests: 0 });
  });

  test('a log that is full: UNAVAILABLE with RetryInfo', async () => {
    ingest.beforeAppend = () => {
      throw new LogFullError('The disk is full.');
    };
    const error = await failure(clientOf(), one);
    expect(error).toMatchObject({ code: status.UNAVAILABLE, details: expect.stringContaining('The disk is full.') });
    const [retryInfo] = detailsOf(error);
    expect(retryInfo).toMatchObject({ type: 'RetryInfo', retryDelay: { seconds: expect.any(Number) } });
    expect((retryInfo!.retryDelay as { seconds: number }).seconds).toBeGreaterThan(0);
  });
});

const sessionTo = (port: number): ClientHttp2Session => {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => {});
  sessions.push(session);
  return session;
};

const requestHeaders = {
  ':method': 'POST',
  ':path': methods.traces,
  'content-type': 'application/grpc',
  te: 'trailers',
};

/** One call at the level of HTTP/2. */
const exchange = async (
  extra: Record<string, string>,
  body: Buffer,
  compressedFlag = 0,
): Promise<{ headers: IncomingHttpHeaders; trailers: IncomingHttpHeaders; body: Buffer }> => {
  const session = sessionTo(ingest.grpcPort);
  const stream = session.request({ ...requestHeaders, ...extra });
  const sent = Buffer.from(body);
  if (sent.length > 0) sent[0] = compressedFlag;
  let headers: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders = {};
  stream.on('response', (received) => {
    headers = received;
  });
  stream.on('trailers', (received) => {
    trailers = received;
  });
  stream.on('error', () => {});
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  stream.end(sent);
  await new Promise((resolve) => stream.once('close', resolve));
  session.close();
  return { headers, trailers, body: Buffer.concat(pieces) };
};

describe('on the wire', () => {
  test('a response is headers, a message and trailers', async () => {
    const { headers, trailers, body } = await exchange({}, framed(one));
    expect(headers).toMatchObject({
      ':status': 200,
      'content-type': 'application/grpc',
      'grpc-accept-encoding': 'identity,gzip,deflate,zstd',
    });
    expect(trailers).toMatchObject({ 'grpc-status': '0' });
    expect(body).toEqual(Buffer.alloc(5));
  });

  test('zstd, which collectors send and gRPC libraries do not read', async () => {
    const { trailers } = await exchange({ 'grpc-encoding': 'zstd' }, framed(zstdCompressSync(one)), 1);
    expect(trailers['grpc-status']).toBe('0');
    expect((await ingest.recordsOf(spansTopic.name)).length).toBe(1);
  });

  test('a message may come uncompressed on a call that may compress', async () => {
    expect((await exchange({ 'grpc-encoding': 'gzip' }, framed(one))).trailers['grpc-status']).toBe('0');
  });

  const code = (name: keyof typeof status): string => String(status[name]);
  test.each([
    ['an unknown encoding', { 'grpc-encoding': 'snappy' }, framed(one), 1, code('UNIMPLEMENTED'), 'snappy'],
    ['what is not gzip', { 'grpc-encoding': 'gzip' }, framed(one), 1, code('INVALID_ARGUMENT'), 'gzip'],
    ['no message', {}, Buffer.alloc(0), 0, code('INVALID_ARGUMENT'), 'exactly one'],
    ['half a message', {}, framed(one).subarray(0, -1), 0, code('INVALID_ARGUMENT'), 'exactly one'],
    ['two messages', {}, Buffer.concat([framed(one), framed(one)]), 0, code('INVALID_ARGUMENT'), 'exactly one'],
    ['compressed without saying how', {}, framed(one), 1, code('INVALID_ARGUMENT'), 'grpc-encoding'],
    ['data that a proxy relays', { 'x-forwarded-for': '203.0.113.1' }, framed(one), 0, code('UNAUTHENTICATED'), 'key'],
  ])('%s', async (_, headers, body, flag, expected, message) => {
    const answer = await exchange(headers as Record<string, string>, body, flag);
    expect(answer.headers).toMatchObject({
      ':status': 200,
      'grpc-status': expected,
      'grpc-message': expect.stringContaining(message),
      'grpc-accept-encoding': 'identity,gzip,deflate,zstd',
    });
    expect((await ingest.recordsOf(spansTopic.name)).length).toBe(0);
  });

  test('what is not gRPC: 415', async () => {
    const { headers } = await exchange({ 'content-type': 'application/json' }, one);
    expect(headers[':status']).toBe(415);
  });

  test('a declared length over the limit is refused before it is sent', async () => {
    const session = sessionTo(ingest.grpcPort);
    const stream = session.request(requestHeaders);
    stream.on('error', () => {});
    stream.write(Buffer.from([0, 0xff, 0xff, 0xff, 0xff]));
    const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
    expect(headers['grpc-status']).toBe(code('RESOURCE_EXHAUSTED'));
    stream.resume();
    await new Promise((resolve) => stream.once('close', resolve));
    expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR);
  });

  test('a call that is cancelled leaves nothing behind', async () => {
    const stream = sessionTo(ingest.grpcPort).request(requestHeaders);
    stream.on('error', () => {});
    stream.write(framed(one).subarray(0, 20));
    await expect.poll(() => ingest.inFlight.requests).toBe(1);
    stream.close(constants.NGHTTP2_CANCEL);
    await expect.poll(() => ingest.inFlight).toMatchObject({ requests: 0, bytes: 0 });
  });
});

describe('connections', () => {
  test('one that pings without need is closed', async () => {
    const session = sessionTo(ingest.grpcPort);
    const codes: number[] = [];
    session.on('goaway', (errorCode) => codes.push(errorCode));
    await once(session, 'connect');
    const closed = new Promise((resolve) => session.once('close', resolve));
    for (let i = 0; i < 4; i++) await new Promise((resolve) => session.ping(resolve));
    await closed;
    expect(codes[0]).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });

  test('pings around calls are no strikes', async () => {
    const session = sessionTo(ingest.grpcPort);
    await once(session, 'connect');
    for (let i = 0; i < 10; i++) {
      const stream = session.request(requestHeaders);
      stream.end(framed(one));
      stream.resume();
      await once(stream, 'close');
      await new Promise<void>((resolve, reject) => session.ping((error) => (error ? reject(error) : resolve())));
    }
    expect(session.closed).toBe(false);
  });

  test('one that has grown old ends, and no call is lost', async () => {
    const aged = await openTestIngest({ maxConnectionAgeMs: 100 });
    const client = new Client(`127.0.0.1:${aged.grpcPort}`, credentials.createInsecure());
    const session = sessionTo(aged.grpcPort);
    let isOver = false;
    session.once('close', () => {
      isOver = true;
    });
    let calls = 0;
    while (!isOver || calls < 50) {
      expect(await call(client, one)).toEqual(Buffer.alloc(0));
      calls++;
    }
    expect((await aged.recordsOf(spansTopic.name)).length).toBe(calls);
    client.close();
    await aged.close();
  });

  test('one that has grown old lets the call under way end', async () => {
    const aged = await openTestIngest({ maxConnectionAgeMs: 100 });
    const session = sessionTo(aged.grpcPort);
    const goaway = once(session, 'goaway');
    aged.beforeAppend = async () => void (await goaway);
    const stream = session.request(requestHeaders);
    stream.end(framed(one));
    stream.resume();
    const [trailers] = (await once(stream, 'trailers')) as [IncomingHttpHeaders];
    expect(trailers['grpc-status']).toBe('0');
    await aged.close();
  });
});
