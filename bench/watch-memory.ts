/** Looks once a second at the memory of processes with all that they started. */
import { treeResidentBytes } from './process-tree.ts';

export interface MemorySeen {
  readonly peakBytes: number;
  /** Of a line through the second half of what was seen: how much it grows, in bytes a minute. */
  readonly growthPerMinute: number;
}

/** @returns what ends the watching and answers what was seen */
export const watchMemory = (pids: readonly number[]): (() => MemorySeen) => {
  const samples: number[] = [];
  const look = (): void => {
    samples.push(pids.reduce((total, pid) => total + treeResidentBytes(pid), 0));
  };
  look();
  const timer = setInterval(look, 1000);
  return () => {
    clearInterval(timer);
    look();
    return {
      peakBytes: Math.max(...samples),
      growthPerMinute: slopeOf(samples.slice(Math.floor(samples.length / 2))) * 60,
    };
  };
};

/** Least squares, per step; 0 for fewer than three. */
export const slopeOf = (values: readonly number[]): number => {
  if (values.length < 3) return 0;
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  let covariance = 0;
  let variance = 0;
  for (const [i, value] of values.entries()) {
    covariance += (i - middle) * (value - mean);
    variance += (i - middle) ** 2;
  }
  return covariance / variance;
};
