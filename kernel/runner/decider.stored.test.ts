import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { openEmbeddedLog } from '../log/embedded.ts';
import { type Log, LogFullError, type LogRecord } from '../log/log.ts';
import { type Decider, defineProcessor } from '../processor.ts';
import { type Database, openDatabase } from '../state/database.ts';
import { sql } from '../state/drizzle.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../state/embedded.ts';
import { processorOffsets } from '../state/tables.ts';
import {
  deadLetterHeaders,
  deadLettersTopic,
  decisionIdHeader,
  logsTopic,
  servicesRegisteredTopic,
  servicesSeenTopic,
} from '../topics.ts';
import { runDecider } from './decider.ts';
import { countingMeter } from './meter.ts';

let directory: string;
let postgres: EmbeddedPostgres;
let database: Database;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-decider-'));
  postgres = await startEmbeddedPostgres({ dataDir: directory, report: () => {} });
  database = await openDatabase(postgres.connection);
  await database.queries.execute(sql`create table words (key text primary key, words text[] not null)`);
});
afterAll(async () => {
  await database.close();
  await postgres.stop();
  await rm(directory, { recursive: true });
});

let logDirectory: string;
let log: Log;
let stops: (() => Promise<void>)[];
beforeEach(async () => {
  logDirectory = await mkdtemp(join(tmpdir(), 'syntra-decider-log-'));
  log = await openEmbeddedLog({ directory: logDirectory });
  stops = [];
  await database.queries.execute(sql`truncate words, processor_offsets, processor_outbox, processor_marks`);
});
afterEach(async () => {
  for (const stop of stops) await stop();
  await log.close();
  await rm(logDirectory, { recursive: true });
});

type Words = readonly string[];

/** Remembers the words of each key, and passes each on with its number. */
const collectWords = defineProcessor<Words, string>({
  name: 'collect-words',
  reads: [servicesSeenTopic],
  writes: [servicesRegisteredTopic],
  store: {
    async load(queries, keys) {
      const { rows } = await queries.execute<{ key: string; words: string[] }>(
        sql`select key, words from words where key in ${keys}`,
      );
      return new Map(rows.map((row) => [row.key, row.words]));
    },
    async save(queries, changes) {
      for (const { key, after } of changes) {
        await queries.execute(sql`insert into words values (${key}, ${sql.param(after)})
          on conflict (key) do update set words = excluded.words`);
      }
    },
    async clear(queries) {
      await queries.execute(sql`delete from words`);
    },
  },
  initial: [],
  parse({ value }) {
    const word = Buffer.from(value).toString();
    if (word === 'unreadable') throw new Error('no such word');
    return word;
  },
  decide(words, { key, event }) {
    if (event === 'unbearable') throw new Error('cannot decide');
    if (words.includes(event)) return { state: words, emit: [], dropped: 'known already' };
    const emit = [{ topic: servicesRegisteredTopic, key, value: `${event} ${words.length}` }];
    return { state: [...words, event], emit };
  },
});

const send = (key: string, ...words: string[]) => sendTo(servicesSeenTopic.name, key, ...words);
/** Answers the offset of the first. */
const sendTo = async (topic: string, key: string, ...words: string[]): Promise<number> => {
  const { endOffset } = await log.extentOf(topic, 0);
  await log.append(
    topic,
    words.map((word) => ({ key, headers: { origin: 'test' }, value: Buffer.from(word) })),
  );
  return endOffset;
};

const run = async (decider: Decider<Words, string> = collectWords, through = log) => {
  const meter = countingMeter(decider, () => {});
  const stop = await runDecider({ decider, log: through, database, meter });
  stops.push(stop);
  return { stop, report: meter.report };
};

const untilDone = (group = collectWords.name, topics = [servicesSeenTopic.name]) =>
  vi.waitFor(
    async () => {
      for (const { lag } of await log.lagOf(group, topics)) expect(lag).toBe(0);
    },
    { timeout: 20_000 },
  );

