/**
 * From OTLP/HTTP onto Kafka: ingest of the product, and the Collector, which answers either when it has the data in
 * memory, as by default, or when the broker has it, as ours. The work of a round is done when the broker has all of it.
 */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../docs/faults/free-port.ts';
import type { World } from '../../docs/faults/world.ts';
import { spansTopic } from '../../kernel/topics.ts';
import { type CollectorPaths, startIngestingCollector } from './collector.ts';
import type { Contestant } from './rounds.ts';
import { eachOf, type PeerTopics } from './topics.ts';

export interface IngestHopOptions {
  readonly world: World;
  readonly topics: PeerTopics;
  readonly collector: CollectorPaths | undefined;
}

/** @returns who takes part, started, and how they end */
export const openIngestHop = async (
  { world, topics, collector }: IngestHopOptions,
  onStop: (stop: () => Promise<unknown>) => void,
): Promise<Contestant[]> => {
  const [part] = world.withRole('ingest');
  // In topics of its own, which the processors of the other hop do not read.
  const how = await part!.start({ SYNTRA_KAFKA_PREFIX: prefix });
  if (how !== 'ready') throw new Error(`Ingest ended: ${part!.output()}`);
  onStop(() => part!.stop());
  const contestants = [contestant('syntra', part!, part!.ingest.http, prefix + spansTopic.name, topics)];
  for (const answersAfter of collector === undefined ? [] : (['queue', 'broker'] as const)) {
    const topic = `peers.ingest.${answersAfter}`;
    await topics.create(topic);
    const httpEndpoint = `127.0.0.1:${await freePort()}`;
    const broker = world.stores.kafka!.bootstrap[0]!;
    const child = await startIngestingCollector(collector!, { broker, topic, httpEndpoint, answersAfter });
    onStop(child.stop);
    contestants.push(contestant(`collector.${answersAfter}`, child, `http://${httpEndpoint}`, topic, topics));
  }
  return contestants;
};

const contestant = (
  name: string,
  child: Contestant['child'],
  url: string,
  topic: string,
  topics: PeerTopics,
): Contestant => ({
  name,
  child,
  async take(requests) {
    const expected = (await topics.countRecords(topic)) + requests.length;
    const agent = new Agent({ keepAlive: true, maxSockets: connections });
    await eachOf(requests, connections, async (body) => {
      const status = await post(agent, `${url}/v1/traces`, body);
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

const post = (agent: Agent, url: string, body: Uint8Array): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length };
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject).end(body);
  });
