/** What changes under a Kafka log while it runs: topics that grow, go and come back, a clock that is set back. And how little it asks while nothing happens. */
import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Connection,
  consumerGroupHeartbeatV1,
  createPartitionsV3,
  createTopicsV7,
  deleteTopicsV6,
  fetchV16,
} from '@platformatic/kafka';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { OperatorError } from '../operator-error.ts';
import { spansTopic, type TopicDefinition } from '../topics.ts';
import { openKafkaLog } from './kafka.ts';
import type { Log, NewRecord, PartitionReader } from './log.ts';
import { startKafka, type TestKafka } from './test-kafka.ts';

let kafka: TestKafka;
beforeAll(async () => {
  kafka = await startKafka();
});
afterAll(() => kafka.stop());

const topic: TopicDefinition = { ...spansTopic, name: 't', partitions: 2 };
const everything = { maxRecords: 10_000, maxBytes: 1e9 };
const record = (text: string, key = ''): NewRecord => ({ key, headers: {}, value: Buffer.from(text) });
const newPrefix = (): string => `${randomUUID()}.`;

const openHere = async (prefix: string, topics: readonly TopicDefinition[] = [topic]): Promise<Log> => {
  const { bootstrap: brokers } = kafka;
  const log = await openKafkaLog({
    kafka: { brokers, tls: false, sasl: undefined, prefix, replicas: undefined },
    topics,
    startTimeoutMs: 5_000,
  });
  onTestFinished(() => log.close());
  return log;
};

/** Asks the broker what no log does. */
const atBroker = async (ask: (connection: Connection) => Promise<unknown>): Promise<void> => {
  const connection = new Connection('test');
  const [host, port] = kafka.bootstrap[0]!.split(':');
  await connection.connect(host!, Number(port));
  await ask(connection).finally(() => connection.close());
};
const createTopic = (name: string, numPartitions: number, settings: Readonly<Record<string, string>> = {}) =>
  atBroker((connection) => {
    const configs = Object.entries(settings).map(([name, value]) => ({ name, value }));
    const request = { name, numPartitions, replicationFactor: 1, assignments: [], configs };
    return createTopicsV7.api.async(connection, [request], 10_000, false);
  });
const deleteTopic = (name: string) =>
  atBroker((connection) =>
    deleteTopicsV6.api.async(connection, [{ name, topicId: '00000000-0000-0000-0000-000000000000' }], 10_000),
  );

/** Joins and holds whatever it is given. */
const joinAnd = async (log: Log): Promise<PartitionReader[]> => {
  const given: PartitionReader[] = [];
  await log.join('g', [topic.name], async (partition) => {
    given.push(partition);
    await once(partition.signal, 'abort');
  });
  await expect.poll(() => given.length).toBe(topic.partitions);
  return given;
};

test('a wall clock that is set back stops nobody', async () => {
  const log = await openHere(newPrefix());
  const [held] = await joinAnd(log);
  await log.append(topic.name, [record('before')]);
  await log.ping();
  const real = Date.now;
  onTestFinished(() => void vi.restoreAllMocks());
  vi.spyOn(Date, 'now').mockImplementation(() => real() - 3_600_000);
  // Silent for long enough that it is asked again for whatever was not answered.
  kafka.broker(0).pause();
  const refused = log.append(topic.name, [record('during')]).catch((error: unknown) => error);
  try {
    expect(String(await refused)).toMatch(/LogFullError/);
  } finally {
    kafka.broker(0).resume();
  }
  await expect.poll(() => log.append(topic.name, [record('after')]).then(() => 'taken')).toBe('taken');
  await expect.poll(() => log.ping().then(() => 'answers')).toBe('answers');
  await expect
    .poll(() =>
      held!.commit(0, 'after').then(
        () => 'committed',
        ({ name }) => name,
      ),
    )
    .toMatch(/committed|Taken/);
}, 60_000);

test('members, appends and whoever asks take note of a topic that grows', async () => {
  const prefix = newPrefix();
  const log = await openHere(prefix);
  const given = await joinAnd(log);
  await atBroker((connection) =>
    createPartitionsV3.api.async(
      connection,
      [{ name: prefix + topic.name, count: 4, assignments: null }],
      10_000,
      false,
    ),
  );
  await expect.poll(() => given.map(({ partition }) => partition).toSorted()).toEqual([0, 1, 2, 3]);
  expect(await log.partitionsOf(topic.name)).toBe(4);
  const records = Array.from({ length: 40 }, (_, i) => record(`${i}`, `key ${i}`));
  await log.append(topic.name, records);
  const lag = await log.lagOf('g', [topic.name]);
  expect(lag.map(({ endOffset }) => endOffset > 0)).toEqual([true, true, true, true]);
  const read = await Promise.all(
    given.map(async (partition) => {
      await partition.waitFor(0, 10_000);
      return (await partition.read(0, everything)).length;
    }),
  );
  expect(read.reduce((sum, count) => sum + count)).toBe(40);
});

