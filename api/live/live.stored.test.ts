import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { zstdCompressSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openEmbeddedLog } from '../../kernel/log/embedded.ts';
import type { Log, PartitionTail } from '../../kernel/log/log.ts';
import { readJson } from '../../kernel/otlp/json/json.ts';
import { logsTranscoder } from '../../kernel/otlp/rows/logs-rows.ts';
import { storeLimits, storeRequests } from '../../kernel/otlp/rows/store-requests.ts';
import { defineSink } from '../../kernel/processor.ts';
import { countingMeter } from '../../kernel/runner/meter.ts';
import { runSink } from '../../kernel/runner/sink.ts';
import type { Tenant } from '../../kernel/telemetry/client.ts';
import { logsTopic, onlyForHeader, otlpHeaders, spansTopic } from '../../kernel/topics.ts';
import { type LiveMessage, type LiveRequest, liveMessage } from '../contract/live.ts';
import type { LogList } from '../contract/logs.ts';
import { listLogs } from '../logs/logs.ts';
import { buildTestServer } from '../test-server.ts';
import { openTestStore, type TestStore, testTenant } from '../test-store.ts';
import { feedLogs, type LineCounts } from './logs.ts';

let store: TestStore;
let log: Log;
let directory: string;
let server: FastifyInstance;
let address: string;
let leaveSink: () => Promise<void>;
const clients = new Set<WebSocket>();

beforeAll(async () => {
  store = await openTestStore();
  directory = await mkdtemp(join(tmpdir(), 'syntra-log-'));
  log = await openEmbeddedLog({ directory });
  const sink = defineSink({
    name: 'store-logs',
    reads: logsTopic,
    limits: { ...storeLimits, lingerMs: 10 },
    write: storeRequests(store.telemetry, logsTranscoder()),
  });
  leaveSink = await runSink({ sink, log, meter: countingMeter(sink, console.error) });
});
afterAll(async () => {
  await leaveSink();
  await log.close();
  await store.close();
  await rm(directory, { recursive: true });
});
beforeEach(() => listen());
afterEach(async () => {
  for (const client of clients) client.close();
  clients.clear();
  await server.close();
});

const listen = async (config: Parameters<typeof buildTestServer>[0] = {}): Promise<void> => {
  await server?.close();
  const live = { log, telemetry: store.telemetry };
  server = await buildTestServer({ handlers: { listLogs: listLogs(store.telemetry) }, live, ...config });
  await server.listen({ host: '127.0.0.1', port: 0 });
  address = `127.0.0.1:${(server.server.address() as { port: number }).port}`;
};

// ---- a client

