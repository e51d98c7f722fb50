/**
 * Drives a running Syntra with the generator and watches it meanwhile: what it took, how fresh that was, what memory and
 * CPU it cost. CPU is counted until all is stored and merges have come to rest: work that is put off is work.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Freshness, measureFreshness } from './freshness.ts';
import type { LoadOptions, LoadResult } from './load.ts';
import { treeCpuSeconds } from './process-tree.ts';
import { recordsOf, runLoad } from './run-load.ts';
import { type MemorySeen, watchMemory } from './watch-memory.ts';

/** What is measured. */
export interface System {
  readonly otlpHttpUrl: string;
  /** Of the product; what they start is counted with them. */
  readonly pids: readonly number[];
  /** How many spans of the marker service can be found. */
  countMarkers(): Promise<number>;
  untilStored(): Promise<void>;
  /** CPU seconds so far, by whatever parts there are. */
  readCpu(): Readonly<Record<string, number>>;
}

export interface Driven {
  readonly load: LoadResult;
  readonly records: number;
  /** A second, while they were sent. */
  readonly acknowledgedPerSecond: number;
  /** A second, from the first request until the last record was stored. */
  readonly storedPerSecond: number;
  /** From the last answer until the last record was stored: with a backlog it is long. */
  readonly drainSeconds: number;
  readonly freshness: Freshness;
  readonly memory: MemorySeen;
  /** Microseconds a record: of each part, of all of them, and of the generator. */
  readonly cpu: { readonly parts: Readonly<Record<string, number>>; readonly all: number; readonly generator: number };
}

export const drive = async (
  system: System,
  options: Partial<LoadOptions> & Pick<LoadOptions, 'seconds'>,
): Promise<Driven> => {
  const cpuBefore = system.readCpu();
  const memorySeen = watchMemory(system.pids);
  const ended = new AbortController();
  const fresh = measureFreshness({ ...system, signal: ended.signal });
  // Its failure is reported where it is awaited.
  fresh.catch(() => {});
  const load = await runLoad(system.otlpHttpUrl, options);
  ended.abort();
  const freshness = await fresh;
  await system.untilStored();
  const seconds = (Date.now() - load.startedAtMs) / 1000;
  const memory = memorySeen();
  await untilQuiet(system.pids);
  const cpuAfter = system.readCpu();
  const records = recordsOf(load);
  const parts = Object.fromEntries(
    Object.entries(cpuAfter).map(([part, after]) => [part, ((after - cpuBefore[part]!) / records) * 1e6]),
  );
  return {
    load,
    records,
    acknowledgedPerSecond: records / load.seconds,
    storedPerSecond: records / seconds,
    drainSeconds: seconds - load.seconds,
    freshness,
    memory,
    cpu: {
      parts,
      all: Object.values(parts).reduce((sum, part) => sum + part, 0),
      generator: (load.cpuSeconds / records) * 1e6,
    },
  };
};

/** Resolves when the processes use less than a tenth of a core for two seconds; they may never, so not later than a minute. */
export const untilQuiet = async (pids: readonly number[]): Promise<void> => {
  const spent = (): number => pids.reduce((total, pid) => total + treeCpuSeconds(pid), 0);
  for (let i = 0, before = spent(); i < 30; i++) {
    await sleep(2000);
    const now = spent();
    if (now - before < 0.2) return;
    before = now;
  }
};
