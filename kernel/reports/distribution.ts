/** Counts values into ranges with fixed bounds: cheap to keep, to send and to add up across processes. */
import type { Distribution } from './instance-report.ts';

export interface CountedDistribution {
  add(value: number): void;
  /** A copy: what is added later does not change it. */
  read(): Distribution;
}

/** Each bound is twice the one before, so that any value is known to a factor of two. */
export const powersOfTwo = (upTo: number): readonly number[] =>
  Array.from({ length: Math.ceil(Math.log2(upTo)) + 1 }, (_, i) => 2 ** i);

/** @param bounds rising; a value belongs to the first that is not below it. */
export const countDistribution = (bounds: readonly number[]): CountedDistribution => {
  const counts = new Array<number>(bounds.length + 1).fill(0);
  let sum = 0;
  return {
    add(value) {
      const at = bounds.findIndex((bound) => value <= bound);
      counts[at === -1 ? bounds.length : at]!++;
      sum += value;
    },
    read: () => ({ bounds, counts: [...counts], sum }),
  };
};

/** How many values were counted. */
export const countOf = ({ counts }: Distribution): number => counts.reduce((total, count) => total + count, 0);