interface Client {
  say(request: LiveRequest): void;
  /** The next message, checked against the contract. */
  next(): Promise<LiveMessage>;
  /** Code and reason, once the connection is closed. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly socket: WebSocket;
}

const open = async (headers: Record<string, string> = {}): Promise<Client> => {
  const socket = new WebSocket(`ws://${address}/api/v1/live`, { headers } as unknown as string[]);
  clients.add(socket);
  const messages: LiveMessage[] = [];
  const waiting: ((message: LiveMessage) => void)[] = [];
  socket.addEventListener('message', ({ data }) => {
    const message = liveMessage.parse(JSON.parse(String(data)));
    const waiter = waiting.shift();
    if (waiter) waiter(message);
    else messages.push(message);
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.addEventListener('close', ({ code, reason }) => resolve({ code, reason }));
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error('The connection was refused.')));
  });
  return {
    socket,
    closed,
    say: (request) => socket.send(JSON.stringify(request)),
    next: () => {
      const message = messages.shift();
      return message ? Promise.resolve(message) : new Promise((resolve) => waiting.push(resolve));
    },
  };
};

const follow = (q = '', rest: Partial<LiveRequest> = {}): LiveRequest =>
  ({ type: 'follow', id: 'a', projectId: 'prj_default', what: 'logs', q, ...rest }) as LiveRequest;

/** A client that follows already. */
const following = async (...args: Parameters<typeof follow>): Promise<Client> => {
  const client = await open();
  client.say(follow(...args));
  expect(await client.next()).toMatchObject({ type: 'following' });
  return client;
};

/** Bodies of lines as they come, until there are `count`. */
const bodiesFrom = async (client: Client, count: number): Promise<unknown[]> => {
  const bodies: unknown[] = [];
  while (bodies.length < count) {
    const message = await client.next();
    if (message.type === 'lines') bodies.push(...message.lines.map((line) => line.body));
  }
  return bodies;
};

// ---- what is sent

type Line = Record<string, unknown>;
const line = (body: string, rest: Line = {}): Line => ({
  timeUnixNano: `${Date.now()}000000`,
  severityNumber: 9,
  body: { stringValue: body },
  ...rest,
});

const appendTo = (
  topic: string,
  bytes: Uint8Array,
  records: number,
  { org, project }: Tenant,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> =>
  log.append(topic, [
    {
      key: '',
      headers: {
        [otlpHeaders.org]: org,
        [otlpHeaders.project]: project,
        [otlpHeaders.receivedAt]: String(Date.now()),
        [otlpHeaders.retentionDays]: '30',
        [otlpHeaders.records]: String(records),
        [otlpHeaders.encoding]: 'zstd',
        ...headers,
      },
      value: zstdCompressSync(bytes),
    },
  ]);

const send = (
  lines: readonly Line[],
  tenant: Tenant = testTenant,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> => {
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'checkout' } }] };
  const request = { resourceLogs: [{ resource, scopeLogs: [{ scope: { name: 'test' }, logRecords: lines }] }] };
  return appendTo(
    logsTopic.name,
    readJson(Buffer.from(JSON.stringify(request)), 'logs', 2 ** 28).bytes,
    lines.length,
    tenant,
    headers,
  );
};

const stored = async (): Promise<void> => {
  while ((await log.lagOf('store-logs', [logsTopic.name])).some(({ lag }) => lag > 0)) await sleep(20);
};

// ----