const wordsOf = async (key: string): Promise<Words | undefined> =>
  (await database.transaction((queries) => collectWords.store.load(queries, [key]))).get(key);
const outboxSize = async (): Promise<unknown> =>
  (await database.queries.execute(sql`select count(*)::int as rows from processor_outbox`)).rows[0]!.rows;

const recordsOf = async (topic: string): Promise<LogRecord[]> =>
  (await log.tail(topic, 0, 'start')).next({ maxRecords: 10_000, maxBytes: 1e8 });
const emitted = async (): Promise<string[]> =>
  (await recordsOf(servicesRegisteredTopic.name)).map(({ value }) => JSON.parse(Buffer.from(value).toString()));
const deadLetters = () => recordsOf(deadLettersTopic.name);
const textOf = ({ value }: LogRecord): string => Buffer.from(value).toString();

test('folds the events of each key in order, and appends what follows', async () => {
  await send('a', 'one', 'two');
  await send('b', 'one');
  const { report } = await run();
  await untilDone();
  await send('a', 'three', 'two');
  await untilDone();
  expect(await wordsOf('a')).toEqual(['one', 'two', 'three']);
  expect(await wordsOf('b')).toEqual(['one']);
  expect(await emitted()).toEqual(['one 0', 'two 1', 'one 0', 'three 2']);
  expect(await outboxSize()).toBe(0);
  await vi.waitFor(() =>
    expect(report()).toMatchObject({ kept: 4, dropped: { 'known already': 1 }, deadLettered: {}, failures: 0 }),
  );
});

test('goes on where it stopped, and ids of what it appends say which decision it was', async () => {
  const first = await send('a', 'one');
  const { stop } = await run();
  await untilDone();
  await stop();
  const second = await send('a', 'two');
  await run();
  await untilDone();
  const ids = (await recordsOf(servicesRegisteredTopic.name)).map(({ headers }) => headers[decisionIdHeader]);
  expect(ids).toEqual([
    expect.stringMatching(new RegExp(`^collect-words/[^/]+/services.seen/0/${first}/0$`)),
    expect.stringMatching(new RegExp(`^collect-words/[^/]+/services.seen/0/${second}/0$`)),
  ]);
});

test('what was decided but not appended is appended by the next one, once', async () => {
  await send('a', 'one', 'two');
  const { promise: refused, resolve } = Promise.withResolvers<void>();
  const full: Log = {
    ...log,
    append: async () => {
      resolve();
      throw new LogFullError('no room');
    },
  };
  const first = await run(collectWords, full);
  await refused;
  await first.stop();
  expect(await wordsOf('a')).toEqual(['one', 'two']);
  expect(await emitted()).toEqual([]);
  expect(await outboxSize()).toBe(2);
  await run();
  await vi.waitFor(async () => expect(await outboxSize()).toBe(0), 20_000);
  expect(await emitted()).toEqual(['one 0', 'two 1']);
});

test('what was appended but not deleted is appended again under the same id', async () => {
  await send('a', 'one');
  const { promise: appended, resolve } = Promise.withResolvers<void>();
  // The process dies here: the append is done, and nothing after it ever is.
  const dying: Log = {
    ...log,
    async append(topic, records) {
      await log.append(topic, records);
      resolve();
      throw new Error('dead');
    },
  };
  const first = await run(collectWords, dying);
  await appended;
  await first.stop();
  await run();
  await vi.waitFor(async () => expect(await outboxSize()).toBe(0), 20_000);
  const records = await recordsOf(servicesRegisteredTopic.name);
  expect(records.length).toBeGreaterThan(1);
  expect(new Set(records.map(({ headers }) => headers[decisionIdHeader])).size).toBe(1);
  expect(await wordsOf('a')).toEqual(['one']);
});

