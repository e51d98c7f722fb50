/** The Kafka log against real brokers: what every log promises, and what only one with several partitions and processes can break. */
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Connection, createTopicsV7, deleteRecordsV2 } from '@platformatic/kafka';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { KafkaConfig } from '../config-stores.ts';
import { deletedUnread } from '../runner/deleted-unread.ts';
import { spansTopic, type TopicDefinition } from '../topics.ts';
import { openKafkaLog } from './kafka.ts';
import { type Log, LogFullError, type NewRecord, type PartitionReader, PartitionTakenError } from './log.ts';
import { startKafka, type TestKafka } from './test-kafka.ts';
import { describeLog } from './test-log-contract.ts';

let kafka: TestKafka;
beforeAll(async () => {
  kafka = await startKafka();
});
afterAll(() => kafka.stop());

const configFor = (prefix: string, { bootstrap }: TestKafka = kafka): KafkaConfig => ({
  brokers: bootstrap,
  tls: false,
  sasl: undefined,
  prefix,
  replicas: undefined,
});
/** Asks the broker what no log does. */
const atBroker = async (ask: (connection: Connection) => Promise<unknown>): Promise<void> => {
  const connection = new Connection('test');
  const [host, port] = kafka.bootstrap[0]!.split(':');
  await connection.connect(host!, Number(port));
  await ask(connection).finally(() => connection.close());
};
const newPrefix = (): string => `${randomUUID()}.`;

describeLog({
  name: 'Kafka',
  createPlace: async () => newPrefix(),
  open: (prefix, topics) => openKafkaLog({ kafka: configFor(prefix), topics }),
  // The broker's own retention works on segments that are hours old: asked for, it deletes at once.
  async forget(log, prefix, topic) {
    const { endOffset } = await log.extentOf(topic.name, 0);
    const partitions = [{ partitionIndex: 0, offset: BigInt(endOffset) }];
    await atBroker((connection) =>
      deleteRecordsV2.api.async(connection, [{ name: prefix + topic.name, partitions }], 10_000),
    );
  },
  removePlace: async () => {},
});

const record = (text: string, key = ''): NewRecord => ({ key, headers: { n: text }, value: Buffer.from(text) });
const textOf = ({ value }: { readonly value: Uint8Array }): string => Buffer.from(value).toString();
const everything = { maxRecords: 10_000, maxBytes: 1e9 };
const topic: TopicDefinition = { ...spansTopic, name: 't', partitions: 6 };

const openHere = async (prefix: string, cluster: TestKafka = kafka): Promise<Log> => {
  const log = await openKafkaLog({ kafka: configFor(prefix, cluster), topics: [topic] });
  onTestFinished(() => log.close());
  return log;
};

interface Processed {
  readonly by: string;
  readonly partition: number;
  readonly offset: number;
  readonly text: string;
}

/** A processor that notes what it has read and committed, one batch after another. */
const processAs =
  (by: string, processed: Processed[]) =>
  async (partition: PartitionReader): Promise<void> => {
    while (!partition.signal.aborted) {
      const { offset } = await partition.committed();
      await partition.waitFor(offset, 10_000);
      const records = await partition.read(offset, { maxRecords: 7, maxBytes: 1e6 });
      if (records.length === 0) continue;
      await partition.commit(records.at(-1)!.offset + 1, '');
      for (const r of records) {
        processed.push({ by, partition: partition.partition, offset: r.offset, text: textOf(r) });
      }
    }
  };

test('two members share the partitions, and when one leaves the other has all: every record is committed once', async () => {
  const prefix = newPrefix();
  const [one, two] = [await openHere(prefix), await openHere(prefix)];
  const processed: Processed[] = [];
  const appended: string[] = [];
  const appendSome = async (): Promise<void> => {
    const records = Array.from({ length: 120 }, (_, i) => record(`${appended.length + i}`, `key ${i}`));
    await one.append(topic.name, records);
    appended.push(...records.map(({ value }) => Buffer.from(value).toString()));
  };
  const partitionsOf = (by: string, from: number): number =>
    new Set(processed.slice(from).flatMap((p) => (p.by === by ? [p.partition] : []))).size;

  const leaveOne = await one.join('g', [topic.name], processAs('one', processed));
  await appendSome();
  await expect.poll(() => processed.length).toBe(appended.length);
  expect(partitionsOf('one', 0)).toBe(topic.partitions);

  await two.join('g', [topic.name], processAs('two', processed));
  await expect
    .poll(async () => {
      const from = processed.length;
      await appendSome();
      await expect.poll(() => processed.length).toBe(appended.length);
      return [partitionsOf('one', from), partitionsOf('two', from)];
    })
    .toEqual([3, 3]);

  await leaveOne();
  const from = processed.length;
  await appendSome();
  await expect.poll(() => processed.length).toBe(appended.length);
  expect(partitionsOf('two', from)).toBe(topic.partitions);

  expect(processed.map(({ text }) => text).toSorted()).toEqual(appended.toSorted());
  const lag = await two.lagOf('g', [topic.name]);
  expect(lag.map((partition) => partition.lag)).toEqual(Array(topic.partitions).fill(0));
});