test('is not well without one of its topics, and reads on in the one that takes its place', async () => {
  const prefix = newPrefix();
  const log = await openHere(prefix);
  await log.append(topic.name, [record('old', 'k')]);
  const tails = await Promise.all([0, 1].map((partition) => log.tail(topic.name, partition, 'start')));
  const read = async (): Promise<string[]> =>
    (await Promise.all(tails.map((tail) => tail.next(everything)))).flat().map(({ value }) => String(value));
  expect(await read()).toEqual(['old']);
  await deleteTopic(prefix + topic.name);
  await expect.poll(() => log.ping().catch((error: Error) => error.message)).toMatch(/no topic .*t any more/);
  const again = await openHere(prefix);
  await again.append(topic.name, [record('new', 'k')]);
  const found: string[] = [];
  await expect
    .poll(async () => {
      await Promise.race(tails.map((tail) => tail.wait(1_000)));
      found.push(...(await read().catch(() => [])));
      return found;
    })
    .toEqual(['new']);
  await log.append(topic.name, [record('newer', 'k')]);
  await expect.poll(read).toEqual(['newer']);
  await log.ping();
}, 60_000);

test.each([
  [
    'several partitions where there must be one',
    { ...topic, partitions: 1 },
    3,
    {},
    /has 3 partitions and must have one/,
  ],
  ['a policy that deletes by age what is kept by key', { ...topic, cleanup: 'compact' }, 2, {}, /set it to compact/],
  ['a policy that deletes by key', topic, 2, { 'cleanup.policy': 'compact,delete' }, /set it to delete/],
] as const)('refuses a topic with %s', async (_, declared, partitions, settings, advice) => {
  const prefix = newPrefix();
  await createTopic(prefix + declared.name, partitions, settings);
  const error = await openHere(prefix, [declared]).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(OperatorError);
  expect((error as Error).message).toMatch(advice);
});

test('is closed for whoever closes it a second time when it is for the first', async () => {
  const log = await openHere(newPrefix());
  await joinAnd(log);
  const closed: string[] = [];
  void log.close().then(() => closed.push('first'));
  await log.close();
  expect(closed).toEqual(['first']);
});

test('takes a large append while small ones come and go', async () => {
  const log = await openHere(newPrefix());
  const large = { key: 'k', headers: {}, value: new Uint8Array(64 * 2 ** 20) };
  await Promise.all([log.append(topic.name, [record('small')]), log.append(topic.name, [large])]);
});

test('asks next to nothing while nothing happens', async () => {
  const log = await openHere(newPrefix());
  const counts = new Map<number, number>();
  const count = (message: unknown): void => {
    const { apiKey } = message as { readonly apiKey: number };
    counts.set(apiKey, (counts.get(apiKey) ?? 0) + 1);
  };
  subscribe('tracing:plt:kafka:connections:api:start', count);
  onTestFinished(() => void unsubscribe('tracing:plt:kafka:connections:api:start', count));
  await joinAnd(log);
  const waiting = new AbortController();
  onTestFinished(() => waiting.abort());
  // They come one after another, and each comes back every now and then.
  for (let i = 0; i < 10; i++) {
    const tail = await log.tail(topic.name, i % topic.partitions, 'end');
    void (async () => {
      while (!waiting.signal.aborted) await tail.wait(1_000, waiting.signal);
    })();
    await sleep(30);
  }
  const spentIn = async (ms: number) => {
    counts.clear();
    await sleep(ms);
    return {
      fetches: counts.get(fetchV16.api.key) ?? 0,
      heartbeats: counts.get(consumerGroupHeartbeatV1.api.key) ?? 0,
    };
  };
  // Two polls; and twice as many heartbeats while partitions move as this broker asks for, which is two a second.
  const fewer = await vi.waitUntil(
    async () => {
      const { fetches, heartbeats } = await spentIn(6_000);
      return fetches <= 4 && heartbeats <= 13 && { fetches, heartbeats };
    },
    { timeout: 50_000, interval: 10 },
  );
  expect(fewer).toMatchObject({ fetches: expect.any(Number) });
}, 60_000);
