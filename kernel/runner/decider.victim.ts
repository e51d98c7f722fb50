/**
 * A process for `decider.crash.test.ts` to kill. `work` appends events for ever while a decider sums them up by key and a second counts the sums;
 * `finish` decides what is left and prints what it finds, as one line of JSON.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { openEmbeddedLog } from '../log/embedded.ts';
import type { LogRecord } from '../log/log.ts';
import { defineProcessor, type StateStore } from '../processor.ts';
import { openDatabase } from '../state/database.ts';
import { sql } from '../state/drizzle.ts';
import { startEmbeddedPostgres } from '../state/embedded.ts';
import { decisionIdHeader, servicesRegisteredTopic, servicesSeenTopic } from '../topics.ts';
import { runDecider } from './decider.ts';
import { countingMeter } from './meter.ts';

export interface Findings {
  /** Sum of each key, as the database has it. */
  readonly sums: Readonly<Record<string, number>>;
  /** What the second decider counted of the first one's decisions: as many as there were events. */
  readonly counts: Readonly<Record<string, number>>;
  /** Events of each key on the log, each of which adds one. */
  readonly events: Readonly<Record<string, number>>;
  /** Sums of each key as they were appended, without those whose id came before. */
  readonly appended: Readonly<Record<string, readonly number[]>>;
}

const [dataDir, mode] = process.argv.slice(2) as [string, 'work' | 'finish'];
const postgres = await startEmbeddedPostgres({ dataDir });
const database = await openDatabase(postgres.connection);
const log = await openEmbeddedLog({ directory: dataDir });
/** A number for each key, in a table of its own. */
const numbersIn = async (name: string): Promise<StateStore<number>> => {
  const table = sql.identifier(name);
  await database.queries.execute(sql`create table if not exists ${table} (key text primary key, number int not null)`);
  return {
    async load(queries, keys) {
      const { rows } = await queries.execute<{ key: string; number: number }>(
        sql`select * from ${table} where key in ${keys}`,
      );
      return new Map(rows.map(({ key, number }) => [key, number]));
    },
    async save(queries, changes) {
      for (const { key, after } of changes) {
        await queries.execute(sql`insert into ${table} values (${key}, ${after})
          on conflict (key) do update set number = excluded.number`);
      }
    },
    async clear(queries) {
      await queries.execute(sql`delete from ${table}`);
    },
  };
};

const sumUp = defineProcessor<number, number>({
  name: 'sum-up',
  reads: [servicesSeenTopic],
  writes: [servicesRegisteredTopic],
  initial: 0,
  parse: ({ value }) => Number(Buffer.from(value).toString()),
  decide: (sum, { key, event }) => ({
    state: sum + event,
    emit: [{ topic: servicesRegisteredTopic, key, value: sum + event }],
  }),
  store: await numbersIn('sums'),
});

/** Reads what the other one decided, and would count what comes twice. */
const countSums = defineProcessor<number, number>({
  name: 'count-sums',
  reads: [servicesRegisteredTopic],
  writes: [],
  initial: 0,
  parse: ({ value }) => Number(Buffer.from(value).toString()),
  decide: (count) => ({ state: count + 1, emit: [] }),
  store: await numbersIn('counts'),
});

const readAll = async (topic: string): Promise<LogRecord[]> => {
  const tail = await log.tail(topic, 0, 'start');
  const all: LogRecord[] = [];
  for (;;) {
    const records = await tail.next({ maxRecords: 1000, maxBytes: 1e8 });
    if (records.length === 0) return all;
    all.push(...records);
  }
};

const deciders = [sumUp, countSums];
const stops = await Promise.all(
  deciders.map((decider) => runDecider({ decider, log, database, meter: countingMeter(decider, console.error) })),
);
for (let i = 0; mode === 'work'; i++) {
  await log.append(servicesSeenTopic.name, [{ key: `key-${i % 5}`, headers: {}, value: Buffer.from('1') }]);
  console.log('appended');
}
for (const { name, reads } of deciders) {
  // The first one's place is noted when its outbox is on the log: nothing comes to the second after that.
  while ((await log.lagOf(name, [reads[0]!.name]))[0]!.lag > 0) await sleep(5);
}
for (const stop of stops) await stop();

const numbersOf = async (table: string): Promise<Record<string, number>> => {
  const { rows } = await database.queries.execute<{ key: string; number: number }>(
    sql`select key, number from ${sql.identifier(table)}`,
  );
  return Object.fromEntries(rows.map(({ key, number }) => [key, number]));
};
const events = Map.groupBy(await readAll(servicesSeenTopic.name), ({ key }) => key);
const firsts = new Map(
  (await readAll(servicesRegisteredTopic.name)).reverse().map((r) => [r.headers[decisionIdHeader], r]),
);
const appended = Map.groupBy([...firsts.values()].reverse(), ({ key }) => key);
const findings: Findings = {
  sums: await numbersOf('sums'),
  counts: await numbersOf('counts'),
  events: Object.fromEntries([...events].map(([key, records]) => [key, records.length])),
  appended: Object.fromEntries(
    [...appended].map(([key, records]) => [key, records.map(({ value }) => Number(Buffer.from(value).toString()))]),
  ),
};
await database.close();
await log.close();
await postgres.stop();
console.log(JSON.stringify(findings));
