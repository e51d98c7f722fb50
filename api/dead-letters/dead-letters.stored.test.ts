/** The whole way of a dead letter: from the record that cannot be processed to the rows it becomes after all. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { openEmbeddedLog } from '../../kernel/log/embedded.ts';
import type { Log, LogRecord } from '../../kernel/log/log.ts';
import { encodeLogs } from '../../kernel/otlp/proof/reference.ts';
import { defineSink, type Sink } from '../../kernel/processor.ts';
import { runDecider } from '../../kernel/runner/decider.ts';
import { countingMeter } from '../../kernel/runner/meter.ts';
import { runSink } from '../../kernel/runner/sink.ts';
import { type Database, openDatabase } from '../../kernel/state/database.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../kernel/state/embedded.ts';
import { type FiledLetter, filedLetters } from '../../kernel/state/filed-letters.ts';
import { openDeadLetterPages } from '../../kernel/state/letter-pages.ts';
import {
  deadLetterRetriesTopic,
  deadLettersTopic,
  logsTopic,
  onlyForHeader,
  retryOfHeader,
  servicesSeenTopic,
  zstdRequestHeaders,
} from '../../kernel/topics.ts';
import { fileDeadLetters } from '../../processors/file-dead-letters.ts';
import { putBackDeadLetters } from '../../processors/put-back-dead-letters/put-back-dead-letters.ts';
import { registerServices } from '../../processors/register-services.ts';
import { storeLogs } from '../../processors/store-logs.ts';
import type { Answer } from '../contract.ts';
import { contract } from '../contract.ts';
import { buildTestServer, testProjects } from '../test-server.ts';
import { openTestStore, type TestStore, testTenant } from '../test-store.ts';
import { getDeadLetter } from './detail.ts';
import { discardDeadLetters } from './discard.ts';
import { listDeadLetters } from './list.ts';
import { retryDeadLetters } from './retry.ts';

let store: TestStore;
let postgres: EmbeddedPostgres;
let stateDirectory: string;
beforeAll(async () => {
  store = await openTestStore();
  stateDirectory = await mkdtemp(join(tmpdir(), 'syntra-letters-'));
  postgres = await startEmbeddedPostgres({ dataDir: stateDirectory });
});
afterAll(async () => {
  await postgres.stop();
  await store.close();
  await rm(stateDirectory, { recursive: true });
});

let directory: string;
let log: Log;
let database: Database;
let server: FastifyInstance;
let leave: (() => Promise<void>)[];
let leaveFiling: () => Promise<void>;
/** Called before each append of the processor that puts back; a test may throw there. */
let beforePutBackAppends: (topic: string) => void;
/** What a processor saw that reads logs as `store-logs` does. */
let onlooker: LogRecord[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-letters-log-'));
  log = await openEmbeddedLog({ directory });
  database = await openDatabase(postgres.connection);
  await database.transaction((queries) => filedLetters(log).clear(queries));
  leave = [];
  onlooker = [];
  beforePutBackAppends = () => {};
  const through: Log = {
    ...log,
    append: async (topic, records) => {
      beforePutBackAppends(topic);
      await log.append(topic, records);
    },
  };
  const lookOn = defineSink({
    name: 'look-on',
    reads: logsTopic,
    limits: { maxRecords: 10, maxBytes: 1e6, lingerMs: 1 },
    write: async ({ records }) => {
      onlooker.push(...records);
      return [];
    },
  });
  const sinks: Sink[] = [
    { ...storeLogs(store.telemetry), limits: { maxRecords: 10, maxBytes: 1e6, lingerMs: 1 } },
    lookOn,
    putBackDeadLetters(through, [storeLogs(store.telemetry), lookOn, registerServices]),
  ];
  for (const sink of sinks) leave.push(await runSink({ sink, log, meter: countingMeter(sink, () => {}) }));
  leaveFiling = await runFiling();
  leave.push(() => leaveFiling());
  const meter = countingMeter(registerServices, () => {});
  leave.push(await runDecider({ decider: registerServices, log, database, meter }));
  const pages = openDeadLetterPages(database.queries);
  server = await buildTestServer({
    projects: {
      ...testProjects,
      list: async () => [
        { id: testTenant.project, org: testTenant.org, name: 'Default' },
        { id: 'prj_other', org: testTenant.org, name: 'Other' },
        { id: 'prj_syntra', org: testTenant.org, name: 'Syntra itself' },
      ],
    },
    handlers: {
      listDeadLetters: listDeadLetters(pages),
      getDeadLetter: getDeadLetter(pages, log),
      retryDeadLetters: retryDeadLetters(pages, log),
      discardDeadLetters: discardDeadLetters(pages, log),
    },
  });
});
afterEach(async () => {
  await server.close();
  for (const leaveGroup of leave) await leaveGroup();
  await database.close();
  await log.close();
  await rm(directory, { recursive: true });
});

