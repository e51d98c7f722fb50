import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { Client, credentials, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { type ServiceSeen, servicesSeenTopic, spansTopic } from '../kernel/topics.ts';
import { framed } from './grpc-message.ts';
import { type IngestOptions, startIngest } from './ingest.ts';
import { encodeRequest, openTestIngest, spansOf, type TestIngest } from './test-ingest.ts';

const opened: TestIngest[] = [];
const open = async (options: Partial<IngestOptions> = {}): Promise<TestIngest> => {
  const ingest = await openTestIngest(options);
  opened.push(ingest);
  return ingest;
};
afterEach(async () => {
  for (const ingest of opened.splice(0)) await ingest.close();
});

const one = encodeRequest('traces', spansOf('shop', {}));
const post = ({ url }: TestIngest, body: Uint8Array, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', ...headers },
    body: body as Uint8Array<ArrayBuffer>,
  });
/** A promise and what settles it. */
const gate = () => Promise.withResolvers<void>();

describe('what goes to the log', () => {
  test("is the request's own bytes, with whose they are", async () => {
    const ingest = await open({ now: () => 1_800_000_000_000 });
    await ingest.addKey('k', { org: 'org_k', project: 'prj_k', retentionDays: 14 });
    // unknown fields come through as well
    const body = Buffer.concat([one, Buffer.from([0xfa, 0x01, 2, 7, 7])]);
    await expect.poll(async () => (await post(ingest, body, { 'x-syntra-key': 'k' })).status).toBe(200);
    const [record] = await ingest.recordsOf(spansTopic.name);
    expect(zstdDecompressSync(record!.value)).toEqual(body);
    expect(record).toMatchObject({
      key: '',
      headers: {
        org: 'org_k',
        project: 'prj_k',
        'received-at': '1800000000000',
        'retention-days': '14',
        records: '1',
        encoding: 'zstd',
      },
    });
  });

  test.each([1000, 5_000_000])('comes back whole, whether %d bytes of it or more', async (length) => {
    const ingest = await open();
    const body = encodeRequest('traces', spansOf('shop', { name: 'x'.repeat(length) }, {}));
    expect((await post(ingest, body)).status).toBe(200);
    expect(zstdDecompressSync((await ingest.recordsOf(spansTopic.name))[0]!.value)).toEqual(body);
  });

  test('is the frame that came, when it came as zstd, and compressed anew when that is no good', async () => {
    const ingest = await open();
    const body = encodeRequest('traces', spansOf('shop', ...Array.from({ length: 100 }, () => ({ name: 'GET /' }))));
    const frame = zstdCompressSync(body);
    const halves = [body.subarray(0, 1000), body.subarray(1000)].map((half) => zstdCompressSync(half));
    const sizeless = zstdCompressSync(body, { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } });
    const sent = [frame, Buffer.concat(halves), sizeless];
    for (const each of sent) expect((await post(ingest, each, { 'content-encoding': 'zstd' })).status).toBe(200);
    const values = (await ingest.recordsOf(spansTopic.name)).map(({ value }) => Buffer.from(value));
    expect(values.map((value, i) => value.equals(sent[i]!))).toEqual([true, false, false]);
    for (const value of values) expect(zstdDecompressSync(value)).toEqual(body);
  });

  test('is durable before the answer', async () => {
    const ingest = await open();
    const { promise, resolve } = gate();
    ingest.beforeAppend = () => promise;
    let isAnswered = false;
    const answered = post(ingest, one).then(({ status: code }) => {
      isAnswered = true;
      return code;
    });
    await expect.poll(() => ingest.inFlight.requests).toBe(1);
    await ingest.log.ping();
    expect(isAnswered).toBe(false);
    resolve();
    expect(await answered).toBe(200);
  });
});

