import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { constants, createZstdCompress, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { spansTopic } from '../kernel/topics.ts';
import type { IngestOptions } from './ingest.ts';
import { encodeRequest, openTestIngest, spansOf, statusOf, type TestIngest } from './test-ingest.ts';

const opened: TestIngest[] = [];
const open = async (options: Partial<IngestOptions> = {}): Promise<TestIngest> => {
  const ingest = await openTestIngest(options);
  opened.push(ingest);
  return ingest;
};
afterEach(async () => {
  for (const ingest of opened.splice(0)) await ingest.close();
});

const mebibyte = 2 ** 20;
const protobuf = { 'content-type': 'application/x-protobuf' };
const one = encodeRequest('traces', spansOf('shop', {}));

const post = ({ url }: TestIngest, headers: Record<string, string>, body: RequestInit['body']): Promise<Response> =>
  fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { ...protobuf, ...headers },
    body: body ?? null,
    duplex: 'half',
  });

const socketTo = async ({ httpPort }: TestIngest): Promise<Socket> => {
  const socket = connect(httpPort, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
};
/** What comes until the other side has said everything. */
const everythingFrom = async (socket: Socket): Promise<string> => {
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece));
  await once(socket, 'close');
  return Buffer.concat(pieces).toString('latin1');
};
const headOf = (headers: Record<string, string | number>): string =>
  ['POST /v1/traces HTTP/1.1', 'Host: x', ...Object.entries(headers).map(([k, v]) => `${k}: ${v}`), '', ''].join(
    '\r\n',
  );

describe('ten megabytes that become ten gigabytes are refused, at bounded memory', () => {
  const many = (part: Buffer, bytes: number): Buffer =>
    Buffer.alloc(Math.floor(bytes / part.length) * part.length, part);
  const zeros = Buffer.alloc(10 * mebibyte);
  test.each([
    ['gzip', () => many(gzipSync(zeros, { level: 9 }), 10 * mebibyte)],
    ['deflate', () => deflateSync(Buffer.alloc(300 * mebibyte))],
    ['zstd', () => many(zstdCompressSync(zeros), 10 * mebibyte)],
    ['zstd', () => zstdCompressSync(Buffer.alloc(300 * mebibyte))],
  ])('%s', async (encoding, makeBomb) => {
    const ingest = await open();
    const bomb = makeBomb();
    const before = process.memoryUsage().rss;
    const response = await post(ingest, { 'content-encoding': encoding }, bomb);
    expect(response.status).toBe(413);
    expect(response.headers.get('retry-after')).toBeNull();
    expect((await statusOf(response)).message).toContain('67108864 bytes, which is the limit after decompression');
    expect((process.memoryUsage().rss - before) / mebibyte).toBeLessThan(300);
    expect(ingest.inFlight).toMatchObject({ bytes: 0, requests: 0 });
    expect((await post(ingest, {}, one)).status).toBe(200);
  });
});