const runFiling = () => {
  const decider = fileDeadLetters(log);
  return runDecider({ decider, log, database, meter: countingMeter(decider, () => {}) });
};

// ---- what is sent

const headersOf = (project = testTenant.project) =>
  zstdRequestHeaders({ org: testTenant.org, project, receivedAtMs: Date.now(), retentionDays: 30, records: 1 });
const send = (value: Uint8Array, project?: string) =>
  log.append(logsTopic.name, [{ key: '', headers: headersOf(project), value }]);
const lineOf = (body: string) =>
  zstdCompressSync(encodeLogs({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: body } }] }] }] }));

/** Rows whose body is this are refused as what cannot be parsed, until the function returned is called. */
const refuseLines = async (body: string): Promise<() => Promise<void>> => {
  const name = `refuses_${body}`;
  await store.telemetry.command(
    `ALTER TABLE logs ADD CONSTRAINT ${name} CHECK toUInt8(if(body = '${body}', body, '0')) = 0`,
  );
  return () => store.telemetry.command(`ALTER TABLE logs DROP CONSTRAINT ${name}`);
};
const storedLines = async (body: string): Promise<number> => {
  const [row] = await store.telemetry.inspect<{ lines: number }>(
    `SELECT toUInt32(count()) AS lines FROM logs WHERE body = '${body}'`,
  );
  return row!.lines;
};
const recordsOf = async (topic: string): Promise<LogRecord[]> =>
  (await log.tail(topic, 0, 'start')).next({ maxRecords: 10_000, maxBytes: 1e9 });
const putBackOf = async (id: string): Promise<LogRecord[]> =>
  (await recordsOf(logsTopic.name)).filter(({ headers }) => headers[retryOfHeader] === id);

// ---- what is asked

type Name = 'listDeadLetters' | 'getDeadLetter' | 'retryDeadLetters' | 'discardDeadLetters';
const ask = async <N extends Name>(
  name: N,
  path: string,
  body?: object,
  project = testTenant.project,
): Promise<Answer<N>> => {
  const url = `/api/v1/projects/${project}/dead-letters${path}`;
  const answer = await server.inject({ method: body ? 'POST' : 'GET', url, ...(body && { payload: body }) });
  expect(answer.statusCode, answer.body).toBe(200);
  return contract[name].answer.parse(answer.json().data) as Answer<N>;
};
const list = (search = '', project?: string) => ask('listDeadLetters', search, undefined, project);
const detail = (id: string) => ask('getDeadLetter', `/${id}`);
const retry = (...ids: string[]) => ask('retryDeadLetters', '/retry', { ids });
const discard = (...ids: string[]) => ask('discardDeadLetters', '/discard', { ids });
const changed = { changed: 1, pending: [], failed: [] };

/** The letters of a project once there are this many, the newest first. */
const lettersWhen = async (count: number, project?: string) => {
  await vi.waitFor(async () => expect((await list('', project)).deadLetters).toHaveLength(count), 20_000);
  return (await list('', project)).deadLetters;
};

// ----

