/**
 * Exponential histograms: added up at the coarsest of their scales, and asked for quantiles. Bucket i of scale s holds
 * magnitudes in (base^i, base^(i+1)] with base = 2^(2^-s) (OpenTelemetry's data model, "ExponentialHistogram").
 */

export interface ExponentialBuckets {
  readonly offset: number;
  /** Bucket `offset + i`. */
  readonly counts: readonly number[];
}

export interface Exponential {
  readonly scale: number;
  readonly zeroCount: number;
  /** Magnitudes up to this one are counted as zero. */
  readonly zeroThreshold: number;
  readonly positive: ExponentialBuckets;
  readonly negative: ExponentialBuckets;
}

const nothing: ExponentialBuckets = { offset: 0, counts: [] };
export const noExponential: Exponential = {
  scale: 20,
  zeroCount: 0,
  zeroThreshold: 0,
  positive: nothing,
  negative: nothing,
};

export const addExponentials = (a: Exponential, b: Exponential): Exponential => combine(a, b, (x, y) => x + y);

/** What came between two points of a cumulative histogram; undefined when the second is no continuation of the first. */
export const exponentialSince = (before: Exponential, now: Exponential): Exponential | undefined =>
  now.scale > before.scale || now.zeroThreshold < before.zeroThreshold
    ? undefined
    : combine(now, before, (x, y) => Math.max(0, x - y));

/** So much of every bucket. @param share 0 to 1 */
export const partOfExponential = (histogram: Exponential, share: number): Exponential => {
  const part = ({ offset, counts }: ExponentialBuckets): ExponentialBuckets => ({
    offset,
    counts: counts.map((count) => count * share),
  });
  return {
    ...histogram,
    zeroCount: histogram.zeroCount * share,
    positive: part(histogram.positive),
    negative: part(histogram.negative),
  };
};

const combine = (a: Exponential, b: Exponential, count: (x: number, y: number) => number): Exponential => {
  const scale = Math.min(a.scale, b.scale);
  const zeroThreshold = Math.max(a.zeroThreshold, b.zeroThreshold);
  const [x, y] = [withZeroes(atScale(a, scale), zeroThreshold), withZeroes(atScale(b, scale), zeroThreshold)];
  return {
    scale,
    zeroCount: count(x.zeroCount, y.zeroCount),
    zeroThreshold,
    positive: combineBuckets(x.positive, y.positive, count),
    negative: combineBuckets(x.negative, y.negative, count),
  };
};

/** Two neighbours become one for every step down, exactly: bounds of a coarse scale are bounds of a fine one. */
export const atScale = (histogram: Exponential, scale: number): Exponential => {
  const steps = histogram.scale - scale;
  if (steps <= 0) return histogram;
  return {
    ...histogram,
    scale,
    positive: downscale(histogram.positive, steps),
    negative: downscale(histogram.negative, steps),
  };
};

const downscale = ({ offset, counts }: ExponentialBuckets, steps: number): ExponentialBuckets => {
  if (counts.length === 0) return nothing;
  // Not a shift: scales may be further apart than a shift has bits.
  const coarse = (i: number): number => Math.floor((offset + i) / 2 ** steps);
  const first = coarse(0);
  const merged = new Array<number>(coarse(counts.length - 1) - first + 1).fill(0);
  for (const [i, count] of counts.entries()) merged[coarse(i) - first]! += count;
  return { offset: first, counts: merged };
};

/** Buckets that lie within the threshold are zeroes; one that lies across it stays as it is. */
const withZeroes = (histogram: Exponential, zeroThreshold: number): Exponential => {
  if (zeroThreshold <= histogram.zeroThreshold) return histogram;
  const split = ({ offset, counts }: ExponentialBuckets): { zeroes: number; rest: ExponentialBuckets } => {
    let within = 0;
    while (within < counts.length && boundOf(histogram.scale, offset + within + 1) <= zeroThreshold) within++;
    return {
      zeroes: counts.slice(0, within).reduce((sum, count) => sum + count, 0),
      rest: { offset: offset + within, counts: counts.slice(within) },
    };
  };
  const [positive, negative] = [split(histogram.positive), split(histogram.negative)];
  return {
    scale: histogram.scale,
    zeroCount: histogram.zeroCount + positive.zeroes + negative.zeroes,
    zeroThreshold,
    positive: positive.rest,
    negative: negative.rest,
  };
};

const combineBuckets = (
  a: ExponentialBuckets,
  b: ExponentialBuckets,
  count: (x: number, y: number) => number,
): ExponentialBuckets => {
  if (b.counts.length === 0) return a;
  if (a.counts.length === 0) return { offset: b.offset, counts: b.counts.map((y) => count(0, y)) };
  const offset = Math.min(a.offset, b.offset);
  const end = Math.max(a.offset + a.counts.length, b.offset + b.counts.length);
  return {
    offset,
    counts: Array.from({ length: end - offset }, (_, i) =>
      count(a.counts[offset + i - a.offset] ?? 0, b.counts[offset + i - b.offset] ?? 0),
    ),
  };
};

/** Lower bound of a bucket's magnitudes; between two whole indexes, what lies between their bounds. */
const boundOf = (scale: number, index: number): number => 2 ** (index * 2 ** -scale);

/**
 * The value below which a share of `q` lies: within a bucket on a logarithmic scale, as its bounds are, within the zero
 * bucket linear. Null without observations.
 */
export const quantileOfExponential = (q: number, histogram: Exponential): number | null => {
  const { scale, zeroCount, zeroThreshold, positive, negative } = histogram;
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  const total = sum(negative.counts) + zeroCount + sum(positive.counts);
  if (total <= 0) return null;
  const rank = Math.min(1, Math.max(0, q)) * total;
  let below = 0;
  let last = 0;
  const magnitude = (index: number, share: number): number => boundOf(scale, index + share);
  for (let i = negative.counts.length - 1; i >= 0; i--) {
    const count = negative.counts[i]!;
    if (count === 0) continue;
    if (below + count >= rank) return -magnitude(negative.offset + i, 1 - (rank - below) / count);
    below += count;
  }
  if (zeroCount > 0) {
    // Without values on a side, what is near zero lies on the other.
    const low = sum(negative.counts) > 0 || sum(positive.counts) === 0 ? -zeroThreshold : 0;
    const high = sum(positive.counts) > 0 || sum(negative.counts) === 0 ? zeroThreshold : 0;
    if (below + zeroCount >= rank) return low + ((high - low) * (rank - below)) / zeroCount;
    below += zeroCount;
    last = high;
  }
  for (const [i, count] of positive.counts.entries()) {
    if (count === 0) continue;
    if (below + count >= rank) return magnitude(positive.offset + i, (rank - below) / count);
    below += count;
    last = boundOf(scale, positive.offset + i + 1);
  }
  return last;
};
