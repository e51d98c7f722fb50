/**
 * From Kafka into ClickHouse: the processors of the product, and the peers, each with a topic and tables of its own. A
 * round appends the same requests to one topic after the other and waits until their rows are there; what counts is the
 * CPU time of the process between the two.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { constants, zstdCompressSync } from 'node:zlib';
import { onServer } from '../../docs/faults/inspect.ts';
import type { World } from '../../docs/faults/world.ts';
import { openKafkaLog } from '../../kernel/log/kafka.ts';
import type { Log } from '../../kernel/log/log.ts';
import { spansTopic, zstdRequestHeaders } from '../../kernel/topics.ts';
import type { Child } from './child.ts';
import { type PeersClickHouse, startPeersClickHouse } from './clickhouse.ts';
import { type CollectorPaths, startStoringCollector } from './collector.ts';
import { otelSchema } from './otel-schema.ts';
import { spansPerRequest } from './requests.ts';
import { startRotel } from './rotel.ts';
import type { Contestant } from './rounds.ts';
import { eachOf, type PeerTopics } from './topics.ts';

export interface StoreHopOptions {
  readonly world: World;
  readonly topics: PeerTopics;
  readonly collector: CollectorPaths | undefined;
  readonly withRotel: boolean;
}

/** @returns who takes part, started, and how they end */
export const openStoreHop = async (
  { world, topics, collector, withRotel }: StoreHopOptions,
  onStop: (stop: () => Promise<unknown>) => void,
): Promise<Contestant[]> => {
  const broker = world.stores.kafka!.bootstrap[0]!;
  const syntra = await openSyntra(world, broker, onStop);
  if (collector === undefined) return [syntra];
  const clickhouse = await startPeersClickHouse();
  onStop(clickhouse.stop);
  const contestants = [syntra];
  const add = async (name: string, start: (topic: string, database: string) => Promise<Child>) => {
    const topic = `peers.${name}`;
    const database = `otel_${name.replace('.', '_')}`;
    await topics.create(topic);
    for (const sql of [`CREATE DATABASE ${database}`, ...otelSchema(database)]) await clickhouse.run(sql);
    const child = await start(topic, database);
    onStop(child.stop);
    contestants.push({
      name,
      child,
      take: async (requests) => {
        const before = await countSpans(clickhouse, database);
        await topics.append(topic, requests);
        await untilThere(before + requests.length * spansPerRequest, () => countSpans(clickhouse, database), child);
      },
    });
  };
  const hop = { broker, clickhouseUrl: clickhouse.url };
  for (const compress of ['lz4', 'none'] as const) {
    await add(`collector.${compress}`, (topic, database) =>
      startStoringCollector(collector, { ...hop, topic, database, compress }),
    );
  }
  if (withRotel) {
    await add('rotel', (topic, database) => startRotel({ ...hop, topic, database, compress: 'lz4' }));
  }
  return contestants;
};

const openSyntra = async (
  world: World,
  broker: string,
  onStop: (stop: () => Promise<unknown>) => void,
): Promise<Contestant> => {
  const kafka = { brokers: [broker], tls: false, sasl: undefined, prefix: '', replicas: undefined };
  const log = await openKafkaLog({ kafka });
  onStop(log.close);
  const [part] = world.withRole('processors');
  const how = await part!.start();
  if (how !== 'ready') throw new Error(`The processors ended: ${part!.output()}`);
  const ask = onServer(world.stores.clickhouseUrl!);
  const count = async (): Promise<number> => {
    const [row] = await ask<{ n: number }>(`SELECT toUInt32(count()) AS n FROM spans WHERE project = 'prj_default'`);
    return row!.n;
  };
  return {
    name: 'syntra',
    child: part!,
    async take(requests) {
      const before = await count();
      await appendAsIngest(log, requests);
      await untilThere(before + requests.length * spansPerRequest, count, part!);
    },
  };
};

/** With the headers and the compression that ingest gives them. */
const appendAsIngest = (log: Log, requests: readonly Uint8Array[]): Promise<void> =>
  eachOf(requests, 16, async (request) => {
    const receivedAtMs = Date.now();
    const facts = { org: 'org_default', project: 'prj_default', retentionDays: 30, records: spansPerRequest };
    const headers = zstdRequestHeaders({ ...facts, receivedAtMs });
    const value = zstdCompressSync(request, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
    await log.append(spansTopic.name, [{ key: '', headers, value }]);
  });

const countSpans = async (clickhouse: PeersClickHouse, database: string): Promise<number> =>
  Number(await clickhouse.run(`SELECT count() FROM ${database}.otel_traces`));

/** @throws Error when some never come, or more than were sent */
const untilThere = async (
  expected: number,
  count: () => Promise<number>,
  child: Contestant['child'],
): Promise<void> => {
  const deadlineMs = performance.now() + patienceMs;
  for (;;) {
    const there = await count();
    if (there === expected) break;
    if (there > expected) throw new Error(`${there - expected} spans are there twice.`);
    if (performance.now() > deadlineMs) {
      throw new Error(`${expected - there} spans did not come. It printed:\n${child.output()}`);
    }
    await sleep(100);
  }
  // What follows a stored row is part of the work: rows of other tables, and telling Kafka how far it has come.
  await sleep(settleMs);
  if ((await count()) !== expected) throw new Error('Spans are there twice.');
};

const patienceMs = 300_000;
const settleMs = 1_500;