test('a member that was away for too long cannot commit, and comes back as another one', async () => {
  const prefix = newPrefix();
  const log = await openHere(prefix);
  await log.append(topic.name, [record('a', 'k')]);
  const given: PartitionReader[] = [];
  const leave = await log.join('g', [topic.name], async (partition) => {
    given.push(partition);
    await once(partition.signal, 'abort');
  });
  await expect.poll(() => given.length).toBe(topic.partitions);
  const [stale] = given;
  await stale!.commit(0, 'mine');
  // As a process that is not scheduled: the group's coordinator hears nothing for longer than a session lasts.
  const wakeAtMs = Date.now() + 9_000;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, wakeAtMs - Date.now());
  await expect(stale!.commit(0, 'still mine')).rejects.toThrow(PartitionTakenError);
  await expect.poll(() => stale!.signal.aborted).toBe(true);
  await expect.poll(() => given.length).toBe(2 * topic.partitions);
  const again = given.slice(topic.partitions).find(({ partition }) => partition === stale!.partition);
  await again!.commit(0, 'mine again');
  expect(await log.placeOf('g', topic.name, stale!.partition)).toMatchObject({ offset: 0, metadata: 'mine again' });
  await leave();
});

test('records without a key are spread over the partitions, and read wherever they are', async () => {
  const log = await openHere(newPrefix());
  const value = new Uint8Array(300_000);
  for (let i = 0; i < 40; i++) await log.append(topic.name, [{ key: '', headers: {}, value }]);
  const extents = await Promise.all(Array.from({ length: topic.partitions }, (_, i) => log.extentOf(topic.name, i)));
  const counts = extents.map(({ startOffset, endOffset }) => endOffset - startOffset);
  expect(counts.reduce((sum, count) => sum + count)).toBe(40);
  expect(counts.filter((count) => count > 0).length).toBeGreaterThan(1);
  const tails = await Promise.all(counts.map((_, i) => log.tail(topic.name, i, 'start')));
  const read = await Promise.all(tails.map((tail) => tail.next(everything)));
  expect(read.map((records) => records.length)).toEqual(counts);
});

test('uses a topic as the operator made it: one for small batches gets small ones', async () => {
  const prefix = newPrefix();
  const request = { name: prefix + topic.name, numPartitions: 2, replicationFactor: 1, assignments: [] };
  const configs = [{ name: 'max.message.bytes', value: '100000' }];
  await atBroker((connection) => createTopicsV7.api.async(connection, [{ ...request, configs }], 10_000, false));
  const log = await openHere(prefix);
  expect(await log.partitionsOf(topic.name)).toBe(2);
  const values = Array.from({ length: 30 }, (_, i) => ({
    key: 'k',
    headers: {},
    value: randomBytes(30_000).fill(i, 0, 1),
  }));
  await log.append(topic.name, values);
  const tooLarge = { key: '', headers: {}, value: randomBytes(200_000) };
  await expect(log.append(topic.name, [tooLarge])).rejects.toThrow(/MESSAGE_TOO_LARGE/);
  const { partition } = (await log.lagOf('g', [topic.name])).find(({ lag }) => lag > 0)!;
  const read = await (await log.tail(topic.name, partition, 'start')).next(everything);
  expect(read.map(({ value }) => value[0])).toEqual(values.map((_, i) => i));
});

test('takes the largest request, and gives it back to whoever asks for one byte', async () => {
  const log = await openHere(newPrefix());
  const value = randomBytes(64 * 2 ** 20);
  await log.append(topic.name, [{ key: 'k', headers: { n: 'large' }, value }]);
  const { partition } = (await log.lagOf('g', [topic.name])).find(({ lag }) => lag > 0)!;
  const [read] = await (await log.tail(topic.name, partition, 'start')).next({ maxRecords: 1, maxBytes: 1 });
  expect(value.equals(read!.value)).toBe(true);
});

