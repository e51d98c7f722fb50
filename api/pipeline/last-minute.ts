/** What happened over the last minute, computed from counts that each run of a process counts for itself. */
import { countOf } from '../../kernel/reports/distribution.ts';
import type { Distribution, InstanceReport } from '../../kernel/reports/instance-report.ts';
import type { Instance } from './instances.ts';

/** Undefined where a process does not count this. */
type Read<Value> = (report: InstanceReport) => Value | undefined;

/**
 * The rates of all processes together, per second. Each counts from its own start on, so each is measured between two of
 * its own reports: a process that starts again is another one, and nothing ever runs backwards.
 */
export const ratePerSecond = (instances: readonly Instance[], read: Read<number>): number =>
  instances.reduce((sum, { recent }) => {
    const [first, last] = [recent[0], recent.at(-1)];
    if (!first || !last || last.seenMs <= first.seenMs) return sum;
    const increase = (read(last.report) ?? 0) - (read(first.report) ?? 0);
    return sum + (Math.max(0, increase) / (last.seenMs - first.seenMs)) * 1000;
  }, 0);

/** By how much a count grew, over all processes. */
export const increaseOf = (instances: readonly Instance[], read: Read<number>): number =>
  instances.reduce((sum, { recent }) => {
    const [first, last] = [recent[0], recent.at(-1)];
    return first && last ? sum + Math.max(0, (read(last.report) ?? 0) - (read(first.report) ?? 0)) : sum;
  }, 0);

export interface Quantiles {
  readonly p50: number;
  readonly p95: number;
}

/** Of the values of all processes together; null when there were none. */
export const quantilesOf = (instances: readonly Instance[], read: Read<Distribution>): Quantiles | null => {
  let bounds: readonly number[] | undefined;
  let counts: number[] = [];
  for (const { recent } of instances) {
    const [first, last] = [recent[0] && read(recent[0].report), recent.at(-1) && read(recent.at(-1)!.report)];
    if (!first || !last) continue;
    if (bounds === undefined) [bounds, counts] = [last.bounds, last.counts.map(() => 0)];
    // Another version may count in other steps: what cannot be added up is left out.
    if (![first, last].every((one) => sameBounds(one.bounds, bounds!))) continue;
    counts = counts.map((count, i) => count + Math.max(0, last.counts[i]! - first.counts[i]!));
  }
  if (bounds === undefined || countOf({ bounds, counts, sum: 0 }) === 0) return null;
  return { p50: quantile(bounds, counts, 0.5), p95: quantile(bounds, counts, 0.95) };
};

const sameBounds = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((bound, i) => bound === b[i]);

/** Taken to be evenly spread between two bounds; what lies below the first or beyond the last counts as that bound. */
const quantile = (bounds: readonly number[], counts: readonly number[], q: number): number => {
  const rank = q * counts.reduce((sum, count) => sum + count, 0);
  let before = 0;
  for (const [i, count] of counts.entries()) {
    if (count > 0 && before + count >= rank) {
      const upper = bounds[Math.min(i, bounds.length - 1)]!;
      const lower = i === 0 || i === bounds.length ? upper : bounds[i - 1]!;
      return lower + (upper - lower) * ((rank - before) / count);
    }
    before += count;
  }
  return bounds.at(-1)!;
};
