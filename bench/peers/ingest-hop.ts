/**
 * From OTLP/HTTP onto Kafka: ingest of the product, and the Collector, which answers either when it has the data in
 * memory, as by default, or when the broker has it, as ours; each of them with bodies as they are and with the same bodies
 * under gzip. The work of a round is done when the broker has all of it.
 */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { freePort } from '../../docs/faults/free-port.ts';
import type { World } from '../../docs/faults/world.ts';
import { spansTopic } from '../../kernel/topics.ts';
import type { Compression } from '../http-connection.ts';
import { type CollectorPaths, startIngestingCollector } from './collector.ts';
import type { Contestant } from './rounds.ts';
import { eachOf, type PeerTopics } from './topics.ts';

export interface IngestHopOptions {
  readonly world: World;
  readonly topics: PeerTopics;
  readonly collector: CollectorPaths | undefined;
}

/** Who takes part, started, by what their bodies are compressed with: of each process, both. */
export type IngestContestants = Readonly<Record<Compression, readonly Contestant[]>>;

/** @returns how they end is told to `onStop` */
export const openIngestHop = async (
  { world, topics, collector }: IngestHopOptions,
  onStop: (stop: () => Promise<unknown>) => void,
): Promise<IngestContestants> => {
  const [part] = world.withRole('ingest');
  // In topics of its own, which the processors of the other hop do not read.
  const how = await part!.start({ SYNTRA_KAFKA_PREFIX: prefix });
  if (how !== 'ready') throw new Error(`Ingest ended: ${part!.output()}`);
  onStop(() => part!.stop());
  const processes: IngestProcess[] = [
    { name: 'syntra', child: part!, url: part!.ingest.http, topic: prefix + spansTopic.name },
  ];
  for (const answersAfter of collector === undefined ? [] : (['queue', 'broker'] as const)) {
    const topic = `peers.ingest.${answersAfter}`;
    await topics.create(topic);
    const httpEndpoint = `127.0.0.1:${await freePort()}`;
    const broker = world.stores.kafka!.bootstrap[0]!;
    const child = await startIngestingCollector(collector!, { broker, topic, httpEndpoint, answersAfter });
    onStop(child.stop);
    processes.push({ name: `collector.${answersAfter}`, child, url: `http://${httpEndpoint}`, topic });
  }
  return {
    identity: processes.map((each) => contestant(each, 'identity', topics)),
    gzip: processes.map((each) => contestant(each, 'gzip', topics)),
  };
};

interface IngestProcess extends Pick<Contestant, 'name' | 'child'> {
  readonly url: string;
  /** Where it writes to. */
  readonly topic: string;
}

const contestant = (
  { name, child, url, topic }: IngestProcess,
  compression: Compression,
  topics: PeerTopics,
): Contestant => ({
  name,
  how: compression,
  child,
  async take(requests) {
    const encoded: Record<string, string> = compression === 'identity' ? {} : { 'content-encoding': compression };
    // By the sender, whose CPU is not in it, at the level that senders use.
    const bodies = compression === 'identity' ? requests : await Promise.all(requests.map((body) => gzipped(body)));
    const expected = (await topics.countRecords(topic)) + requests.length;
    const agent = new Agent({ keepAlive: true, maxSockets: connections });
    await eachOf(bodies, connections, async (body) => {
      const status = await post(agent, `${url}/v1/traces`, body, encoded);
      if (status !== 200) throw new Error(`${name} answered ${status}.`);
    });
    agent.destroy();
    const deadlineMs = performance.now() + patienceMs;
    for (;;) {
      const there = await topics.countRecords(topic);
      if (there === expected) return;
      if (there > expected) throw new Error(`${name} appended ${there - expected} requests twice.`);
      if (performance.now() > deadlineMs)
        throw new Error(`${name} lost ${expected - there} requests: ${child.output()}`);
      await sleep(50);
    }
  },
});

const prefix = 'ingest.';
const connections = 8;
const patienceMs = 60_000;

const gzipped = promisify<Uint8Array, Buffer>(gzip);

const post = (
  agent: Agent,
  url: string,
  body: Uint8Array,
  encoded: Readonly<Record<string, string>>,
): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length, ...encoded };
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject).end(body);
  });