describe('a record that cannot be processed', () => {
  test('is listed with its reason and bytes, and stored once it is put back after the cause is gone', async () => {
    const accept = await refuseLines('refused');
    await send(lineOf('good'));
    await send(lineOf('refused'));
    const [letter] = await lettersWhen(1);
    expect(letter).toMatchObject({
      processor: 'store-logs',
      reason: expect.stringMatching(/^the store refuses it: /),
      topic: logsTopic.name,
      partition: 0,
      offset: (await recordsOf(logsTopic.name))[1]!.offset,
      sizeBytes: lineOf('refused').byteLength,
      records: 1,
      status: 'open',
      decidedAtMs: null,
      retryOf: null,
      retryFailure: null,
    });
    expect(Math.abs(letter!.atMs - Date.now())).toBeLessThan(60_000);
    const { value, headers } = await detail(letter!.id);
    expect(headers).toMatchObject({ project: testTenant.project, 'dead-letter-processor': 'store-logs' });
    expect(value).toMatchObject({ unpacked: true, cut: false, textCut: false });
    expect(JSON.parse(value!.text!)).toEqual({
      resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'refused' } }] }] }],
    });
    expect(Buffer.from(value!.base64, 'base64')).toHaveLength(value!.sizeBytes);
    expect(await storedLines('refused')).toBe(0);

    await accept();
    expect(await retry(letter!.id)).toEqual(changed);
    await vi.waitFor(async () => expect(await storedLines('refused')).toBe(1), 20_000);
    expect(await list()).toMatchObject({
      deadLetters: [{ id: letter!.id, status: 'retried', decidedAtMs: expect.any(Number) }],
      counts: { open: 0, retrying: 0, retried: 1, discarded: 0 },
      groups: [],
    });
    const [putBack, ...more] = await putBackOf(letter!.id);
    expect(more).toEqual([]);
    const { [onlyForHeader]: only, [retryOfHeader]: of, ...original } = putBack!.headers;
    expect([only, of]).toEqual(['store-logs', letter!.id]);
    const sent = (await recordsOf(logsTopic.name))[1]!;
    expect([putBack!.key, original, putBack!.value]).toEqual([sent.key, sent.headers, sent.value]);
    // Others had it when it came, and have not been given it again.
    await vi.waitFor(async () => expect((await log.lagOf('look-on', [logsTopic.name]))[0]!.lag).toBe(0));
    expect(onlooker).toHaveLength(2);
    expect(await storedLines('good')).toBe(1);
    // Asked once more, it is not put back once more.
    expect(await retry(letter!.id)).toMatchObject({ changed: 0, failed: [{ reason: 'It was put back already.' }] });
    expect(await putBackOf(letter!.id)).toHaveLength(1);
  });

  test('and fails again is another letter, which says which it was', async () => {
    await send(Buffer.from('this is not zstd'));
    const [letter] = await lettersWhen(1);
    expect(letter!.reason).toMatch(/^it cannot be unpacked: /);
    expect((await detail(letter!.id)).value).toEqual({
      unpacked: false,
      base64: Buffer.from('this is not zstd').toString('base64'),
      sizeBytes: 16,
      cut: false,
      text: null,
      textCut: false,
    });
    expect(await retry(letter!.id)).toEqual(changed);
    const [again] = await lettersWhen(2);
    expect(again).toMatchObject({ status: 'open', retryOf: letter!.id, reason: letter!.reason });
    expect(again!.id).not.toBe(letter!.id);
    expect(await retry(again!.id)).toEqual(changed);
    expect((await lettersWhen(3))[0]).toMatchObject({ status: 'open', retryOf: again!.id });
  });

  test('of a decider comes back under its own key; one of no project is for those who run Syntra', async () => {
    const event = { key: 'prj_wrong', headers: {}, value: Buffer.from('{"big": 12345678901234567890}') };
    await log.append(servicesSeenTopic.name, [event]);
    const [letter] = await lettersWhen(1, 'prj_syntra');
    expect(letter).toMatchObject({ processor: 'register-services', records: null });
    const url = `/api/v1/projects/prj_syntra/dead-letters/${letter!.id}`;
    const { value } = (await server.inject(url)).json().data as Answer<'getDeadLetter'>;
    expect(value!.text).toBe('{\n  "big": 12345678901234567890\n}');
    expect(await ask('retryDeadLetters', '/retry', { ids: [letter!.id] }, 'prj_syntra')).toEqual(changed);
    const [again] = await lettersWhen(2, 'prj_syntra');
    expect(again).toMatchObject({ processor: 'register-services', retryOf: letter!.id });
    const records = await recordsOf(servicesSeenTopic.name);
    expect(records.map(({ key }) => key)).toEqual(['prj_wrong', 'prj_wrong']);
  });

  test("is nobody else's to see or to decide on", async () => {
    await send(Buffer.from('not zstd'), 'prj_other');
    await send(Buffer.from('not zstd either'));
    const [other] = await lettersWhen(1, 'prj_other');
    const [ours] = await lettersWhen(1);
    expect(ours!.id).not.toBe(other!.id);
    const answer = await server.inject(`/api/v1/projects/${testTenant.project}/dead-letters/${other!.id}`);
    expect([answer.statusCode, answer.json().error.code]).toEqual([404, 'NOT_FOUND']);
    const notFound = {
      changed: 0,
      pending: [],
      failed: [{ id: other!.id, reason: 'There is no dead letter with this id.' }],
    };
    expect(await retry(other!.id)).toEqual(notFound);
    expect(await discard(other!.id)).toEqual(notFound);
    expect((await list('', 'prj_other')).deadLetters).toEqual([other]);
    expect(await putBackOf(other!.id)).toEqual([]);
  });
});

