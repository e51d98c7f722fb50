/**
 * What Kafka's client libraries cost: `node bench/kafka-clients.ts [--record]`, on a broker of its own on loopback.
 * Values are of two kinds: requests (about 130 KB of OTLP, already compressed, one a batch) and events (JSON of about
 * 300 bytes, a hundred a batch). 16 appends in flight, acks=all, idempotent, four partitions. Time is CPU time of this process, so
 * that neither the broker nor a busy machine blurs it; each figure is the median of several rounds.
 * `--record` adds CPU time and stored bytes to results.jsonl; rates are of this moment and are only shown.
 */
import { createHash } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { Admin } from '@platformatic/kafka';
import { startKafka } from '../kernel/log/test-kafka.ts';
import type { BenchClient, BenchRecord } from './kafka-clients/client.ts';
import { connectKafkajs } from './kafka-clients/kafkajs.ts';
import { connectPlatformatic } from './kafka-clients/platformatic.ts';
import { tracePayload } from './payloads.ts';
import { report as reportFigure } from './results.ts';

const rounds = 3;
const inFlight = 16;
const partitions = 4;
const measured = ['bench/kafka-clients', 'bench/kafka-clients.ts', 'kernel/log/test-kafka', 'package-lock.json'];

interface Workload {
  readonly name: 'requests' | 'events';
  readonly batches: readonly (readonly BenchRecord[])[];
  /** How many of them a round appends, over and over. */
  readonly appends: number;
}

const workloads: readonly Workload[] = [
  { name: 'requests', batches: Array.from({ length: 40 }, (_, seed) => [request(seed)]), appends: 2_000 },
  {
    name: 'events',
    batches: Array.from({ length: 40 }, (_, seed) => Array.from({ length: 100 }, (_, i) => event(seed * 100 + i))),
    appends: 2_000,
  },
];

const clients = { kafkajs: connectKafkajs, platformatic: connectPlatformatic };

const main = async () => {
  const kafka = await startKafka({ settings: { 'message.max.bytes': 2 ** 24 } });
  const admin = new Admin({ clientId: 'bench', bootstrapBrokers: kafka.bootstrap });
  try {
    for (const workload of workloads) {
      for (const [name, connect] of Object.entries(clients)) {
        for (const compression of ['none', 'zstd'] as const) {
          const connected = () => connect(kafka.bootstrap, compression);
          await measure(`kafka.${name}.${workload.name}.${compression}`, connected, workload, admin);
        }
      }
    }
  } finally {
    await admin.close();
    await kafka.stop();
  }
};

const measure = async (
  name: string,
  connect: () => Promise<BenchClient>,
  workload: Workload,
  admin: Admin,
): Promise<void> => {
  const sent = workload.batches.reduce((sum, batch) => sum + valueBytes(batch), 0);
  const bytes = (sent / workload.batches.length) * workload.appends;
  const records = workload.batches[0]!.length * workload.appends;
  const appended: Cost[] = [];
  const read: Cost[] = [];
  let stored = 0;
  for (let round = 0; round <= rounds; round += 1) {
    const topic = `${name}-${round}`;
    await admin.createTopics({ topics: [topic], partitions, replicas: 1 });
    // A new one each time: kafkajs fails for good once a topic that it knows of is deleted.
    const client = await connect();
    const append = await costOf(() => appendAll(client, topic, workload));
    let seen = 0;
    const reading = await costOf(async () => {
      seen = await client.readAll(topic, partitions, records);
    });
    if (Math.abs(seen - bytes) > 1) throw new Error(`${name}: read ${seen} bytes of ${bytes}`);
    stored = await storedBytes(admin, topic);
    await client.close();
    await admin.deleteTopics({ topics: [topic] });
    // The first round is for the compiler.
    if (round > 0) {
      appended.push(append);
      read.push(reading);
    }
  }
  for (const [what, costs] of [
    ['append', appended],
    ['read', read],
  ] as const) {
    const cpuSeconds = median(costs.map((cost) => cost.cpuSeconds));
    const seconds = median(costs.map((cost) => cost.seconds));
    if (workload.name === 'requests') {
      report(`${name}.${what}.cpu`, (cpuSeconds / bytes) * 1e9, 'CPU seconds per GB');
    } else {
      report(`${name}.${what}.cpu`, (cpuSeconds / records) * 1e6, 'CPU seconds per million records');
    }
    show(`${name}.${what}.rate`, bytes / seconds / 1e6, 'MB of values per second');
  }
  report(`${name}.stored`, stored / records, 'bytes stored per record');
};

/** Each lane sends the next when its last was acknowledged; a lane keeps to one partition. */
const appendAll = async (client: BenchClient, topic: string, { batches, appends }: Workload): Promise<void> => {
  let next = 0;
  const lane = async (index: number) => {
    while (next < appends) {
      const batch = batches[next++ % batches.length]!;
      await client.append(topic, index % partitions, batch);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, index) => lane(index)));
};

const storedBytes = async (admin: Admin, topic: string): Promise<number> => {
  const wanted = [{ name: topic, partitions: Array.from({ length: partitions }, (_, i) => i) }];
  const described = await admin.describeLogDirs({ topics: wanted });
  let sum = 0;
  for (const { results } of described) {
    for (const { topics } of results) {
      for (const { name, partitions: stored } of topics) {
        if (name === topic) for (const { partitionSize } of stored) sum += Number(partitionSize);
      }
    }
  }
  return sum;
};

interface Cost {
  readonly cpuSeconds: number;
  readonly seconds: number;
}

const costOf = async (work: () => Promise<void>): Promise<Cost> => {
  const started = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { cpuSeconds: (user + system) / 1e6, seconds: (performance.now() - started) / 1e3 };
};

const report = (name: string, values: number, unit: string): void => reportFigure({ name, values, unit, measured });

const show = (name: string, value: number, unit: string): void =>
  console.log(`${name.padEnd(52)} ${Number(value.toPrecision(3)).toLocaleString('en').padStart(10)} ${unit}`);

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const valueBytes = (batch: readonly BenchRecord[]): number => batch.reduce((sum, { value }) => sum + value.length, 0);

function request(seed: number): BenchRecord {
  const headers = { org: 'org_default', project: 'prj_default', 'received-at': '1700000000000', encoding: 'zstd' };
  return { key: '', headers, value: zstdCompressSync(tracePayload(seed, 1_240).request) };
}

function event(seed: number): BenchRecord {
  const random = createHash('sha256').update(String(seed)).digest('hex');
  const value = {
    id: random.slice(0, 32),
    project: `prj_${random.slice(32, 40)}`,
    at: new Date(1_700_000_000_000 + seed * 137).toISOString(),
    kind: seed % 3 === 0 ? 'alert.opened' : 'issue.seen',
    service: ['storefront', 'checkout', 'payments', 'inventory'][seed % 4],
    fingerprint: random.slice(40),
    title: `TypeError: cannot read properties of undefined (reading 'item${seed % 50}')`,
    count: seed % 17,
  };
  return {
    key: value.project,
    headers: { org: 'org_default', 'decision-id': random },
    value: Buffer.from(JSON.stringify(value)),
  };
}

await main();
