/**
 * What Syntra takes while nobody sends anything, and how long it takes to start: `node bench/footprint.ts
 * [--minutes 10] [--quick] [--record]`. It is started as `npm start` starts it, packages installed and explorer built, in
 * a directory that was used for a week (`footprint/used-directory.ts`). CPU at rest is that of the second half of the
 * minutes; memory is looked at when they are over.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { buildExplorer } from '../cli/build-explorer.ts';
import { dropPageCache } from './footprint/page-cache.ts';
import { cpuSince, type ProcessFigures, readProcesses, residentBytes, sharedOutBytes } from './footprint/processes.ts';
import { type StartedSyntra, startAsNpmDoes } from './footprint/start.ts';
import { readTokens, useDirectory } from './footprint/used-directory.ts';
import { isQuick, report } from './results.ts';

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: isQuick ? '0.3' : '10' },
    quick: { type: 'boolean' },
    record: { type: 'boolean' },
  },
});

const idleMs = Number(options.minutes) * 60_000;
const warmStarts = isQuick ? 1 : 5;
const coldStarts = isQuick ? 1 : 3;
const use = isQuick ? { seconds: 2, insertsPerDay: 2 } : { seconds: 20, insertsPerDay: 100 };
const startTarget = { atMost: 2000 };

const main = async (): Promise<void> => {
  const [used, compileCache] = [await newDirectory(), await newDirectory()];
  try {
    await useDirectory(used, use);
    const { least, most } = await readTokens(used);
    console.log(`The used directory has rows of eight days; its tables remember ${least} to ${most} inserts.`);
    // No start is to be one that finds it outdated.
    buildExplorer();
    const inUsed = async (work: Work): Promise<void> => inSyntra({ dataDir: used, compileCache }, work);
    const inNew = async (work: Work): Promise<void> => {
      const dataDir = await newDirectory();
      try {
        await inSyntra({ dataDir, compileCache }, work);
      } finally {
        await rm(dataDir, { recursive: true, force: true });
      }
    };
    await measureStarts('existing.first', 1, inUsed, 'page cache warm, nothing compiled yet');
    await measureStarts('existing', warmStarts, inUsed, 'page cache warm');
    await measureStarts('fresh', warmStarts, inNew, 'page cache warm');
    await measureColdStarts('existing.cold', inUsed);
    await measureColdStarts('fresh.cold', inNew);
    await inSyntra({ dataDir: used, compileCache, isByNpm: true }, measureIdle);
  } finally {
    for (const directory of [used, compileCache]) await rm(directory, { recursive: true, force: true });
  }
};

type Work = (syntra: StartedSyntra) => Promise<void>;
type InSyntra = (work: Work) => Promise<void>;

const inSyntra = async (options: Parameters<typeof startAsNpmDoes>[0], work: Work): Promise<void> => {
  const syntra = await startAsNpmDoes(options);
  try {
    await work(syntra);
  } finally {
    await syntra.stop();
  }
};

/** One after the other. */
const measureStarts = async (name: string, count: number, start: InSyntra, note: string): Promise<void> => {
  const all: StartedSyntra[] = [];
  for (let i = 0; i < count; i++) {
    await start(async (syntra) => {
      all.push(syntra);
    });
  }
  const values = all.map(({ readyMs }) => readyMs);
  report({ name: `footprint.start.${name}`, values, unit: 'ms until ready', target: startTarget, note });
  report({ name: `footprint.start.${name}.cpu`, values: all.map(({ cpuSeconds }) => cpuSeconds), unit: 'CPU s' });
  const parts = Map.groupBy(
    all.flatMap(({ parts }) => parts),
    ([part]) => part,
  );
  for (const [part, times] of parts) {
    report({ name: `footprint.start.${name}.${part}`, values: times.map(([, ms]) => ms), unit: 'ms since the start' });
  }
};

const measureColdStarts = async (name: string, start: InSyntra): Promise<void> => {
  if (!dropPageCache()) {
    console.log(`${name} is left out: the page cache cannot be dropped here.`);
    return;
  }
  const startCold = (work: Work): Promise<void> => {
    dropPageCache();
    return start(work);
  };
  await measureStarts(name, coldStarts, startCold, 'page cache dropped');
};

const measureIdle = async ({ pid, firstPid }: StartedSyntra): Promise<void> => {
  // Whatever npm has left running is Syntra's; npm itself is told apart.
  const read = (): { readonly npm: ProcessFigures; readonly all: readonly ProcessFigures[] } => {
    const [npm, ...others] = readProcesses(firstPid);
    const all = others.toSorted((a, b) => Number(b.pid === pid) - Number(a.pid === pid));
    if (all[0]?.pid !== pid) throw new Error(`npm runs no Syntra, but ${others.map(({ name }) => name).join(', ')}.`);
    return { npm: npm!, all };
  };
  await sleep(idleMs / 2);
  const before = read();
  const fromMs = performance.now();
  await sleep(idleMs / 2);
  const { npm, all } = read();
  const seconds = (performance.now() - fromMs) / 1000;
  const percent = (cpuSeconds: number): number => (cpuSeconds / seconds) * 100;
  const cpu = cpuSince(before.all, all);
  report({
    name: 'footprint.idle.cpu',
    values: percent(Object.values(cpu).reduce((sum, of) => sum + of, 0)),
    unit: '% of one core',
    target: { atMost: 1 },
  });
  for (const [group, of] of Object.entries(cpu)) {
    report({ name: `footprint.idle.cpu.${group}`, values: percent(of), unit: '% of one core' });
  }
  const [syntra, ...postgres] = all;
  const tell = (what: string, bytes: number, unit: string, target?: { readonly atMost: number }): void =>
    report({ name: `footprint.idle.memory${what}`, values: bytes / 1e6, unit, ...(target && { target }) });
  tell('', residentBytes(all), `MB resident, RSS of ${all.length} processes`, { atMost: 400 });
  tell('.shared_once', sharedOutBytes(all), 'MB resident, PSS: what processes share counts once');
  tell('.syntra', syntra!.residentBytes, 'MB resident, RSS');
  tell('.syntra.own', syntra!.ownBytes, 'MB of it that are no part of a file');
  tell('.postgres', residentBytes(postgres), 'MB resident, RSS');
  tell('.postgres.shared_once', sharedOutBytes(postgres), 'MB resident, PSS');
  tell('.npm', npm.residentBytes, 'MB resident, RSS, not in the above');
};

const newDirectory = (): Promise<string> => mkdtemp(join(tmpdir(), 'syntra-footprint-'));

await main();
