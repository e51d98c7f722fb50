/** Histograms with explicit bounds: added up, also where bounds differ, and asked for quantiles. */

/** `counts` has one entry more than `bounds`: bucket i holds values in (bounds[i-1], bounds[i]]. */
export interface Buckets {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

/**
 * The value below which a share of `q` lies, linear within its bucket. The first bucket begins at zero when its bound is
 * above zero; what lies beyond the outer bounds is nowhere in particular, so the bound itself is the answer there.
 * Null without observations or without bounds.
 */
export const quantileOfBuckets = (q: number, { bounds, counts }: Buckets): number | null => {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total <= 0 || bounds.length === 0) return null;
  const rank = Math.min(1, Math.max(0, q)) * total;
  let below = 0;
  for (const [i, count] of counts.entries()) {
    if (count > 0 && below + count >= rank) return within(i, (rank - below) / count, bounds);
    below += count;
  }
  return within(lastFilled(counts), 1, bounds);
};

const within = (bucket: number, share: number, bounds: readonly number[]): number => {
  const upper = bounds[bucket];
  if (upper === undefined) return bounds.at(-1)!;
  const lower = bounds[bucket - 1] ?? Math.min(0, upper);
  return lower + (upper - lower) * share;
};

const lastFilled = (counts: readonly number[]): number => counts.findLastIndex((count) => count > 0);

/**
 * The sum of histograms. Over the union of their bounds, as if values lay evenly in each bucket; a bucket without an end
 * goes whole into the nearest one.
 */
export const addBuckets = (all: readonly Buckets[]): Buckets => {
  const [first, ...others] = all;
  if (first === undefined) return { bounds: [], counts: [0] };
  if (others.every(({ bounds }) => sameBounds(bounds, first.bounds))) {
    return {
      bounds: first.bounds,
      counts: first.counts.map((_, i) => all.reduce((sum, b) => sum + (b.counts[i] ?? 0), 0)),
    };
  }
  const bounds = [...new Set(all.flatMap((buckets) => buckets.bounds))].sort((a, b) => a - b);
  const counts = new Array<number>(bounds.length + 1).fill(0);
  for (const buckets of all) spreadOver(bounds, buckets, counts);
  return { bounds, counts };
};

export const sameBounds = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((bound, i) => bound === b[i]);

/** @param bounds a superset of the buckets' own */
const spreadOver = (bounds: readonly number[], buckets: Buckets, counts: number[]): void => {
  for (const [i, count] of buckets.counts.entries()) {
    if (count === 0) continue;
    const upper = buckets.bounds[i];
    // Nothing is known above the last bound: right after it is where quantiles are least exaggerated.
    if (upper === undefined) {
      counts[bounds.indexOf(buckets.bounds.at(-1)!) + 1]! += count;
      continue;
    }
    const last = bounds.indexOf(upper);
    const lower = buckets.bounds[i - 1] ?? Math.min(0, upper);
    if (lower === upper) {
      counts[last]! += count;
      continue;
    }
    for (let j = last; j >= 0; j--) {
      const [low, high] = [Math.max(lower, bounds[j - 1] ?? lower), bounds[j]!];
      if (high <= lower) break;
      counts[j]! += (count * (high - low)) / (upper - lower);
    }
  }
};

/** What came between two points of a cumulative histogram with the same bounds. */
export const bucketsSince = (before: readonly number[], now: readonly number[]): number[] =>
  now.map((count, i) => Math.max(0, count - (before[i] ?? 0)));