describe('putting back', () => {
  /** A letter whose record the store would take now. */
  const takableLetter = async (body: string): Promise<string> => {
    const accept = await refuseLines(body);
    await send(lineOf(body));
    const [letter] = await lettersWhen(1);
    await accept();
    return letter!.id;
  };

  test('is done once, however many ask at once', async () => {
    const id = await takableLetter('pressed_by_many');
    const answers = await Promise.all(Array.from({ length: 8 }, () => retry(id)));
    for (const answer of answers) {
      // Those who came when it was done are told that.
      if (answer.changed === 0) expect(answer.failed).toEqual([{ id, reason: 'It was put back already.' }]);
      else expect(answer).toEqual(changed);
    }
    expect(answers.filter((answer) => answer.changed === 1).length).toBeGreaterThan(0);
    await caughtUp();
    expect(await putBackOf(id)).toHaveLength(1);
    expect(await storedLines('pressed_by_many')).toBe(1);
  });

  test('that was cut off after the append is told of, and not done again', async () => {
    const id = await takableLetter('cut_off');
    let cuts = 0;
    beforePutBackAppends = (topic) => {
      if (topic === deadLettersTopic.name && cuts++ < 2) throw new Error('cut off');
    };
    expect(await retry(id)).toEqual(changed);
    expect(cuts).toBeGreaterThan(2);
    await caughtUp();
    expect(await putBackOf(id)).toHaveLength(1);
    expect(await storedLines('cut_off')).toBe(1);
  });

  test('that failed before the append is done when it can be', async () => {
    const id = await takableLetter('kept_waiting');
    let failures = 0;
    beforePutBackAppends = (topic) => {
      if (topic === logsTopic.name && failures++ < 2) throw new Error('the log takes nothing');
    };
    expect(await retry(id)).toEqual(changed);
    await caughtUp();
    expect(await putBackOf(id)).toHaveLength(1);
    expect(await storedLines('kept_waiting')).toBe(1);
  });

  test('that was asked for again while it was on its way finds what was appended', async () => {
    const id = await takableLetter('asked_again');
    const { promise: appended, resolve } = Promise.withResolvers<void>();
    let isCut = true;
    beforePutBackAppends = (topic) => {
      if (topic !== deadLettersTopic.name || !isCut) return;
      resolve();
      throw new Error('cut off');
    };
    const first = retry(id);
    await appended;
    expect((await list()).deadLetters[0]!.status).toBe('retrying');
    expect(await discard(id)).toMatchObject({ changed: 0, failed: [{ reason: 'It is being put back.' }] });
    const second = retry(id);
    await vi.waitFor(async () => expect((await recordsOf(deadLetterRetriesTopic.name)).length).toBe(2));
    isCut = false;
    expect(await first).toEqual(changed);
    expect(await second).toEqual(changed);
    await caughtUp();
    expect(await putBackOf(id)).toHaveLength(1);
    expect(await storedLines('asked_again')).toBe(1);
  });

  test('decided anew from the log, as a replay does, appends nothing', async () => {
    const id = await takableLetter('replayed');
    expect(await retry(id)).toEqual(changed);
    await caughtUp();
    await leaveFiling();
    await database.transaction((queries) => filedLetters(log).clear(queries));
    await log.moveGroup('file-dead-letters', deadLettersTopic.name, [{ partition: 0, offset: 0, metadata: '' }]);
    await database.queries.execute("delete from processor_offsets where processor = 'file-dead-letters'");
    leaveFiling = await runFiling();
    expect((await lettersWhen(1))[0]).toMatchObject({ id, status: 'retried' });
    await vi.waitFor(async () => expect((await recordsOf(deadLetterRetriesTopic.name)).length).toBe(2));
    await caughtUp();
    expect(await putBackOf(id)).toHaveLength(1);
    expect((await lettersWhen(1))[0]).toMatchObject({ id, status: 'retried' });
  });

  test('fails for each letter whose bytes are gone, and says so', async () => {
    await send(Buffer.from('not zstd'));
    const [old] = await lettersWhen(1);
    await log.retain(Date.now() + 15 * 24 * 3_600_000);
    await send(Buffer.from('not zstd either'));
    const [young] = await lettersWhen(2);
    expect((await detail(old!.id)).value).toBeNull();
    const answer = await retry(old!.id, young!.id, 'dlt_none', young!.id);
    expect(answer).toMatchObject({ changed: 1, pending: [] });
    expect(answer.failed).toEqual([
      { id: old!.id, reason: expect.stringMatching(/^Its bytes are gone/) },
      { id: 'dlt_none', reason: 'There is no dead letter with this id.' },
    ]);
    // Gone between the asking and the doing: the one who does it finds out.
    const decision = { decision: 'retry', endOffsets: [0] };
    const headers = { 'dead-letter-decision': 'retry' };
    await log.append(deadLettersTopic.name, [{ key: old!.id, headers, value: Buffer.from(JSON.stringify(decision)) }]);
    await vi.waitFor(async () => expect((await detail(old!.id)).retryFailure).toMatch(/bytes are gone|cannot be told/));
    expect((await detail(old!.id)).status).toBe('open');
  });

  test('is refused for a while where the log does not answer', async () => {
    await send(Buffer.from('not zstd'));
    const [letter] = await lettersWhen(1);
    const away: Log = { ...log, extentOf: () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.1:9092')) };
    const pages = openDeadLetterPages(database.queries);
    const other = await buildTestServer({
      projects: testProjects,
      handlers: { getDeadLetter: getDeadLetter(pages, away), retryDeadLetters: retryDeadLetters(pages, away) },
    });
    const url = `/api/v1/projects/${testTenant.project}/dead-letters`;
    const answers = [
      await other.inject(`${url}/${letter!.id}`),
      await other.inject({ method: 'POST', url: `${url}/retry`, payload: { ids: [letter!.id] } }),
    ];
    await other.close();
    for (const answer of answers) {
      expect([answer.statusCode, answer.json().error.code, answer.headers['retry-after']], answer.body).toEqual([
        503,
        'UNAVAILABLE',
        '5',
      ]);
    }
  });

  test('fails for a processor that there is no more, and says so', async () => {
    const processor = 'store-lines';
    const sink = defineSink({
      name: processor,
      reads: logsTopic,
      limits: { maxRecords: 10, maxBytes: 1e6, lingerMs: 1 },
      write: async ({ records }) => records.map(({ offset }) => ({ kind: 'dead-letter', offset, reason: 'no' })),
    });
    const stop = await runSink({ sink, log, meter: countingMeter(sink, () => {}) });
    await send(lineOf('of a processor that was renamed'));
    const [letter] = await lettersWhen(1);
    await stop();
    expect(letter!.processor).toBe(processor);
    const reason = 'There is no processor store-lines any more that reads otlp.logs.';
    expect(await retry(letter!.id)).toEqual({ changed: 0, pending: [], failed: [{ id: letter!.id, reason }] });
    expect((await list()).deadLetters[0]).toMatchObject({ status: 'open', retryFailure: reason });
    expect(await putBackOf(letter!.id)).toEqual([]);
  });

  /** Nothing is on its way any more. */
  const caughtUp = async (): Promise<void> => {
    const groups: [string, string][] = [
      ['file-dead-letters', deadLettersTopic.name],
      ['put-back-dead-letters', deadLetterRetriesTopic.name],
      ['file-dead-letters', deadLettersTopic.name],
      ['store-logs', logsTopic.name],
    ];
    for (const [group, topic] of groups) {
      await vi.waitFor(async () => expect((await log.lagOf(group, [topic]))[0]!.lag).toBe(0), 20_000);
    }
  };
});

test('letters are given up in bulk, listed page by page, and summed up by reason', async () => {
  for (let i = 0; i < 25; i++) await send(Buffer.from(`not zstd ${i}`));
  const all = await lettersWhen(25);
  const first = await list('?limit=10');
  const second = await list(`?limit=10&cursor=${first.nextCursor}`);
  const third = await list(`?limit=10&cursor=${second.nextCursor}`);
  expect([...first.deadLetters, ...second.deadLetters, ...third.deadLetters]).toEqual(all);
  expect(third.nextCursor).toBeNull();
  expect(first.groups).toEqual([
    { processor: 'store-logs', reason: all[0]!.reason, count: 25, newestMs: all[0]!.atMs },
  ]);
  const some = all.slice(0, 7).map(({ id }) => id);
  expect(await discard(...some)).toEqual({ changed: 7, pending: [], failed: [] });
  expect(await discard(some[0]!)).toMatchObject({ changed: 0, failed: [{ reason: 'It was given up already.' }] });
  expect(await retry(some[0]!)).toMatchObject({ changed: 0, failed: [{ reason: 'It was given up.' }] });
  const open = await list('?status=open&processor=store-logs&limit=100');
  expect(open.deadLetters).toEqual(all.slice(7));
  expect(open.counts).toEqual({ open: 18, retrying: 0, retried: 0, discarded: 7 });
  expect((await list('?status=discarded')).deadLetters.map(({ id }) => id)).toEqual(some);
  expect((await list('?processor=another')).deadLetters).toEqual([]);
  const ofReason = await list(`?status=open&limit=100&reason=${encodeURIComponent(all[0]!.reason)}`);
  expect(ofReason.deadLetters).toEqual(all.slice(7));
  expect((await list('?reason=another')).deadLetters).toEqual([]);
  const rest = all.slice(7).map(({ id }) => id);
  expect(await retry(...rest)).toEqual({ changed: 18, pending: [], failed: [] });
  await lettersWhen(43);
  const wrong = await server.inject(`/api/v1/projects/${testTenant.project}/dead-letters?cursor=x`);
  expect(wrong.json().error.code).toBe('INVALID_REQUEST');
});

test('what is decided and two weeks old goes when others come, and so does all of a month ago', async () => {
  const days = (count: number): number => Date.now() - count * 24 * 3_600_000;
  const save = (...letters: FiledLetter[]) =>
    database.transaction((queries) =>
      filedLetters(log).save(
        queries,
        letters.map((after) => ({ key: after.id, before: null, after })),
      ),
    );
  await save(
    rowOf('young, discarded', days(13), 'discarded'),
    rowOf('old, open', days(20), 'open'),
    rowOf('old, retrying', days(20), 'retrying'),
  );
  await save(rowOf('old, retried', days(15), 'retried'), rowOf('very old, open', days(31), 'open'));
  await save(rowOf('new', days(0), 'open'));
  const ids = ['young, discarded', 'old, open', 'old, retrying', 'old, retried', 'very old, open', 'new'];
  const left = await filedLetters(log).load(database.queries, ids);
  expect([...left.keys()].sort()).toEqual(['new', 'old, open', 'old, retrying', 'young, discarded']);
});

test('where there are very many, those go whose bytes the log has dropped, the oldest first', async () => {
  await log.append(
    deadLettersTopic.name,
    ['a', 'b'].map((key) => ({ key, headers: {}, value: Buffer.from('') })),
  );
  await vi.waitFor(async () => expect((await log.lagOf('file-dead-letters', [deadLettersTopic.name]))[0]!.lag).toBe(0));
  await log.retain(Date.now() + 15 * 24 * 3_600_000);
  const { startOffset } = await log.extentOf(deadLettersTopic.name, 0);
  expect(startOffset).toBeGreaterThan(2);
  const few = filedLetters(log, 3);
  const save = (id: string, ageMs: number, letterOffset: number) =>
    database.transaction((queries) =>
      few.save(queries, [{ key: id, before: null, after: { ...rowOf(id, Date.now() - ageMs, 'open'), letterOffset } }]),
    );
  const kept = async () => [...(await few.load(database.queries, ['lost', 'old', 'young', 'new'])).keys()].sort();
  await save('lost', 3000, startOffset - 1);
  await save('old', 2000, startOffset);
  await save('young', 1000, startOffset + 1);
  expect(await kept()).toEqual(['lost', 'old', 'young']);
  await save('new', 0, startOffset + 2);
  expect(await kept()).toEqual(['new', 'old', 'young']);
});

const rowOf = (id: string, setAsideAtMs: number, status: FiledLetter['status']): FiledLetter => ({
  ...{ id, org: 'o', project: 'p', processor: 'store-logs', reason: 'r', topic: 't', partition: 0, offset: 0 },
  ...{ setAsideAtMs, sizeBytes: 1, records: null, status, decidedAtMs: null, retryOf: null, letterOffset: 0 },
  ...{ attempts: 0, endOffsets: null, failure: null },
});