describe('size', () => {
  test('a body of exactly the limit is read, one byte more is not: declared, in pieces, or inflated', async () => {
    const ingest = await open({ maxRequestBytes: 100_000 });
    const statuses = async (length: number) => {
      // one unknown field of that many bytes: good protobuf that holds no records
      const body = Buffer.concat([
        Buffer.from([0xfa, 0x01, ...varint(length - varint(length).length - 2)]),
        Buffer.alloc(length),
      ]).subarray(0, length);
      const pieces = async function* () {
        for (let at = 0; at < length; at += 30_000) yield body.subarray(at, at + 30_000);
      };
      return [
        (await post(ingest, {}, body)).status,
        (await post(ingest, {}, pieces() as unknown as RequestInit['body'])).status,
        ...(await Promise.all(
          [gzipSync(body), zstdCompressSync(body), deflateSync(body)].map(
            async (packed, i) =>
              (
                await post(ingest, { 'content-encoding': ['gzip', 'zstd', 'deflate'][i]! }, packed)
              ).status,
          ),
        )),
      ];
    };
    expect(await statuses(100_000)).toEqual([200, 200, 200, 200, 200]);
    expect(await statuses(100_001)).toEqual([413, 413, 413, 413, 413]);
  });

  const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >> 7)]);

  test('zstd of several frames is read to its end', async () => {
    const ingest = await open();
    const [head, rest] = [one.subarray(0, 20), one.subarray(20)];
    const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2]);
    const body = Buffer.concat([
      skippable,
      zstdCompressSync(head),
      zstdCompressSync(Buffer.alloc(0)),
      zstdCompressSync(rest),
    ]);
    expect((await post(ingest, { 'content-encoding': 'zstd' }, body)).status).toBe(200);
    expect((await ingest.recordsOf(spansTopic.name)).at(-1)!.headers.records).toBe('1');
    const empty = Buffer.alloc(2000 * 9, zstdCompressSync(Buffer.alloc(0)));
    expect((await post(ingest, { 'content-encoding': 'zstd' }, empty)).status).toBe(400);
  });

  test('zstd with a large window, as collectors send at their highest levels', async () => {
    const ingest = await open();
    const compressor = createZstdCompress({
      params: { [constants.ZSTD_c_windowLog]: 27, [constants.ZSTD_c_enableLongDistanceMatching]: 1 },
    });
    compressor.end(one);
    const body = Buffer.concat(await compressor.toArray());
    expect((await post(ingest, { 'content-encoding': 'zstd' }, body)).status).toBe(200);
  });

  test('a body in pieces of one byte costs no more memory than its size', async () => {
    const ingest = await open();
    const socket = await socketTo(ingest);
    socket.write(headOf({ ...protobuf, 'transfer-encoding': 'chunked', connection: 'close' }));
    const before = process.memoryUsage().rss;
    const answered = everythingFrom(socket);
    const pieces = Buffer.from('1\r\na\r\n'.repeat(50_000));
    for (let sent = 0; sent < 2_000_000; sent += 50_000) if (!socket.write(pieces)) await once(socket, 'drain');
    socket.write('0\r\n\r\n');
    expect(await answered).toMatch(/^HTTP\/1.1 400/);
    expect((process.memoryUsage().rss - before) / mebibyte).toBeLessThan(150);
  });

  test('when all requests together would hold too much, the next is to come back later', async () => {
    const ingest = await open({ maxInFlightBytes: 4 * mebibyte, maxRequestBytes: 3 * mebibyte });
    const holding = await socketTo(ingest);
    const answered = everythingFrom(holding);
    const large = encodeRequest('traces', spansOf('shop', { name: 'x'.repeat(2.5 * mebibyte) }));
    holding.write(headOf({ ...protobuf, 'content-length': large.length, connection: 'close' }));
    holding.write(large.subarray(0, -1));
    await expect.poll(() => ingest.inFlight.bytes).toBeGreaterThan(2 * mebibyte);
    const refused = await post(ingest, {}, large);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    holding.write(large.subarray(-1));
    expect(await answered).toMatch(/^HTTP\/1.1 200/);
    expect((await post(ingest, {}, large)).status).toBe(200);
    expect(ingest.inFlight).toMatchObject({ bytes: 0, requests: 0 });
  });
});