describe('services', () => {
  const seen = async (ingest: TestIngest): Promise<ServiceSeen[]> =>
    (await ingest.recordsOf(servicesSeenTopic.name)).map(({ value }) => JSON.parse(Buffer.from(value).toString()));

  test('are announced once per project and hour', async () => {
    let nowMs = 1_800_000_000_000;
    const ingest = await open({ now: () => nowMs });
    await ingest.addKey('k', { org: 'org_k', project: 'prj_k' });
    await expect.poll(async () => (await post(ingest, one, { 'x-syntra-key': 'k' })).status).toBe(200);
    for (let i = 0; i < 3; i++) await post(ingest, one);
    await post(ingest, encodeRequest('traces', spansOf('cart', {})));
    nowMs += 3_599_999;
    await post(ingest, one);
    nowMs += 1;
    await post(ingest, one);
    const atMs = 1_800_000_000_000;
    const project = { org: 'org_default', project: 'prj_default' };
    expect(await seen(ingest)).toEqual([
      { org: 'org_k', project: 'prj_k', service: 'shop', atMs },
      { ...project, service: 'shop', atMs },
      { ...project, service: 'cart', atMs },
      { ...project, service: 'shop', atMs: nowMs },
    ]);
    expect((await ingest.recordsOf(servicesSeenTopic.name))[0]!.key).toBe('prj_k');
  });
});

describe('keys', () => {
  test('are known from the start, and a revoked one is refused as soon as the log says so', async () => {
    const first = await open();
    await first.addKey('k', {});
    const second = await startIngest({
      ...{ log: first.log, host: '127.0.0.1', httpPort: 0, grpcPort: 0, maxRequestBytes: 2 ** 20, keyless: undefined },
    });
    const url = `http://127.0.0.1:${second.httpPort}`;
    expect((await post({ ...first, url }, one, { authorization: 'bearer k' })).status).toBe(200);
    await first.addKey('k', { revoked: true });
    await expect.poll(async () => (await post({ ...first, url }, one, { 'x-syntra-key': 'k' })).status).toBe(401);
    await first.addKey('k', { revoked: false });
    await expect.poll(async () => (await post({ ...first, url }, one, { 'x-syntra-key': 'k' })).status).toBe(200);
    await second.drain();
  });

  test('are needed wherever data without one has no place', async () => {
    const ingest = await open({ keyless: undefined });
    expect((await post(ingest, one)).status).toBe(401);
  });

  test('that cannot be read admit nobody', async () => {
    const ingest = await open();
    await ingest.addKey('k', {});
    await expect.poll(async () => (await post(ingest, one, { 'x-syntra-key': 'k' })).status).toBe(200);
    await ingest.addKey('k', { retentionDays: -1 });
    await expect.poll(async () => (await post(ingest, one, { 'x-syntra-key': 'k' })).status).toBe(401);
  });
});

describe('counters', () => {
  test('say what was taken and what was not, and why', async () => {
    let nowMs = 1_800_000_000_000;
    const ingest = await open({ now: () => nowMs });
    const bad = { traceId: Buffer.alloc(8, 1) };
    await post(ingest, encodeRequest('traces', spansOf('shop', {}, {}, bad)));
    await post(ingest, encodeRequest('traces', spansOf('shop', bad)));
    await post(ingest, Buffer.from('hello'));
    nowMs += 10_000;
    expect(ingest.counters.accepted()).toEqual([{ labels: { signal: 'traces' }, value: 2 }]);
    expect(ingest.counters.rejected()).toEqual([{ labels: { signal: 'traces', reason: 'id-length' }, value: 2 }]);
    expect(ingest.counters.failed()).toEqual([{ labels: { transport: 'http', reason: 'malformed' }, value: 2 }]);
    expect(ingest.counters.bytes()[0]!.value).toBeGreaterThan(100);
    expect(ingest.counters.ofProject('prj_default')).toEqual({
      accepted: { traces: 2, logs: 0, metrics: 0 },
      newestMs: 1_800_000_000_000,
      recordsPerSecond: 2 / 59,
      rejected: [{ reason: 'id-length', records: 2 }],
    });
    expect(ingest.report()).toEqual({
      accepted: { traces: 2, logs: 0, metrics: 0 },
      bytes: ingest.counters.bytes()[0]!.value,
      rejected: { 'id-length': 2 },
      refused: { malformed: 2 },
      inFlightBytes: 0,
      notAccepting: null,
      projects: [
        {
          project: 'prj_default',
          recordsPerSecond: 2 / 59,
          newestMs: 1_800_000_000_000,
          rejected: [{ reason: 'id-length', records: 2 }],
        },
      ],
    });
    nowMs += 60_000;
    expect(ingest.counters.ofProject('prj_default').recordsPerSecond).toBe(0);
    nowMs += 15 * 60_000;
    expect(ingest.report()).toMatchObject({ accepted: { traces: 2 }, projects: [] });
    expect(ingest.counters.ofProject('prj_other')).toMatchObject({ newestMs: null, rejected: [] });
  });
});

