/**
 * The whole way through a process for each role, over a real Kafka broker, PostgreSQL, and chDB behind ClickHouse's HTTP
 * interface: `node bench/roles.ts [--rate 70000 | --full-speed] [--seconds 60 | --minutes 3]`. Brokers, databases and the
 * generator run on the same machine; what each process of the product costs is told apart.
 */
import { parseArgs } from 'node:util';
import { openWorld } from '../docs/faults/world.ts';
import type { Signal } from './corpus-file.ts';
import { countStored, whatIsLost } from './count-stored.ts';
import { type Driven, drive } from './drive.ts';
import { noteOf } from './quiet.ts';
import { isQuick, report } from './results.ts';
import { systemOf } from './roles-system.ts';
import { refusalsOf, runLoad } from './run-load.ts';

const { values: options } = parseArgs({
  options: {
    rate: { type: 'string', default: '70000' },
    'full-speed': { type: 'boolean', default: false },
    seconds: { type: 'string' },
    minutes: { type: 'string', default: '3' },
    connections: { type: 'string', default: '8' },
    quick: { type: 'boolean' },
    record: { type: 'boolean' },
  },
});
const seconds = Number(options.seconds ?? (isQuick ? 5 : Number(options.minutes) * 60));
const connections = Number(options.connections);
const rate = isQuick ? 10_000 : Number(options.rate);
/** A little more than what is to be held. */
const pace = options['full-speed'] ? {} : { recordsPerSecond: rate * 1.01 };

const main = async (): Promise<void> => {
  const world = await openWorld({
    mode: 'distributed',
    layout: { ingest: 1, processors: 1, api: 1 },
    env: { UV_THREADPOOL_SIZE: '16' },
  });
  try {
    await world.startAll();
    const system = systemOf(world);
    const warm = await runLoad(system.otlpHttpUrl, { seconds: isQuick ? 2 : 5, connections, seed: 1 });
    await system.untilStored();
    const driven = await drive(system, { seconds, connections, ...pace, seed: 2 });
    reportAll(driven);
    const acknowledged: Record<Signal, number> = {
      traces: warm.acknowledged.traces + driven.load.acknowledged.traces + driven.freshness.markers,
      logs: 0,
      metrics: 0,
    };
    const stored = await world.inspect(countStored);
    const lost = whatIsLost(acknowledged, stored);
    const missing = acknowledged.traces - stored.traces.distinct;
    report({ name: 'roles.lost', values: missing, unit: 'acknowledged spans', target: { atMost: 0 } });
    console.log(lost ?? `${acknowledged.traces} spans acknowledged, each of them stored once`);
    if (lost !== undefined) process.exitCode = 1;
  } finally {
    await world.close();
  }
};

const reportAll = ({
  load,
  acknowledgedPerSecond,
  storedPerSecond,
  drainSeconds,
  freshness,
  memory,
  cpu,
  quiet,
}: Driven): void => {
  const perMillion = 'CPU s per million spans';
  const found = 'ms from acknowledged to found';
  // What is sent as fast as it is acknowledged counts when it is stored.
  const held = options['full-speed'] ? storedPerSecond : acknowledgedPerSecond;
  report({ name: 'roles.spans', values: held, unit: 'spans/s', target: { atLeast: rate } });
  report({ name: 'roles.drain', values: drainSeconds, unit: 's from the last answer until all is stored' });
  report({ name: 'roles.freshness.p50', values: freshness.p50Ms, unit: found });
  report({ name: 'roles.freshness.p99', values: freshness.p99Ms, unit: found });
  report({ name: 'roles.memory.peak', values: memory.peakBytes / 1e6, unit: 'MB resident, all roles' });
  report({ name: 'roles.memory.growth', values: memory.growthPerMinute / 1e6, unit: 'MB a minute in the second half' });
  const note = noteOf(quiet);
  report({ name: 'roles.cpu', values: cpu.all, unit: `${perMillion}, without the stores`, note });
  for (const [part, cost] of Object.entries(cpu.parts)) {
    report({ name: `roles.cpu.${part}`, values: cost, unit: perMillion, note });
  }
  console.log(
    `${seconds} s, ${freshness.markers} markers, ${load.behindSeconds.toFixed(1)} s behind at the end, ` +
      `requests not taken: ${refusalsOf(load) || 'none'}`,
  );
};

await main();
