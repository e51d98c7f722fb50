/**
 * The whole way, embedded: what is held, what it costs and where, memory, freshness, and whether every acknowledged record
 * is stored once. `node bench/ingest.ts [--rate 100000 | --full-speed] [--seconds 60 | --minutes 10] [--compression gzip]`.
 * Without compression, a shorter drive of spans with it follows. The generator runs on the same machine; its CPU is told
 * apart.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import type { Signal } from './corpus-file.ts';
import { countStored, whatIsLost } from './count-stored.ts';
import { type Driven, drive, limitSecondsAfter } from './drive.ts';
import { type EmbeddedSystem, startEmbeddedSystem } from './embedded-system.ts';
import { type Compression, isCompression } from './http-connection.ts';
import { reportFreshnessAndMemory, reportRateAndCost } from './ingest-figures.ts';
import { noteOf } from './quiet.ts';
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
    compression: { type: 'string', default: 'identity' },
    quick: { type: 'boolean' },
    record: { type: 'boolean' },
  },
});
const seconds = Number(options.seconds ?? (isQuick ? 5 : Number(options.minutes) * 60));
const connections = Number(options.connections);
/** A quick look shares its machine with whatever else is running. */
const rate = isQuick ? 20_000 : Number(options.rate);
const { compression } = options;
if (!isCompression(compression)) throw new Error('--compression is identity or gzip.');
const isFullSpeed = options['full-speed'];
/** A little more than what is to be held. */
const pace = isFullSpeed ? {} : { recordsPerSecond: rate * 1.01 };
/** What is to be held and what it may cost is said of what SDKs send by default: no compression. */
const name = compression === 'identity' ? 'ingest' : `ingest.${compression}`;
const targets = compression === 'identity' ? { spans: { atLeast: rate }, generator: { atMost: 1.5 } } : {};

const main = async (): Promise<void> => {
  const acknowledged: Record<Signal, number> = { traces: 0, logs: 0, metrics: 0 };
  const system = await startEmbeddedSystem();
  try {
    await warmUp(system, acknowledged);
    const spans = await driveSpans(system, { seconds, compression, seed: 2 });
    add(acknowledged, spans);
    reportRateAndCost({ name, driven: spans, isFullSpeed, targets });
    reportFreshnessAndMemory(name, spans);
    if (compression === 'identity') {
      const gzipped = await driveSpans(system, { seconds: Math.min(60, seconds / 5), compression: 'gzip', seed: 5 });
      add(acknowledged, gzipped);
      reportRateAndCost({ name: 'ingest.gzip', driven: gzipped, isFullSpeed, targets: {} });
    }
    for (const [i, signal] of (['logs', 'metrics'] as const).entries()) {
      const driven = await drive(system, {
        signals: [signal],
        seconds: Math.min(20, seconds / 5),
        connections,
        compression,
        seed: 3 + i,
      });
      add(acknowledged, driven);
      const unit = `CPU s per million ${words[signal]}`;
      report({ name: `${name}.${signal}`, values: driven.storedPerSecond, unit: `${words[signal]}/s at full speed` });
      report({ name: `${name}.${signal}.cpu`, values: driven.cpu.all, unit, note: noteOf(driven.quiet) });
    }
    const stored = await system.inspect(countStored);
    const lost = whatIsLost(acknowledged, stored);
    const missing = Object.values(stored).reduce((sum, { distinct }) => sum - distinct, total(acknowledged));
    report({ name: `${name}.lost`, values: missing, unit: 'acknowledged records', target: { atMost: 0 } });
    console.log(lost ?? `${total(acknowledged)} records acknowledged, each of them stored once`);
    if (lost !== undefined) process.exitCode = 1;
    await compareWithRaw(spans);
  } finally {
    await system.close();
  }
};

const words = { traces: 'spans', logs: 'log records', metrics: 'data points' } as const;

const driveSpans = (
  system: EmbeddedSystem,
  load: { readonly seconds: number; readonly compression: Compression; readonly seed: number },
): Promise<Driven> => drive(system, { connections, ...pace, ...load });

/** Compilers, caches and the first parts of tables: nothing of it is in the figures. */
const warmUp = async (system: EmbeddedSystem, acknowledged: Record<Signal, number>): Promise<void> => {
  const signals = ['traces', 'logs', 'metrics'] as const;
  const load = await runLoad(system.otlpHttpUrl, {
    signals,
    seconds: isQuick ? 2 : 5,
    connections,
    compression,
    seed: 1,
  });
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

/** The pipeline's CPU over that of ClickHouse alone, for as many rows of the same kind as a minute at the rate has. */
const compareWithRaw = async ({ cpu, records, quiet }: Driven): Promise<void> => {
  const rows = Math.min(records, 60 * rate);
  const args = [join(import.meta.dirname, 'raw-insert.ts'), String(rows), String(limitSecondsAfter(seconds))];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (code !== 0) throw new Error(`raw-insert.ts ended with ${code}.`);
  const raw = JSON.parse(printed) as RawInsertResult;
  const rawCost = (raw.cpuSeconds / raw.rows) * 1e6;
  const unit = `CPU s per million spans, ${raw.inserts} inserts from files`;
  report({ name: `${name}.raw`, values: rawCost, unit, note: noteOf(raw.quiet) });
  report({
    name: `${name}.raw.ratio`,
    values: cpu.all / rawCost,
    unit: '× the raw insert',
    ...(compression === 'identity' && { target: { atMost: 2 } }),
    note: noteOf(quiet) ?? noteOf(raw.quiet),
  });
};

await main();
