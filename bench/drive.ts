/**
 * Drives a running Syntra with the generator and watches it meanwhile: what it took, how fresh that was, what memory and
 * CPU it cost. CPU is counted until all is stored and merges have come to rest: work that is put off is work.
 */
import { type Freshness, measureFreshness } from './freshness.ts';
import type { LoadOptions, LoadResult } from './load.ts';
import { type AtWork, type Quiet, untilQuiet } from './quiet.ts';
import { isQuick } from './results.ts';
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
  /** Merges under way, whose CPU is counted. */
  countMerges(): number;
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
  /** Whether all of the CPU is counted. */
  readonly quiet: Quiet;
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
  const quiet = await untilQuiet(atWork(system), { limitSeconds: limitSecondsAfter(options.seconds) });
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
    quiet,
  };
};

/** A system, as one waits for it to be quiet. */
export const atWork = ({ readCpu, countMerges }: Pick<System, 'readCpu' | 'countMerges'>): AtWork => ({
  readCpuSeconds: () => Object.values(readCpu()).reduce((sum, seconds) => sum + seconds, 0),
  countMerges,
});

/** Merges of what came in ten minutes get a quarter of an hour. */
export const limitSecondsAfter = (seconds: number): number => (isQuick ? 10 : Math.max(120, 1.5 * seconds));
