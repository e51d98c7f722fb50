/** Rounds in which everybody is given the same requests, one after the other, and what each of them cost. */
import type { Child } from './child.ts';
import { readCpuSeconds, readPeakMemoryMib } from './process-cost.ts';
import { type Requests, spansPerRequest } from './requests.ts';

export interface Contestant {
  readonly name: string;
  /** What is printed beside its name, where one process takes part in several ways. */
  readonly how?: string;
  readonly child: Pick<Child, 'pid' | 'output'>;
  /** Resolves when the work is done. @throws Error when a span is lost or doubled */
  take(requests: readonly Uint8Array[]): Promise<void>;
}

export interface Standing {
  readonly name: string;
  /** One for each round. */
  readonly spansPerCpuSecond: readonly number[];
  readonly peakMemoryMib: number;
}

export interface RoundsWanted {
  readonly rounds: number;
  readonly requestsPerRound: number;
  /** Of the round that does not count: code is compiled and heaps grow in it. */
  readonly requestsToWarmUp: number;
}

export const runRounds = async (
  contestants: readonly Contestant[],
  requests: Requests,
  { rounds, requestsPerRound, requestsToWarmUp }: RoundsWanted,
): Promise<Standing[]> => {
  const figures = contestants.map(() => [] as number[]);
  for (let round = 0; round <= rounds; round++) {
    const given = requests.take(round === 0 ? requestsToWarmUp : requestsPerRound);
    for (const [i, { name, how = '', child, take }] of contestants.entries()) {
      const before = readCpuSeconds(child.pid);
      await take(given);
      const cpuSeconds = readCpuSeconds(child.pid) - before;
      const spans = given.length * spansPerRequest;
      console.log(
        `  ${round === 0 ? 'warm-up' : `round ${round}`} ${`${name} ${how}`.padEnd(26)} ${((cpuSeconds / spans) * 1e6).toFixed(2).padStart(6)} CPU s per million spans`,
      );
      if (round > 0) figures[i]!.push(spans / cpuSeconds);
    }
  }
  return contestants.map(({ name, child }, i) => ({
    name,
    spansPerCpuSecond: figures[i]!,
    peakMemoryMib: readPeakMemoryMib(child.pid),
  }));
};