describe('log lines', () => {
  test('come as they will be found in the table', async () => {
    const client = await following();
    const fromMs = Date.now();
    await send([
      line('{}', {
        severityNumber: 17,
        eventName: 'payment.failed',
        traceId: 'ab'.repeat(16),
        spanId: 'cd'.repeat(8),
        flags: 1,
      }),
      line('two', {
        attributes: [
          { key: 'http.status_code', value: { intValue: '500' } },
          { key: 'list', value: { arrayValue: { values: [{ doubleValue: 5 }, { boolValue: true }] } } },
        ],
      }),
      {
        observedTimeUnixNano: `${Date.now()}000000`,
        severityText: 'WARN',
        body: { kvlistValue: { values: [{ key: 'k', value: { stringValue: 'v' } }] } },
      },
    ]);
    const lines: LogList['lines'] = [];
    while (lines.length < 3) {
      const message = await client.next();
      if (message.type !== 'lines') throw new Error(`Not lines: ${JSON.stringify(message)}`);
      expect(message.sampledOneIn).toBe(1);
      lines.push(...message.lines);
    }
    await stored();
    const answer = await server.inject(
      `/api/v1/projects/prj_default/logs?fromMs=${fromMs - 1000}&toMs=${Date.now() + 1000}&order=oldest`,
    );
    const list = answer.json().data as LogList;
    const byId = (some: LogList['lines']) => some.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    expect(list.lines).toHaveLength(3);
    expect(byId(lines)).toEqual(byId(list.lines));
  });

  test('are those of the project that match the query', async () => {
    const errors = await following('level:error -service:auth');
    const all = await following();
    await send([line('not ours', { severityNumber: 17 })], { ...testTenant, project: 'prj_other' });
    await send([line('not ours either', { severityNumber: 17 })], { ...testTenant, org: 'org_other' });
    await send([line('not new', { severityNumber: 17 })], testTenant, { [onlyForHeader]: 'store-logs' });
    await send([line('too quiet'), line('an error', { severityNumber: 17 })]);
    expect(await bodiesFrom(errors, 1)).toEqual(['an error']);
    expect(await bodiesFrom(all, 2)).toEqual(['too quiet', 'an error']);
  });

  test('of several follows are told apart, and stop one by one', async () => {
    const client = await following('one');
    client.say(follow('two', { id: 'b' }));
    expect(await client.next()).toEqual({ type: 'following', id: 'b' });
    await send([line('one'), line('two')]);
    const first = [await client.next(), await client.next()];
    expect(first.map((message) => [message.id, message.type]).toSorted()).toEqual([
      ['a', 'lines'],
      ['b', 'lines'],
    ]);
    client.say({ type: 'unfollow', id: 'a' });
    client.say(follow('three', { id: 'c' }));
    expect(await client.next()).toEqual({ type: 'following', id: 'c' });
    await send([line('one'), line('three')]);
    expect(await client.next()).toMatchObject({ type: 'lines', id: 'c' });
  });

  test('that come too fast are a sample that says so', async () => {
    const client = await following();
    let sent = 0;
    let enough = false;
    const burst = async () => {
      for (; !enough; sent += 2000) await send(Array.from({ length: 2000 }, (_, i) => line(`burst ${sent + i}`)));
    };
    const startedMs = performance.now();
    const sending = burst();
    let received = 0;
    for (let sampledOneIn = 1; sampledOneIn === 1; ) {
      const message = await client.next();
      if (message.type !== 'lines') continue;
      expect(message.lines.length).toBeLessThanOrEqual(2500);
      received += message.lines.length;
      sampledOneIn = message.sampledOneIn;
    }
    // A second's worth at once, and no more than that with every second.
    expect(received).toBeLessThanOrEqual(2500 * (1 + (performance.now() - startedMs) / 1000));
    enough = true;
    await sending;
    expect(received).toBeLessThan(sent);
  });

  test('that come too late are skipped, and counted', async () => {
    let nowMs = Date.now;
    const feed = feedLogs(log, console.error, () => nowMs());
    const seen: (LineCounts & { readonly offered: number })[] = [];
    let offered = 0;
    const { promise: skipped, resolve: onSkipped } = Promise.withResolvers<void>();
    const { promise: shown, resolve: onShown } = Promise.withResolvers<void>();
    const { started, stop } = feed.add({
      tenant: testTenant,
      offer: () => {
        offered++;
      },
      flush(counts) {
        seen.push({ ...counts, offered });
        if (counts.skipped > 0) onSkipped();
        if (counts.shown > 0) onShown();
      },
    });
    await started;
    nowMs = () => Date.now() + 60_000;
    await send([line('late'), line('later')]);
    await skipped;
    nowMs = Date.now;
    await send([line('in time')]);
    await shown;
    stop();
    expect(offered).toBe(1);
    expect(seen.reduce((sum, counts) => sum + counts.skipped, 0)).toBeGreaterThanOrEqual(1);
  });

  test('of a partition that the topic has grown by are seen from its first on', async () => {
    let partitions = 1;
    const empty: PartitionTail = {
      position: 0,
      next: async () => [],
      wait: (_, signal) => sleep(20, undefined, { signal }).catch(() => {}),
    };
    // Without the lines of other tests, which are no longer live.
    const first = await log.tail(logsTopic.name, 0, 'end');
    const growing: Log = {
      ...log,
      partitionsOf: async () => partitions,
      tail: async (topic, partition, from) =>
        partition === 0 ? empty : from === 'start' ? first : log.tail(topic, 0, from),
    };
    const feed = feedLogs(growing, console.error);
    const { promise: seen, resolve } = Promise.withResolvers<void>();
    const { started, stop } = feed.add({
      tenant: testTenant,
      offer: ({ row }) => void (row.body === 'before it was noticed' && resolve()),
      flush: () => {},
    });
    await started;
    await send([line('before it was noticed')]);
    partitions = 2;
    await seen;
    stop();
  });

  test('that cannot be read are passed over', async () => {
    const client = await following();
    await appendTo(logsTopic.name, randomBytes(100), 1, testTenant);
    await appendTo(logsTopic.name, Buffer.alloc(9 * 2 ** 20), 1, testTenant);
    await send([line('after')]);
    expect(await bodiesFrom(client, 1)).toEqual(['after']);
  });

  test('are not even read when nobody follows', async () => {
    let reads = 0;
    const counting: Log = {
      ...log,
      async tail(...args) {
        const tail = await log.tail(...args);
        return {
          get position() {
            return tail.position;
          },
          wait: (...rest) => tail.wait(...rest),
          next(limits) {
            reads++;
            return tail.next(limits);
          },
        };
      },
    };
    await listen({ live: { log: counting, telemetry: store.telemetry } });
    const client = await following();
    await send([line('seen')]);
    await bodiesFrom(client, 1);
    client.say({ type: 'unfollow', id: 'a' });
    // Its answer means that the request before it was obeyed.
    client.say(follow('', { id: 'b', what: 'arrivals' }));
    while ((await client.next()).type !== 'following');
    const before = reads;
    expect(before).toBeGreaterThan(0);
    await send([line('unseen')]);
    await stored();
    await sleep(300);
    expect(reads - before).toBeLessThanOrEqual(1);
  });
});