test('wakes all who wait, however many and however late they came', async () => {
  const log = await openHere(newPrefix());
  const woken: number[] = [];
  const waiting: Promise<void>[] = [];
  for (let i = 0; i < 5 * topic.partitions; i++) {
    const tail = await log.tail(topic.name, i % topic.partitions, 'end');
    // Some join a poll together, some find all polls under way.
    if (i % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    waiting.push(tail.wait(60_000).then(() => void woken.push(i)));
  }
  const written = new Set<number>();
  for (let i = 0; written.size < topic.partitions; i++) {
    await log.append(topic.name, [record('a', `${i}`)]);
    const lag = await log.lagOf('nobody', [topic.name]);
    for (const { partition, endOffset } of lag) if (endOffset > 0) written.add(partition);
  }
  await Promise.all(waiting);
  expect(woken).toHaveLength(5 * topic.partitions);
});

test('several processes may start at once', async () => {
  const prefix = newPrefix();
  const logs = await Promise.all([1, 2, 3, 4].map(() => openHere(prefix)));
  for (const log of logs) expect(await log.partitionsOf(topic.name)).toBe(topic.partitions);
});

test('after a commit that nobody answered a member begins anew, so that it cannot undo a later one', async () => {
  const log = await openHere(newPrefix());
  const given: PartitionReader[] = [];
  await log.join('g', [topic.name], async (partition) => {
    given.push(partition);
    await once(partition.signal, 'abort');
  });
  await expect.poll(() => given.length).toBe(topic.partitions);
  const [before] = given;
  kafka.broker(0).pause();
  try {
    await expect(before!.commit(0, 'unanswered')).rejects.toMatchObject({
      name: 'PartitionTakenError',
      cause: expect.objectContaining({ name: 'UnansweredCommitError' }),
    });
  } finally {
    kafka.broker(0).resume();
  }
  expect(before!.signal.aborted).toBe(true);
  await expect.poll(() => given.length).toBe(2 * topic.partitions);
  const after = given.slice(topic.partitions).find(({ partition }) => partition === before!.partition);
  await after!.commit(0, 'later');
  expect(await after!.committed()).toMatchObject({ offset: 0, metadata: 'later' });
  await expect(before!.commit(0, 'earlier')).rejects.toThrow(PartitionTakenError);
});

test('gives what is left when retention takes the front of a batch, also just after it was looked where the log starts', async () => {
  const prefix = newPrefix();
  const log = await openHere(prefix);
  const texts = ['a', 'b', 'c', 'd', 'e'];
  for (const text of texts) await log.append(topic.name, [record(text, 'k')]);
  const { partition: busy } = (await log.lagOf('g', [topic.name])).find(({ lag }) => lag > 0)!;
  const { promise, resolve } = Promise.withResolvers<PartitionReader>();
  const leave = await log.join('g', [topic.name], async (partition) => {
    if (partition.partition === busy) resolve(partition);
    await once(partition.signal, 'abort');
  });
  const partition = await promise;
  await partition.commit(1, 'note');
  expect(await partition.committed()).toMatchObject({ offset: 1, metadata: 'note', deleted: 0 });
  const partitions = [{ partitionIndex: busy, offset: 3n }];
  const name = prefix + topic.name;
  await atBroker((connection) => deleteRecordsV2.api.async(connection, [{ name, partitions }], 10_000));
  const records = await partition.read(1, everything);
  expect(records.map(textOf)).toEqual(['d', 'e']);
  expect(await deletedUnread(log, partition, 1, records)).toBe(2);
  await expect.poll(() => partition.committed()).toMatchObject({ offset: 3, metadata: 'note', deleted: 2 });
  await leave();
});

test('refuses appends while the broker is silent, and takes them again afterwards', async () => {
  const log = await openHere(newPrefix());
  await log.append(topic.name, [record('before')]);
  kafka.broker(0).pause();
  try {
    const mebibytes = Array.from({ length: 70 }, () => ({ key: 'k', headers: {}, value: new Uint8Array(2 ** 20) }));
    const tooMany = await Promise.race(mebibytes.map((one) => log.append(topic.name, [one]).catch((error) => error)));
    expect(String(tooMany)).toMatch(/LogFullError.*held in memory/);
    const refused = await Promise.allSettled([1, 2, 3].map((i) => log.append(topic.name, [record(`lost ${i}`, 'k')])));
    for (const result of refused)
      expect(result).toMatchObject({ status: 'rejected', reason: expect.any(LogFullError) });
  } finally {
    kafka.broker(0).resume();
  }
  await expect.poll(() => log.append(topic.name, [record('after')]).then(() => 'taken')).toBe('taken');
  // Away for so long, it may yet lose its partitions for a moment.
  await expect.poll(() => log.ping().then(() => 'answers')).toBe('answers');
});

test('loses nothing acknowledged, and stores nothing twice, when the leader is killed under appends', async () => {
  const cluster = await startKafka({ brokers: 3 });
  onTestFinished(() => cluster.stop());
  const log = await openHere(newPrefix(), cluster);
  const acknowledged: string[] = [];
  let running = true;
  let attempts = 0;
  const append = async (): Promise<void> => {
    while (running) {
      const text = `${attempts++}`;
      await log.append(topic.name, [record(text, text)]).then(
        () => acknowledged.push(text),
        (error: unknown) => expect(error).toBeInstanceOf(LogFullError),
      );
    }
  };
  const appending = Promise.all(Array.from({ length: 20 }, append));
  await expect.poll(() => acknowledged.length).toBeGreaterThan(500);
  await cluster.broker(0).kill();
  const atKill = acknowledged.length;
  await expect.poll(() => acknowledged.length, { timeout: 40_000 }).toBeGreaterThan(atKill + 2000);
  running = false;
  await appending;
  const stored: string[] = [];
  for (let partition = 0; partition < topic.partitions; partition++) {
    const tail = await log.tail(topic.name, partition, 'start');
    const { endOffset } = await log.extentOf(topic.name, partition);
    while (tail.position < endOffset) stored.push(...(await tail.next(everything)).map(textOf));
  }
  expect(new Set(stored).size).toBe(stored.length);
  const there = new Set(stored);
  expect(acknowledged.filter((text) => !there.has(text))).toEqual([]);
}, 120_000);
