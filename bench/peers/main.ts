/**
 * The product against other data planes, hop by hop, with the same payloads in the same run: `node bench/peers/main.ts
 * [--quick] [--record]`. What counts is spans per CPU second of the process that does the hop. README.md says how each
 * of them is set up, and what can and what cannot be compared.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWorld } from '../../docs/faults/world.ts';
import { collectStops } from '../../kernel/stops.ts';
import { isQuick, medianOf, report, type Target } from '../results.ts';
import { findCollector } from './collector.ts';
import { openIngestHop } from './ingest-hop.ts';
import { openRequests } from './requests.ts';
import { isRotelHere } from './rotel.ts';
import { runRounds, type Standing } from './rounds.ts';
import { openStoreHop } from './store-hop.ts';
import { openPeerTopics } from './topics.ts';

const wanted = isQuick
  ? { rounds: 1, requestsPerRound: 40, requestsToWarmUp: 20 }
  : { rounds: 5, requestsPerRound: 400, requestsToWarmUp: 400 };

const main = async (): Promise<void> => {
  const program = await findCollector({ mayBuild: !isQuick });
  const stops = collectStops();
  try {
    const directory = await mkdtemp(join(tmpdir(), 'syntra-peers-'));
    stops.add(() => rm(directory, { recursive: true, force: true }));
    const world = await openWorld({
      mode: 'distributed',
      layout: { ingest: 1, processors: 1, api: 0 },
      env: { UV_THREADPOOL_SIZE: '16' },
    });
    stops.add(world.close);
    const topics = openPeerTopics(world.stores.kafka!.bootstrap[0]!);
    stops.add(topics.close);
    const collector = program === undefined ? undefined : { program, directory };
    const requests = openRequests();

    const ofIngest = collectStops();
    stops.add(ofIngest.run);
    console.log('OTLP/HTTP to Kafka');
    const ingesting = await openIngestHop({ world, topics, collector }, ofIngest.add);
    const { identity, gzip } = ingesting;
    const standings = await runRounds([...identity, ...gzip], requests, wanted);
    tell('ingest', standings.slice(0, identity.length), target);
    tellMemory('ingest', standings.slice(0, identity.length));
    tell('ingest.gzip', standings.slice(identity.length));
    await ofIngest.run();

    console.log('Kafka to ClickHouse');
    const withRotel = isRotelHere();
    const storing = await openStoreHop({ world, topics, collector, withRotel }, stops.add);
    const stored = await runRounds(storing, requests, wanted);
    tell('store', stored, target);
    tellMemory('store', stored);
  } finally {
    await stops.run();
  }
};

/** Of both hops: the Collector's spans per CPU second, three times. */
const target: Target = { atLeast: 3 };

const tell = (hop: string, standings: readonly Standing[], target?: Target): void => {
  for (const { name, spansPerCpuSecond } of standings) {
    report({ name: `peers.${hop}.${name}`, values: spansPerCpuSecond, unit: 'spans per CPU second' });
  }
  const [ours, ...others] = standings;
  const collectors = others.filter(({ name }) => name.startsWith('collector')).sort((a, b) => middle(b) - middle(a));
  const best = collectors[0];
  if (best === undefined) return;
  console.log(`The Collector at its best: ${best.name}`);
  const ratios = ours!.spansPerCpuSecond.map((each, round) => each / best.spansPerCpuSecond[round]!);
  report({ name: `peers.${hop}.ratio`, values: ratios, unit: "× the Collector's best", ...(target && { target }) });
};

/** Of processes: what was sent to them in another form is in it, too. */
const tellMemory = (hop: string, standings: readonly Standing[]): void => {
  for (const { name, peakMemoryMib } of standings) {
    report({ name: `peers.${hop}.${name}.memory`, values: peakMemoryMib, unit: 'MiB resident at most' });
  }
};

const middle = ({ spansPerCpuSecond }: Standing): number => medianOf([...spansPerCpuSecond].sort((a, b) => a - b));

await main();
