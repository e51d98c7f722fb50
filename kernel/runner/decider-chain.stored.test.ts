/** A decider that reads what another decided: what the first appends twice, the second takes into account once. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { openEmbeddedLog } from '../log/embedded.ts';
import { type Log, LogFullError } from '../log/log.ts';
import { type Decider, defineProcessor, type StateStore } from '../processor.ts';
import { type Database, openDatabase } from '../state/database.ts';
import { sql } from '../state/drizzle.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../state/embedded.ts';
import { onlyForHeader, retryOfHeader, servicesRegisteredTopic, servicesSeenTopic } from '../topics.ts';
import { runDecider } from './decider.ts';
import { countingMeter } from './meter.ts';

let directory: string;
let postgres: EmbeddedPostgres;
let database: Database;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-chain-'));
  postgres = await startEmbeddedPostgres({ dataDir: directory, report: () => {} });
  database = await openDatabase(postgres.connection);
  await database.queries.execute(sql`create table heard (
    who text not null, key text not null, words text[] not null, primary key (who, key))`);
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
  logDirectory = await mkdtemp(join(tmpdir(), 'syntra-chain-log-'));
  log = await openEmbeddedLog({ directory: logDirectory });
  stops = [];
  await database.queries.execute(sql`truncate heard, processor_offsets, processor_outbox, processor_marks`);
});
afterEach(async () => {
  await stopAll();
  await log.close();
  await rm(logDirectory, { recursive: true });
});
const stopAll = async (): Promise<void> => {
  for (const stop of stops.splice(0)) await stop();
};

type Words = readonly string[];

const heardBy = (who: string): StateStore<Words> => ({
  async load(queries, keys) {
    const { rows } = await queries.execute<{ key: string; words: string[] }>(
      sql`select key, words from heard where who = ${who} and key in ${keys}`,
    );
    return new Map(rows.map(({ key, words }) => [key, words]));
  },
  async save(queries, changes) {
    for (const { key, after } of changes) {
      await queries.execute(sql`insert into heard values (${who}, ${key}, ${sql.param(after)})
        on conflict (who, key) do update set words = excluded.words`);
    }
  },
  async clear(queries) {
    await queries.execute(sql`delete from heard where who = ${who}`);
  },
});

/** Says everything twice, to have several decisions on one record. */
const first = defineProcessor<Words, string>({
  name: 'first',
  reads: [servicesSeenTopic],
  writes: [servicesRegisteredTopic],
  initial: [],
  store: heardBy('first'),
  parse: ({ value }) => Buffer.from(value).toString(),
  decide: (words, { key, event }) => ({
    state: [...words, event],
    emit: [event, `${event}, I say`].map((value) => ({ topic: servicesRegisteredTopic, key, value })),
  }),
});

const second = defineProcessor<Words, string>({
  name: 'second',
  reads: [servicesRegisteredTopic],
  writes: [],
  initial: [],
  store: heardBy('second'),
  parse: ({ value }) => JSON.parse(Buffer.from(value).toString()),
  decide: (words, { event }) => ({ state: [...words, event], emit: [] }),
});

const say = (...words: string[]) =>
  log.append(
    servicesSeenTopic.name,
    words.map((word) => ({ key: 'k', headers: {}, value: Buffer.from(word) })),
  );
const run = async (decider: Decider<Words, string>, through = log) => {
  const told: string[] = [];
  const meter = countingMeter(decider, (message) => told.push(message));
  const stop = await runDecider({ decider, log: through, database, meter });
  stops.push(stop);
  return { report: meter.report, stop, told };
};
const untilRead = (decider: Decider<Words, string>) =>
  vi.waitFor(async () => expect((await log.lagOf(decider.name, [decider.reads[0]!.name]))[0]!.lag).toBe(0), {
    timeout: 20_000,
  });
const heard = async (who: string): Promise<Words> =>
  (await database.transaction((queries) => heardBy(who).load(queries, ['k']))).get('k') ?? [];
const twice = (...words: string[]): Words => words.flatMap((word) => [word, `${word}, I say`]);

test('what a crash has appended again is dropped, and counted as what it is', async () => {
  await say('one', 'two');
  let failures = 2;
  // Dies twice between the append and the deletion from the outbox.
  const dying: Log = {
    ...log,
    async append(topic, records) {
      await log.append(topic, records);
      if (failures-- > 0) throw new LogFullError('dead');
    },
  };
  await run(first, dying);
  const { report, told } = await run(second);
  await untilRead(first);
  await say('three');
  await untilRead(first);
  await untilRead(second);
  expect(await heard('second')).toEqual(twice('one', 'two', 'three'));
  await vi.waitFor(() => expect(report().kept).toBe(6));
  expect(report().dropped).toEqual({ 'a repeat of a decision that came before': 8 });
  expect(told).toEqual([]);
});

test('marks outlive the decider that keeps them', async () => {
  await say('one');
  await run(first);
  await run(second);
  await untilRead(first);
  await untilRead(second);
  await stopAll();
  const tail = await log.tail(servicesRegisteredTopic.name, 0, 'start');
  const decided = await tail.next({ maxRecords: 10, maxBytes: 1e6 });
  expect(decided).toHaveLength(2);
  // A member that was taken for dead wakes up and appends what it had in hand.
  await log.append(servicesRegisteredTopic.name, decided);
  await run(second);
  await untilRead(second);
  expect(await heard('second')).toEqual(twice('one'));
});

test('what the first decides again in a replay is nothing new to the second', async () => {
  await say('one', 'two');
  await run(first);
  await run(second);
  await untilRead(first);
  await untilRead(second);
  await stopAll();
  await database.queries.execute(sql`update processor_offsets set next_offset = 1 where processor = 'first'`);
  await say('three');
  await run(first);
  await run(second);
  await untilRead(first);
  await untilRead(second);
  expect(await heard('first')).toEqual(['one', 'two', 'one', 'two', 'three']);
  expect(await heard('second')).toEqual(twice('one', 'two', 'three'));
});

test('a log that took the place of another is read from its start, and its decisions are new', async () => {
  await say('one', 'two');
  await run(first);
  await run(second);
  await untilRead(first);
  await untilRead(second);
  await stopAll();
  await log.close();
  await rm(logDirectory, { recursive: true });
  logDirectory = await mkdtemp(join(tmpdir(), 'syntra-chain-log-'));
  log = await openEmbeddedLog({ directory: logDirectory });
  // More than the old one had: offsets alone would not show that it is another.
  await say('three', 'four', 'five', 'six');
  await run(first);
  await run(second);
  await untilRead(first);
  await untilRead(second);
  expect(await heard('second')).toEqual(twice('one', 'two', 'three', 'four', 'five', 'six'));
});

test('what a person puts back is taken although its decision came before, by the one it is meant for', async () => {
  await say('one');
  await run(first);
  const { report } = await run(second);
  await untilRead(first);
  await untilRead(second);
  const tail = await log.tail(servicesRegisteredTopic.name, 0, 'start');
  const [decided] = await tail.next({ maxRecords: 1, maxBytes: 1e6 });
  const putBack = (only: string) => ({
    ...decided!,
    headers: { ...decided!.headers, [onlyForHeader]: only, [retryOfHeader]: 'dlt_1' },
  });
  await log.append(servicesRegisteredTopic.name, [putBack('second'), putBack('third')]);
  await untilRead(second);
  expect(await heard('second')).toEqual([...twice('one'), 'one']);
  await vi.waitFor(() => expect(report().dropped).toEqual({ 'put back for another processor': 1 }));
});
