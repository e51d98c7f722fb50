/**
 * What Syntra takes while nobody sends anything, and how long it takes to start: `node bench/footprint.ts
 * [--minutes 10] [--quick] [--record]`. It is started as `npm start` starts it, npm aside: packages installed, explorer
 * built. CPU is that of the second half of the minutes; memory is looked at when they are over.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { buildExplorer } from '../cli/build-explorer.ts';
import { cpuSince, groupsOf, readProcesses } from './footprint/processes.ts';
import { startAsNpmDoes } from './footprint/start.ts';
import { isQuick, report } from './results.ts';

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: isQuick ? '0.3' : '10' },
    quick: { type: 'boolean' },
    record: { type: 'boolean' },
  },
});

const idleMs = Number(options.minutes) * 60_000;
const starts = isQuick ? 1 : 5;

const main = async (): Promise<void> => {
  buildExplorer();
  const kept = await newDirectory();
  try {
    await measureIdle(kept);
    await measureStarts('existing', async () => kept);
  } finally {
    await rm(kept, { recursive: true, force: true });
  }
  await measureStarts('fresh', newDirectory);
};

const measureIdle = async (dataDir: string): Promise<void> => {
  const syntra = await startAsNpmDoes(dataDir);
  try {
    await sleep(idleMs / 2);
    const before = readProcesses(syntra.pid);
    const fromMs = performance.now();
    await sleep(idleMs / 2);
    const after = readProcesses(syntra.pid);
    const seconds = (performance.now() - fromMs) / 1000;
    const percent = (cpuSeconds: number): number => (cpuSeconds / seconds) * 100;
    const cpu = cpuSince(before, after);
    report({
      name: 'footprint.idle.cpu',
      values: percent(Object.values(cpu).reduce((sum, of) => sum + of, 0)),
      unit: '% of one core',
      target: { atMost: 1 },
    });
    for (const [group, of] of Object.entries(cpu)) {
      report({ name: `footprint.idle.cpu.${group}`, values: percent(of), unit: '% of one core' });
    }
    const mebibytes = (bytes: number): number => bytes / 2 ** 20;
    const groups = groupsOf(after);
    // The engine's process as it is; PostgreSQL's share their memory, which counts once.
    const counted = groups.syntra.residentBytes + groups.postgres.sharedOutBytes;
    report({
      name: 'footprint.idle.memory',
      values: mebibytes(counted),
      unit: 'MiB resident',
      target: { atMost: 400 },
    });
    report({
      name: 'footprint.idle.memory.syntra',
      values: mebibytes(groups.syntra.residentBytes),
      unit: 'MiB resident',
    });
    report({
      name: 'footprint.idle.memory.syntra.own',
      values: mebibytes(groups.syntra.ownBytes),
      unit: 'MiB, files aside',
    });
    report({
      name: 'footprint.idle.memory.postgres',
      values: mebibytes(groups.postgres.sharedOutBytes),
      unit: 'MiB, shared counted once',
    });
  } finally {
    await syntra.stop();
  }
};

/** One after the other: the first of them also fills the cache of what V8 compiles, and is not counted. */
const measureStarts = async (name: string, directory: () => Promise<string>): Promise<void> => {
  const readyMs: number[] = [];
  const cpuSeconds: number[] = [];
  const parts = new Map<string, number[]>();
  for (let start = 0; start <= starts; start++) {
    const dataDir = await directory();
    const syntra = await startAsNpmDoes(dataDir);
    try {
      if (start === 0) continue;
      readyMs.push(syntra.readyMs);
      cpuSeconds.push(syntra.cpuSeconds);
      for (const [part, ms] of syntra.parts) parts.set(part, [...(parts.get(part) ?? []), ms]);
    } finally {
      await syntra.stop();
      if (name === 'fresh') await rm(dataDir, { recursive: true, force: true });
    }
  }
  report({ name: `footprint.start.${name}`, values: readyMs, unit: 'ms until ready', target: { atMost: 2000 } });
  report({ name: `footprint.start.${name}.cpu`, values: cpuSeconds, unit: 'CPU s' });
  for (const [part, values] of parts) {
    report({ name: `footprint.start.${name}.${part}`, values, unit: 'ms since the start' });
  }
};

const newDirectory = (): Promise<string> => mkdtemp(join(tmpdir(), 'syntra-footprint-'));

await main();