test('an event that makes the decider throw is tried three times, then set aside; the others are kept', async () => {
  const offset = await send('a', 'one', 'unreadable', 'two', 'unbearable', 'three');
  const { report } = await run();
  await untilDone();
  expect(await wordsOf('a')).toEqual(['one', 'two', 'three']);
  const letters = await deadLetters();
  expect(letters.map(textOf)).toEqual(['unreadable', 'unbearable']);
  expect(new Set(letters.map(({ key }) => key)).size).toBe(2);
  expect(letters[1]!.headers).toEqual({
    origin: 'test',
    [deadLetterHeaders.processor]: 'collect-words',
    [deadLetterHeaders.reason]: 'collect-words failed on it: cannot decide',
    [deadLetterHeaders.log]: expect.stringMatching(/./),
    [deadLetterHeaders.topic]: 'services.seen',
    [deadLetterHeaders.partition]: '0',
    [deadLetterHeaders.offset]: String(offset + 3),
    [deadLetterHeaders.key]: 'a',
    [decisionIdHeader]: `collect-words/${letters[1]!.headers[deadLetterHeaders.log]}/services.seen/0/${offset + 3}/0`,
  });
  await vi.waitFor(() =>
    expect(report()).toMatchObject({ kept: 3, deadLettered: { 'collect-words failed on it': 2 }, failures: 2 }),
  );
});

test('what the database will never take is set aside, and only that', async () => {
  await send('a', 'one', 'zero \0 byte', 'two');
  await send('zero \0 key', 'three');
  await send('b', 'four');
  const { report } = await run();
  await untilDone();
  expect(await wordsOf('a')).toEqual(['one', 'two']);
  expect(await wordsOf('b')).toEqual(['four']);
  expect((await deadLetters()).map(textOf)).toEqual(['zero \0 byte', 'three']);
  expect((await deadLetters())[0]!.headers[deadLetterHeaders.reason]).toMatch(/^the database refuses it: invalid byte/);
  expect(await emitted()).toEqual(['one 0', 'two 1', 'four 0']);
  await vi.waitFor(() =>
    expect(report()).toMatchObject({ kept: 3, deadLettered: { 'the database refuses it': 2 }, failures: 0 }),
  );
});

test('a decider that writes where it did not say it would is found out', async () => {
  await send('a', 'one');
  await run({ ...collectWords, writes: [] });
  await untilDone();
  expect((await deadLetters())[0]!.headers[deadLetterHeaders.reason]).toMatch(/does not declare that it writes/);
});

test('waits while the database is away and loses nothing', async () => {
  const { report } = await run();
  await send('a', 'one');
  await untilDone();
  const cut = () =>
    database.queries.execute(
      sql`select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend'`,
    );
  for (let i = 0; i < 20; i++) {
    await Promise.all([send('a', `word ${i}`), cut().catch(() => {})]);
  }
  await untilDone();
  const expected = ['one', ...Array.from({ length: 20 }, (_, i) => `word ${i}`)];
  expect(await wordsOf('a')).toEqual(expected);
  expect([...new Set(await emitted())]).toEqual(expected.map((word, i) => `${word} ${i}`));
  expect(report().deadLettered).toEqual({});
});

test('begins anew with a log that was replaced', async () => {
  await send('a', 'one', 'two', 'three');
  await run();
  await untilDone();
  for (const stop of stops.splice(0)) await stop();
  await log.close();
  await rm(logDirectory, { recursive: true });
  logDirectory = await mkdtemp(join(tmpdir(), 'syntra-decider-log-'));
  log = await openEmbeddedLog({ directory: logDirectory });
  await send('a', 'four');
  await run();
  await untilDone();
  expect(await wordsOf('a')).toEqual(['one', 'two', 'three', 'four']);
});

test('two that hold the same partition by mistake decide each event once', async () => {
  const counting = defineProcessor<Words, string>({
    ...collectWords,
    decide: (words, { key, event }) => ({
      state: [...words, event],
      emit: [{ topic: servicesRegisteredTopic, key, value: `${event} ${words.length}` }],
    }),
  });
  await Promise.all([run(counting), run(counting)]);
  const words = Array.from({ length: 300 }, (_, i) => `word ${i}`);
  for (let i = 0; i < words.length; i += 10) await send('a', ...words.slice(i, i + 10));
  await vi.waitFor(async () => expect(await wordsOf('a')).toEqual(words), 20_000);
  await vi.waitFor(async () => expect(await outboxSize()).toBe(0), 20_000);
  expect([...new Set(await emitted())].sort()).toEqual(words.map((word, i) => `${word} ${i}`).sort());
});

