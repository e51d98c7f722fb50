/** A state that is forgotten and built anew is the state there was, and nobody downstream hears of it twice. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { putBackRecord } from '../letter-on-log.ts';
import { openEmbeddedLog } from '../log/embedded.ts';
import { GroupInUseError, type Log } from '../log/log.ts';
import { type Decider, defineProcessor, type StateStore } from '../processor.ts';
import { runDecider } from '../runner/decider.ts';
import { countingMeter } from '../runner/meter.ts';
import { type Database, openDatabase } from '../state/database.ts';
import { sql } from '../state/drizzle.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../state/embedded.ts';
import { processorOutbox } from '../state/tables.ts';
import { deadLettersTopic, servicesRegisteredTopic, servicesSeenTopic } from '../topics.ts';
import { type ReplayStores, runReplay } from './replay.ts';

let directory: string;
let postgres: EmbeddedPostgres;
let database: Database;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-replay-'));
  postgres = await startEmbeddedPostgres({ dataDir: directory, report: () => {} });
  database = await openDatabase(postgres.connection);
  await database.queries.execute(sql`create table totals (
    who text not null, key text not null, total int not null, primary key (who, key))`);
});
afterAll(async () => {
  await database.close();
  await postgres.stop();
  await rm(directory, { recursive: true });
});

let logDirectory: string;
let log: Log;
beforeEach(async () => {
  logDirectory = await mkdtemp(join(tmpdir(), 'syntra-replay-log-'));
  log = await openEmbeddedLog({ directory: logDirectory });
  refused = undefined;
  await database.queries.execute(
    sql`truncate totals, dead_letters, processor_offsets, processor_outbox, processor_marks`,
  );
});
afterEach(async () => {
  await log.close();
  await rm(logDirectory, { recursive: true });
});

const totalsOf = (who: string): StateStore<number> => ({
  async load(queries, keys) {
    const { rows } = await queries.execute<{ key: string; total: number }>(
      sql`select key, total from totals where who = ${who} and key in ${keys}`,
    );
    return new Map(rows.map(({ key, total }) => [key, total]));
  },
  async save(queries, changes) {
    for (const { key, after } of changes) {
      await queries.execute(sql`insert into totals values (${who}, ${key}, ${after})
        on conflict (who, key) do update set total = excluded.total`);
    }
  },
  async clear(queries) {
    await queries.execute(sql`delete from totals where who = ${who}`);
  },
});

/** A number that nobody can add, as long as it is one. */
let refused: number | undefined;
const accept = (number: number): number => {
  if (number === refused) throw new Error(`${number} is too much`);
  return number;
};

/** Adds numbers up and passes each on. */
const addUp = defineProcessor<number, number>({
  name: 'add-up',
  reads: [servicesSeenTopic],
  writes: [servicesRegisteredTopic],
  initial: 0,
  store: totalsOf('add-up'),
  parse: ({ value }) => Number(Buffer.from(value).toString()),
  decide: (total, { key, event }) => ({
    state: total + accept(event),
    emit: [{ topic: servicesRegisteredTopic, key, value: event }],
  }),
});
const addAgain = defineProcessor<number, number>({
  ...addUp,
  name: 'add-again',
  reads: [servicesRegisteredTopic],
  writes: [],
  store: totalsOf('add-again'),
  decide: (total, { event }) => ({ state: total + event, emit: [] }),
});
const deciders = [addUp, addAgain];

const append = (key: string, ...numbers: number[]) =>
  log.append(
    servicesSeenTopic.name,
    numbers.map((number) => ({ key, headers: {}, value: Buffer.from(String(number)) })),
  );
const runAll = async (those: readonly Decider<number, number>[] = deciders): Promise<void> => {
  for (const decider of those) {
    const stop = await runDecider({ decider, log, database, meter: countingMeter(decider, () => {}) });
    await vi.waitFor(
      async () => expect((await log.lagOf(decider.name, [decider.reads[0]!.name]))[0]!.lag).toBe(0),
      20_000,
    );
    await stop();
  }
};
const totals = async (): Promise<string[]> => {
  const { rows } = await database.queries.execute<{ row: string }>(
    sql`select who || ' ' || key || ' ' || total as row from totals order by 1`,
  );
  return rows.map(({ row }) => row);
};
const replay = async (line: string): Promise<string[]> => {
  const printed: string[] = [];
  const stores = { log, database } as ReplayStores;
  await runReplay(line.split(' '), stores, deciders, (text) => printed.push(text));
  return printed;
};

test('a state that was cleared is built anew as it was, and those who read its decisions hear nothing new', async () => {
  await append('a', 1, 2, 3);
  await append('b', 10);
  await runAll();
  const before = await totals();
  expect(before).toEqual(['add-again a 6', 'add-again b 10', 'add-up a 6', 'add-up b 10']);
  const printed = await replay('--topic services.seen --from start --group add-up --clear');
  expect(printed).toEqual(['Forgot the state of add-up.', 'add-up reads 4 records again when it runs next.']);
  expect(await totals()).toEqual(['add-again a 6', 'add-again b 10']);
  await runAll();
  expect(await totals()).toEqual(before);
});