describe('the answer reaches the sender', () => {
  test.each([
    ['a key that is not known', { authorization: 'Bearer no' }, 401],
    ['a body that is too large', {}, 413],
  ])('also before its body is complete: %s', async (_, headers, code) => {
    const ingest = await open({ maxRequestBytes: mebibyte });
    const socket = await socketTo(ingest);
    const answered = everythingFrom(socket);
    socket.write(headOf({ ...protobuf, ...headers, 'content-length': 3 * mebibyte, connection: 'close' }));
    const piece = Buffer.alloc(64 * 1024);
    for (let sent = 0; sent < 3 * mebibyte; sent += piece.length) if (!socket.write(piece)) await once(socket, 'drain');
    expect(await answered).toMatch(new RegExp(`^HTTP/1.1 ${code} `));
  });

  test('but an endless body is cut off', async () => {
    const ingest = await open({ maxRequestBytes: mebibyte });
    const socket = await socketTo(ingest);
    // reset, in all likelihood
    socket.on('error', () => {});
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(headOf({ ...protobuf, 'transfer-encoding': 'chunked' }));
    const piece = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000), Buffer.from('\r\n')]);
    const send = (): void => void (socket.writable && socket.write(piece, send));
    send();
    await closed;
    expect((await post(ingest, {}, one)).status).toBe(200);
  });

  test('a sender that waits for 100 Continue is told to go on, or refused at once', async () => {
    const ingest = await open();
    const expecting = { ...protobuf, expect: '100-continue', 'content-length': one.length };
    const good = await socketTo(ingest);
    const goodAnswer = everythingFrom(good);
    good.write(headOf({ ...expecting, connection: 'close' }));
    await once(good, 'data');
    good.write(one);
    expect(await goodAnswer).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/);
    const bad = await socketTo(ingest);
    const badAnswer = everythingFrom(bad);
    bad.write(headOf({ ...expecting, authorization: 'Bearer no' }));
    expect(await badAnswer).toMatch(/^HTTP\/1.1 401/);
  });

  test('a request that does not arrive in time is to be sent again', async () => {
    const ingest = await open({ requestTimeoutMs: 200 });
    const socket = await socketTo(ingest);
    socket.write(headOf({ ...protobuf, 'content-length': 100 }));
    const answer = await everythingFrom(socket);
    expect(answer).toMatch(/^HTTP\/1.1 503 Service Unavailable\r\n/);
    expect(answer).toMatch(/Retry-After: \d/);
    expect(answer).toContain('"code":14');
    await expect.poll(() => ingest.inFlight.requests).toBe(0);
  });

  test.each([
    ['text', 'hello\r\n\r\n', /^HTTP\/1.1 400 Bad Request/],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /^HTTP\/1.1 400 Bad Request/],
    ['headers without end', `POST / HTTP/1.1\r\nA: ${'x'.repeat(20_000)}`, /^HTTP\/1.1 413 Content Too Large/],
    ['a chunk without size', `${headOf({ ...protobuf, 'transfer-encoding': 'chunked' })}zzz\r\n`, /^HTTP\/1.1 400/],
  ])('what is not HTTP is answered all the same: %s', async (_, text, expected) => {
    const ingest = await open();
    const socket = await socketTo(ingest);
    socket.write(text);
    const answer = await everythingFrom(socket);
    expect(answer).toMatch(expected);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ code: expect.any(Number) });
  });

  test('a sender that goes away leaves nothing behind', async () => {
    const ingest = await open();
    const socket = await socketTo(ingest);
    socket.write(headOf({ ...protobuf, 'content-length': 100_000 }));
    socket.write(Buffer.alloc(50_000));
    await expect.poll(() => ingest.inFlight.requests).toBe(1);
    socket.destroy();
    await expect.poll(() => ingest.inFlight).toMatchObject({ requests: 0, bytes: 0 });
    await expect
      .poll(() => ingest.counters.failed())
      .toEqual([{ labels: { transport: 'http', reason: 'sender-gone' }, value: 1 }]);
  });

  test('a connection carries many requests', async () => {
    const ingest = await open();
    const socket = await socketTo(ingest);
    const request = Buffer.concat([Buffer.from(headOf({ ...protobuf, 'content-length': one.length })), one]);
    socket.write(Buffer.concat(Array<Buffer>(20).fill(request)));
    let answer = '';
    socket.on('data', (piece: Buffer) => {
      answer += piece.toString('latin1');
    });
    await expect.poll(() => answer.match(/HTTP\/1.1 200 OK/g)?.length).toBe(20);
    expect(answer).toContain('Keep-Alive: timeout=75');
    socket.destroy();
  });
});
