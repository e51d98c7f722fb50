/**
 * The whole way through three processes, one for each role, over a real Kafka broker, PostgreSQL, and chDB behind
 * ClickHouse's HTTP interface: spans per second, CPU seconds per million spans and memory of each role.
 * `npm run bench:roles [-- --seconds 30 --connections 8 --record]`. Everything shares the machine with the generator, so
 * throughput is that of all together; what a role costs is what it costs anywhere. Every acknowledged span is looked for
 * in the table at the end.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Part } from '../docs/faults/part.ts';
import { openWorld, type World } from '../docs/faults/world.ts';
import { recordResult } from './results.ts';
import { runLoad } from './run-load.ts';
import { readResidentBytes } from './thread-cpu.ts';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    connections: { type: 'string', default: '8' },
    record: { type: 'boolean', default: false },
  },
});

const main = async (): Promise<void> => {
  const world = await openWorld({
    mode: 'distributed',
    layout: { ingest: 1, processors: 1, api: 1 },
    env: { UV_THREADPOOL_SIZE: '16' },
  });
  try {
    await world.startAll();
    const url = world.ingestAddresses()[0]!.http;
    const connections = Number(options.connections);
    const warm = await runLoad(url, 3, connections);
    await world.untilStored();
    const before = world.parts.map(cpuSecondsOf);
    const load = await runLoad(url, Number(options.seconds), connections);
    await world.untilStored();
    const after = world.parts.map(cpuSecondsOf);
    print('roles.spans', load.acknowledgedSpans / load.seconds, 'spans/s');
    for (const [i, part] of world.parts.entries()) {
      print(
        `roles.cpu.${part.name}`,
        ((after[i]! - before[i]!) / load.acknowledgedSpans) * 1e6,
        'CPU s per million spans',
      );
      print(`roles.memory.${part.name}`, readResidentBytes(part.pid) / 2 ** 20, 'MiB resident');
    }
    const acknowledged = warm.acknowledgedSpans + load.acknowledgedSpans;
    const stored = await countSpans(world);
    console.log(`${load.refusedRequests} requests refused`);
    console.log(`acknowledged ${acknowledged}, stored ${stored}, missing ${acknowledged - stored}`);
    if (stored !== acknowledged) process.exitCode = 1;
  } finally {
    await world.close();
  }
};

/** Those of our own telemetry are in the same table, and not among those that were sent. */
const countSpans = (world: World): Promise<number> =>
  world.inspect(async (inspect) => {
    const [row] = await inspect<{ n: number }>(
      `SELECT toUInt32(count()) AS n FROM spans WHERE project = 'prj_default'`,
    );
    return row!.n;
  });

/** Of all its threads: proc(5), fields 14 and 15. */
const cpuSecondsOf = ({ pid }: Part): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
};

const print = (name: string, value: number, unit: string): void => {
  const rounded = value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
  console.log(`${name.padEnd(28)} ${rounded.toLocaleString('en').padStart(10)} ${unit}`);
  if (options.record) recordResult(name, rounded, unit);
};

await main();