test('a reader of decisions is built anew too, although all of them are repeats by now', async () => {
  await append('a', 1, 2, 3);
  await runAll();
  // Each decision is on the log twice from here on.
  await replay('--topic services.seen --from start --group add-up --clear');
  await runAll();
  const before = await totals();
  await replay('--topic services.registered --from start --group add-again --clear');
  expect(await totals()).toEqual(['add-up a 6']);
  await runAll();
  expect(await totals()).toEqual(before);
});

test('without --clear the state is kept and what comes again is decided on again', async () => {
  await append('a', 1);
  await runAll();
  const { endOffset } = await log.extentOf(servicesSeenTopic.name, 0);
  await append('a', 2);
  await runAll();
  const printed = await replay(`--topic services.seen --from ${endOffset} --group add-up`);
  expect(printed).toEqual(['add-up reads 1 record again when it runs next.']);
  await runAll([addUp]);
  expect(await totals()).toEqual(['add-again a 3', 'add-up a 5']);
});

test('never skips what was not read yet', async () => {
  await append('a', 1);
  await runAll([addUp]);
  await append('a', 2, 4);
  const { endOffset } = await log.extentOf(servicesSeenTopic.name, 0);
  await replay(`--topic services.seen --from ${endOffset - 1} --group add-up`);
  await runAll([addUp]);
  expect(await totals()).toEqual(['add-up a 7']);
});

test('is refused while somebody reads, where records are gone, and for offsets that are not there', async () => {
  await append('a', 1);
  await runAll();
  const before = await totals();
  const stop = await runDecider({ decider: addUp, log, database, meter: countingMeter(addUp, () => {}) });
  const line = '--topic services.seen --group add-up --from';
  await expect(replay(`${line} start --clear`)).rejects.toThrow(GroupInUseError);
  await stop();
  await expect(replay(`${line} 2026-01-01 --clear`)).rejects.toThrow(/needs --from start/);
  await expect(replay(`${line} 77`)).rejects.toThrow(/has no offset 77: it holds 1 to 1\./);
  await log.retain(Date.now() + 25 * 3_600_000);
  await expect(replay(`${line} start --clear`)).rejects.toThrow(/no longer holds its first records/);
  expect(await totals()).toEqual(before);
});

test('what was put back is decided on once, in the place of its original, and its letter is forgotten', async () => {
  refused = 3;
  await append('a', 1, 2, 3);
  await runAll([addUp]);
  const letters = await (await log.tail(deadLettersTopic.name, 0, 'start')).next({ maxRecords: 10, maxBytes: 1e6 });
  expect(letters).toHaveLength(1);
  expect(await totals()).toEqual(['add-up a 3']);
  refused = undefined;
  await log.append(servicesSeenTopic.name, [putBackRecord(letters[0]!)]);
  await append('a', 4);
  await runAll([addUp]);
  expect(await totals()).toEqual(['add-up a 10']);
  for (let times = 0; times < 2; times++) {
    await replay('--topic services.seen --from start --group add-up --clear');
    await runAll([addUp]);
    expect(await totals()).toEqual(['add-up a 10']);
  }
  const decisions = await log.tail(deadLettersTopic.name, 0, letters[0]!.offset + 1);
  const [forgotten] = await decisions.next({ maxRecords: 10, maxBytes: 1e6 });
  expect([forgotten!.key, JSON.parse(Buffer.from(forgotten!.value).toString())]).toEqual([
    letters[0]!.key,
    { decision: 'replayed' },
  ]);
  // What is put back from now on is an event like others.
  await log.append(servicesSeenTopic.name, [putBackRecord(letters[0]!)]);
  await runAll([addUp]);
  expect(await totals()).toEqual(['add-up a 13']);
});

test('is refused while a dead letter is on its way to the log, behind the decision to forget it', async () => {
  await append('a', 1);
  await runAll();
  const row = { processor: 'add-up', sourceTopic: servicesSeenTopic.name, sourcePartition: 0 };
  const letter = { topic: deadLettersTopic.name, key: 'dlt_1', headers: {}, value: Buffer.from('1') };
  await database.queries.insert(processorOutbox).values({ ...row, ...letter });
  await expect(replay('--topic services.seen --from start --group add-up')).rejects.toThrow(/had all that it decided/);
});

test('where the first record is gone, no state is built anew, also when the log begins only one further', async () => {
  await append('a', 1);
  await runAll();
  const stores = { log: { ...log, firstOffset: 0 }, database } as ReplayStores;
  const argv = '--topic services.seen --from start --group add-up --clear'.split(' ');
  await expect(runReplay(argv, stores, deciders, () => {})).rejects.toThrow(/no longer holds its first records/);
});