/** Asks for a connection by hand, and returns it with the answer's first line. */
const upgrade = async (headers: Record<string, string> = {}): Promise<{ raw: Socket; status: string }> => {
  const raw = connect(Number(address.split(':')[1]), '127.0.0.1');
  const all = {
    Host: address,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  raw.write(`GET /api/v1/live HTTP/1.1\r\n${lines.join('')}\r\n`);
  const [answer] = (await once(raw, 'data')) as [Buffer];
  return { raw, status: String(answer).split('\r\n', 1)[0]! };
};

test('a client that does not read is skipped, not buffered for', async () => {
  const { raw } = await upgrade();
  raw.write(frame(JSON.stringify(follow())));
  await once(raw, 'data');
  raw.pause();
  const quick = await following('marker');
  const body = 'x'.repeat(100_000);
  // More than the sockets of both ends take in.
  for (let i = 0; i < 15; i++) {
    await send([line(`marker ${i}`), ...Array.from({ length: 20 }, () => line(body))]);
    await bodiesFrom(quick, 1);
    for (const { bufferedAmount } of server.websocketServer.clients) {
      // What is unsent when a batch begins, and the batch.
      expect(bufferedAmount).toBeLessThan(3 * 2 ** 20);
    }
  }
  raw.destroy();
});

/** A masked text frame (RFC 6455, section 5.2). */
const frame = (text: string): Buffer => {
  const payload = Buffer.from(text);
  const mask = randomBytes(4);
  const masked = payload.map((byte, i) => byte ^ mask[i % 4]!);
  return Buffer.concat([Buffer.from([0x81, 0xfe, payload.length >> 8, payload.length & 0xff]), mask, masked]);
};

describe('arrivals', () => {
  test('are told when the rows can be found, to their own project', async () => {
    const client = await following('', { what: 'arrivals' });
    await send([line('not ours')], { ...testTenant, project: 'prj_other' });
    await stored();
    await store.telemetry.command(`INSERT INTO spans (org, project, received_at, retention_days, start_time)
      SELECT '${testTenant.org}', '${testTenant.project}', now64(3), 30, now64(9)`);
    await appendTo(spansTopic.name, new Uint8Array(), 0, testTenant);
    // Lines of other tests may have arrived within the seconds that are looked back.
    let message = await client.next();
    while (message.type === 'arrived' && message.signal === 'logs') message = await client.next();
    expect(message).toEqual({ type: 'arrived', id: 'a', signal: 'spans' });
  });

  test('of a fresh project turn its page live at the first record', async () => {
    const fresh = { ...testTenant, project: 'prj_fresh' };
    const list = async () => [{ id: fresh.project, org: fresh.org, name: 'Fresh' }];
    const services = async () => [];
    await listen({
      projects: { list, services, ofService: async () => undefined, ingestKey: async () => undefined },
    });
    const client = await following('', { what: 'arrivals', projectId: fresh.project });
    const since = Date.now();
    await send([line('first')], fresh);
    expect(await client.next()).toEqual({ type: 'arrived', id: 'a', signal: 'logs' });
    const answer = await server.inject(
      `/api/v1/projects/prj_fresh/logs?fromMs=${since - 1000}&toMs=${Date.now() + 1000}`,
    );
    expect(answer.json().data.lines.map((each: { body: unknown }) => each.body)).toEqual(['first']);
    // And again, for what comes later.
    await send([line('second')], fresh);
    expect(await client.next()).toEqual({ type: 'arrived', id: 'a', signal: 'logs' });
  });
});

describe('what cannot be followed is said so', () => {
  test.each([
    ['a query that does not parse', follow('level:error ('), 'INVALID_QUERY', { start: 12, end: 13 }],
    ['a project that does not exist', follow('', { projectId: 'prj_none' }), 'NOT_FOUND', undefined],
  ])('%s', async (_what, request, code, position) => {
    const client = await open();
    client.say(request);
    const message = await client.next();
    expect(message).toMatchObject({ type: 'failed', id: 'a', error: { code, ...(position && { position }) } });
    client.say(follow('fine'));
    expect(await client.next()).toEqual({ type: 'following', id: 'a' });
  });

  test('a ninth thing', async () => {
    const client = await open();
    for (let i = 0; i < 9; i++) client.say(follow('', { id: `f${i}` }));
    const answers = [];
    for (let i = 0; i < 9; i++) answers.push(await client.next());
    expect(answers.map(({ type }) => type)).toEqual([...Array(8).fill('following'), 'failed']);
    // The same id again takes the place of the former.
    client.say(follow('x', { id: 'f0' }));
    expect(await client.next()).toEqual({ type: 'following', id: 'f0' });
  });
});

describe('a connection', () => {
  test.each([
    ['not JSON', 'hello'],
    ['no LiveRequest', '{"type":"dance","id":"a"}'],
    ['binary', new Uint8Array([1, 2, 3])],
  ])('that sends what is %s is closed', async (_what, data) => {
    const client = await open();
    client.socket.send(data);
    expect((await client.closed).code).toBe(1008);
  });

  test('that sends too much is closed', async () => {
    const client = await open();
    client.socket.send('x'.repeat(20_000));
    expect((await client.closed).code).toBe(1009);
    const eager = await open();
    for (let i = 0; i < 1000; i++) eager.say(follow('', { id: `f${i}` }));
    expect((await eager.closed).code).toBe(1008);
  });

  test('is closed when the server ends', async () => {
    const client = await following();
    await server.close();
    expect((await client.closed).code).toBe(1001);
  });

  test('needs the token, as every request does', async () => {
    const handlers = { listLogs: listLogs(store.telemetry) };
    await listen({ handlers, config: { adminToken: 'a-token-of-this-one', loopback: false } });
    await expect(open()).rejects.toThrow('refused');
    await expect(open({ authorization: 'Bearer wrong' })).rejects.toThrow('refused');
    await open({ authorization: 'Bearer a-token-of-this-one' });
  });

  test.each([
    [{ Origin: 'https://evil.example' }, 403],
    [{ Origin: 'null' }, 403],
    [{ Host: 'evil.example', Origin: 'http://evil.example' }, 403],
    [{}, 101],
  ])('with %o is answered %i', async (headers, status) => {
    const { raw, status: answer } = await upgrade(headers);
    expect(answer).toMatch(`HTTP/1.1 ${status} `);
    // A refusal ends the connection too.
    if (status === 403) await once(raw, 'close');
    raw.destroy();
  });
});