describe('draining', () => {
  test('finishes what was accepted, on both transports, and refuses new connections', async () => {
    const ingest = await open();
    const { promise, resolve } = gate();
    ingest.beforeAppend = () => promise;
    const http = post(ingest, one);
    const client = new Client(`127.0.0.1:${ingest.grpcPort}`, credentials.createInsecure());
    const grpc = new Promise((done) =>
      client.makeUnaryRequest(
        '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        (bytes: Buffer) => bytes,
        (bytes) => bytes,
        one,
        (error) => done(error?.code ?? status.OK),
      ),
    );
    // a request of which a part has arrived is accepted, too
    const socket = connect(ingest.httpPort, '127.0.0.1');
    const pieces: Buffer[] = [];
    socket.on('data', (piece: Buffer) => pieces.push(piece));
    const socketClosed = once(socket, 'close');
    const head = `POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: ${one.length}\r\n\r\n`;
    socket.write(Buffer.concat([Buffer.from(head), one.subarray(0, 10)]));
    await expect.poll(() => ingest.inFlight.requests).toBe(3);

    const drained = ingest.drain();
    for (const port of [ingest.httpPort, ingest.grpcPort]) {
      await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED');
    }
    socket.write(one.subarray(10));
    resolve();
    const response = await http;
    expect(response.status).toBe(200);
    expect(response.headers.get('connection')).toBe('close');
    expect(await grpc).toBe(status.OK);
    await socketClosed;
    expect(Buffer.concat(pieces).toString()).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    await drained;
    expect((await ingest.recordsOf(spansTopic.name)).length).toBe(3);
    client.close();
  });

  test('lets go of connections that are idle, at once', async () => {
    const ingest = await open({ drainMs: 3_600_000 });
    expect((await post(ingest, one)).status).toBe(200);
    const session = connectHttp2(`http://127.0.0.1:${ingest.grpcPort}`);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      'content-type': 'application/grpc',
    });
    stream.resume();
    stream.end(framed(one));
    await once(stream, 'close');
    const closed = once(session, 'close');
    await ingest.drain();
    await closed;
  });

  test('ends at its deadline, whatever is under way', async () => {
    const ingest = await open({ drainMs: 100 });
    const { promise, resolve } = gate();
    ingest.beforeAppend = () => promise;
    const failed = expect(post(ingest, one)).rejects.toThrow();
    await expect.poll(() => ingest.inFlight.requests).toBe(1);
    await ingest.drain();
    await failed;
    resolve();
  });

  test('does not wait for who never says anything and never hangs up', async () => {
    const ingest = await open({ drainMs: 100 });
    // Paused, they do not even see that we have hung up.
    const silent = [ingest.httpPort, ingest.grpcPort].map((port) => connect(port, '127.0.0.1').pause());
    for (const socket of silent) {
      socket.on('error', () => {});
      await once(socket, 'connect');
    }
    await ingest.drain();
    for (const socket of silent) socket.destroy();
  });
});

test('a port that is taken is an error, and leaves nothing open', async () => {
  const ingest = await open();
  const taken = { log: ingest.log, host: '127.0.0.1', maxRequestBytes: 2 ** 20, keyless: undefined };
  await expect(startIngest({ ...taken, httpPort: 0, grpcPort: ingest.grpcPort })).rejects.toThrow('EADDRINUSE');
  await expect(startIngest({ ...taken, httpPort: ingest.httpPort, grpcPort: 0 })).rejects.toThrow('EADDRINUSE');
});