test('events of one key from two topics do not overwrite one another', async () => {
  const both = { ...collectWords, name: 'collect-both', reads: [servicesSeenTopic, logsTopic] };
  await run(both);
  const words = Array.from({ length: 200 }, (_, i) => `word ${i}`);
  for (let i = 0; i < words.length; i += 2) {
    await Promise.all([send('a', words[i]!), sendTo(logsTopic.name, 'a', words[i + 1]!)]);
  }
  await untilDone('collect-both', [servicesSeenTopic.name, logsTopic.name]);
  expect([...(await wordsOf('a'))!].sort()).toEqual([...words].sort());
});

test('counts and tells what the log deleted before it was read, while it was away and while it reads', async () => {
  const first = await send('a', 'one', 'two', 'three', 'four');
  const { stop } = await run();
  await untilDone();
  await stop();
  await send('a', 'five', 'six', 'seven', 'eight', 'nine');
  const deleteBefore = (offset: number): void => {
    const file = new DatabaseSync(join(logDirectory, 'log.db'), { timeout: 5_000 });
    file.prepare(`DELETE FROM "topic ${servicesSeenTopic.name}" WHERE offset < ?`).run(offset);
    file.close();
  };
  deleteBefore(first + 6);
  // Two more go after its place was found, and before it reads.
  const overtaken: Log = {
    ...log,
    join: (group, topics, hold) =>
      log.join(group, topics, (partition) =>
        hold({
          ...partition,
          async read(offset, limits) {
            deleteBefore(first + 8);
            return partition.read(offset, limits);
          },
        }),
      ),
  };
  const { report } = await run(collectWords, overtaken);
  await untilDone();
  await vi.waitFor(() => expect(report()).toMatchObject({ kept: 1, dropped: { 'deleted before it was read': 4 } }));
  expect(await wordsOf('a')).toEqual(['one', 'two', 'three', 'four', 'nine']);
});

test('goes on at the end of a log that goes less far than it had read, and says so once', async () => {
  await send('a', 'one', 'two');
  const { stop } = await run();
  await untilDone();
  await stop();
  await database.queries.update(processorOffsets).set({ nextOffset: sql`next_offset + 7` });
  const { report } = await run();
  await vi.waitFor(() =>
    expect(report()).toMatchObject({ failures: 1, lastError: expect.stringMatching(/lost 7 rec/) }),
  );
  await send('a', 'three');
  await untilDone();
  await vi.waitFor(() => expect(report()).toMatchObject({ kept: 1, failures: 1 }));
  expect(await wordsOf('a')).toEqual(['one', 'two', 'three']);
});

test('sends the outbox of a member that was cut off and saved just before the place was found', async () => {
  const first = await send('a', 'one');
  let looks = 0;
  const late: Log = {
    ...log,
    async extentOf(topic, partition) {
      // The place is looked for: the other member, stopped for long, saves its batch now, and dies.
      if (++looks === 1) {
        const dying: Log = {
          ...log,
          append: async () => {
            throw new LogFullError('never gets to it');
          },
        };
        const other = await run(collectWords, dying);
        await vi.waitFor(async () => expect(await outboxSize()).toBe(1), 20_000);
        await other.stop();
      }
      return log.extentOf(topic, partition);
    },
  };
  await run(collectWords, late);
  await vi.waitFor(async () => expect(await emitted()).toEqual(['one 0']), 20_000);
  await vi.waitFor(async () => expect(await outboxSize()).toBe(0), 20_000);
  expect((await log.extentOf(servicesSeenTopic.name, 0)).endOffset).toBe(first + 1);
});
