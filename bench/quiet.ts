/**
 * Waits until what was put off is done: merges, above all, which ClickHouse begins when it likes. Their CPU belongs to the
 * rows they merge, so whoever counts CPU waits for them, and says so when they did not end in time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isQuick } from './results.ts';

/** What is waited for. */
export interface AtWork {
  /** Of all that is measured, so far. */
  readCpuSeconds(): number;
  /** Under way now. */
  countMerges(): number | Promise<number>;
}

export interface QuietWanted {
  readonly limitSeconds: number;
  /** How long it has to be quiet: between two merges are pauses. */
  readonly calmSeconds?: number;
}

export interface Quiet {
  readonly isQuiet: boolean;
  readonly waitedSeconds: number;
}

/** Resolves when nothing is merged and next to no CPU used for a while, or when the limit is reached. */
export const untilQuiet = async (
  { readCpuSeconds, countMerges }: AtWork,
  { limitSeconds, calmSeconds = isQuick ? 1 : 10 }: QuietWanted,
): Promise<Quiet> => {
  const looks: Look[] = [];
  const startedMs = performance.now();
  for (;;) {
    const merges = await countMerges();
    const waitedSeconds = (performance.now() - startedMs) / 1000;
    looks.push({ atSeconds: waitedSeconds, cpuSeconds: readCpuSeconds(), merges });
    const isQuiet = wasCalm(looks, calmSeconds);
    if (isQuiet || waitedSeconds >= limitSeconds) return { isQuiet, waitedSeconds };
    await sleep(calmSeconds * 100);
  }
};

/** What has to be said with CPU that was counted until then; undefined when all of it was. */
export const noteOf = ({ isQuiet, waitedSeconds }: Quiet): string | undefined =>
  isQuiet ? undefined : `without what was still at work ${Math.round(waitedSeconds)} s later`;

interface Look {
  readonly atSeconds: number;
  readonly cpuSeconds: number;
  readonly merges: number;
}

/** Syntra at rest takes half a percent of a core, a merge all of one. */
const calmCores = 0.03;

const wasCalm = (looks: readonly Look[], calmSeconds: number): boolean => {
  const last = looks.at(-1)!;
  const first = looks.findLast(({ atSeconds }) => last.atSeconds - atSeconds >= calmSeconds);
  if (first === undefined) return false;
  const cores = (last.cpuSeconds - first.cpuSeconds) / (last.atSeconds - first.atSeconds);
  return cores < calmCores && looks.slice(looks.indexOf(first)).every(({ merges }) => merges === 0);
};
