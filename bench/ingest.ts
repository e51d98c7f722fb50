/**
 * The whole way, embedded: what is held, what it costs and where, memory, freshness, and whether every acknowledged record
 * is stored once. `node bench/ingest.ts [--rate 100000 | --full-speed] [--seconds 60 | --minutes 10]`. The generator runs on
 * the same machine; its CPU is told apart.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import type { Signal } from './corpus-file.ts';
import { countStored, whatIsLost } from './count-stored.ts';
import { type Driven, drive } from './drive.ts';
import { type EmbeddedSystem, startEmbeddedSystem } from './embedded-system.ts';
import type { RawInsertResult } from './raw-insert.ts';
import { isQuick, report } from './results.ts';
import { recordsOf, refusalsOf, runLoad } from './run-load.ts';

const { values: options } = parseArgs({
  options: {
    rate: { type: 'string', default: '100000' },
    'full-speed': { type: 'boolean', default: false },
    seconds: { type: 'string' },
    minutes: { type: 'string', default: '10' },
    connections: { type: 'string', default: '8' },
    quick: { type: 'boolean' },
    record: { type: 'boolean' },
  },
});
const seconds = Number(options.seconds ?? (isQuick ? 5 : Number(options.minutes) * 60));
const connections = Number(options.connections);
/** A quick look shares its machine with whatever else is running. */
const rate = isQuick ? 20_000 : Number(options.rate);
/** A little more than what is to be held. */
const pace = options['full-speed'] ? {} : { recordsPerSecond: rate * 1.01 };

const main = async (): Promise<void> => {
  const acknowledged: Record<Signal, number> = { traces: 0, logs: 0, metrics: 0 };
  const system = await startEmbeddedSystem();
  try {
    await warmUp(system, acknowledged);
    const spans = await drive(system, { seconds, connections, ...pace, seed: 2 });
    add(acknowledged, spans);
    reportSpans(spans);
    for (const [i, signal] of (['logs', 'metrics'] as const).entries()) {
      const driven = await drive(system, {
        signals: [signal],
        seconds: Math.min(20, seconds / 5),
        connections,
        seed: 3 + i,
      });
      add(acknowledged, driven);
      report({ name: `ingest.${signal}`, values: driven.storedPerSecond, unit: `${words[signal]}/s at full speed` });
      report({ name: `ingest.${signal}.cpu`, values: driven.cpu.all, unit: `CPU s per million ${words[signal]}` });
    }
    const stored = await system.inspect(countStored);
    const lost = whatIsLost(acknowledged, stored);
    const missing = Object.values(stored).reduce((sum, { distinct }) => sum - distinct, total(acknowledged));
    report({ name: 'ingest.lost', values: missing, unit: 'acknowledged records', target: { atMost: 0 } });
    console.log(lost ?? `${total(acknowledged)} records acknowledged, each of them stored once`);
    if (lost !== undefined) process.exitCode = 1;
    await compareWithRaw(spans);
  } finally {
    await system.close();
  }
};

const words = { traces: 'spans', logs: 'log records', metrics: 'data points' } as const;

/** Compilers, caches and the first parts of tables: nothing of it is in the figures. */
const warmUp = async (system: EmbeddedSystem, acknowledged: Record<Signal, number>): Promise<void> => {
  const signals = ['traces', 'logs', 'metrics'] as const;
  const load = await runLoad(system.otlpHttpUrl, { signals, seconds: isQuick ? 2 : 5, connections, seed: 1 });
  for (const signal of signals) acknowledged[signal] += load.acknowledged[signal];
  if (recordsOf(load) === 0) throw new Error(`Nothing was taken: ${refusalsOf(load)}`);
  await system.untilStored();
};

const add = (acknowledged: Record<Signal, number>, { load, freshness }: Driven): void => {
  for (const signal of Object.keys(acknowledged) as Signal[]) acknowledged[signal] += load.acknowledged[signal];
  acknowledged.traces += freshness.markers;
};

const total = (acknowledged: Readonly<Record<Signal, number>>): number =>
  Object.values(acknowledged).reduce((sum, count) => sum + count, 0);

const reportSpans = ({
  load,
  acknowledgedPerSecond,
  storedPerSecond,
  drainSeconds,
  freshness,
  memory,
  cpu,
}: Driven): void => {
  const perMillion = 'CPU s per million spans';
  // What is sent as fast as it is acknowledged counts when it is stored.
  const held = options['full-speed'] ? storedPerSecond : acknowledgedPerSecond;
  report({ name: 'ingest.spans', values: held, unit: 'spans/s', target: { atLeast: rate } });
  report({ name: 'ingest.drain', values: drainSeconds, unit: 's from the last answer until all is stored' });
  report({ name: 'ingest.freshness.p50', values: freshness.p50Ms, unit: 'ms from acknowledged to found' });
  report({
    name: 'ingest.freshness.p99',
    values: freshness.p99Ms,
    unit: 'ms from acknowledged to found',
    target: { atMost: 5000 },
  });
  report({ name: 'ingest.memory.peak', values: memory.peakBytes / 1e6, unit: 'MB resident', target: { atMost: 1500 } });
  report({
    name: 'ingest.memory.growth',
    values: memory.growthPerMinute / 1e6,
    unit: 'MB a minute in the second half',
  });
  report({ name: 'ingest.cpu', values: cpu.all, unit: perMillion });
  for (const [part, cost] of Object.entries(cpu.parts)) {
    report({ name: `ingest.cpu.${part}`, values: cost, unit: perMillion });
  }
  report({ name: 'ingest.cpu.generator', values: cpu.generator, unit: perMillion, target: { atMost: 1.5 } });
  console.log(
    `${seconds} s, ${freshness.markers} markers, answers p50 ${load.answerP50Ms.toFixed(1)} ms and p99 ${load.answerP99Ms.toFixed(1)} ms, ` +
      `${load.behindSeconds.toFixed(1)} s behind at the end, requests not taken: ${refusalsOf(load) || 'none'}`,
  );
};

/** The pipeline's CPU over that of ClickHouse alone, for as many rows of the same kind as a minute at the rate has. */
const compareWithRaw = async ({ cpu, records }: Driven): Promise<void> => {
  const rows = Math.min(records, 60 * rate);
  const args = [join(import.meta.dirname, 'raw-insert.ts'), String(rows)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (code !== 0) throw new Error(`raw-insert.ts ended with ${code}.`);
  const raw = JSON.parse(printed) as RawInsertResult;
  const rawCost = (raw.cpuSeconds / raw.rows) * 1e6;
  report({ name: 'ingest.raw', values: rawCost, unit: `CPU s per million spans, ${raw.inserts} inserts from files` });
  report({ name: 'ingest.raw.ratio', values: cpu.all / rawCost, unit: '× the raw insert', target: { atMost: 2 } });
};

await main();
