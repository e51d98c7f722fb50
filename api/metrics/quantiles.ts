/** Quantiles over time, of histograms of both kinds: what came in each step, series of a group together. */
import type { QueryCost, Telemetry } from '../../kernel/telemetry/client.ts';
import { ApiError } from '../api-error.ts';
import type { MetricKind } from '../contract/metrics.ts';
import { totalCost } from '../cost.ts';
import { addBuckets, type Buckets, bucketsSince, quantileOfBuckets } from './buckets.ts';
import {
  addExponentials,
  type Exponential,
  exponentialSince,
  noExponential,
  quantileOfExponential,
} from './exponential.ts';
import { type ChunkedQuery, readInChunks } from './read.ts';
import type { Lines } from './values.ts';

/**
 * A histogram of a series in a step. Cumulative: the last one there with its start time. `began` is 1 when it began
 * inside the steps, with nothing. Delta: the sum of those in the step; nothing but counts matters.
 */
export type HistogramCell<Counts> = readonly [
  step: number,
  startMs: number,
  timeMs: number,
  observed: number,
  began: number,
  counts: Counts,
];

const maxGroupCells = 100_000;

export const readQuantiles = async (
  telemetry: Pick<Telemetry, 'query'>,
  query: Omit<ChunkedQuery, 'sql' | 'marginMs' | 'behaviour' | 'cellWeight'>,
  kind: MetricKind,
  q: number,
): Promise<{ lines: Lines; cost: QueryCost }> => {
  const { selected, grid } = query;
  if (selected.groups.length * grid.count > maxGroupCells) {
    throw new ApiError(
      'QUERY_TOO_EXPENSIVE',
      `${selected.groups.length} groups in ${grid.count} steps are too many percentiles: group by fewer keys, or choose a longer step.`,
    );
  }
  const sums = kind === 'histogram' ? explicitSums(q) : exponentialSums(q);
  const costs: QueryCost[] = [];
  for (const behaviour of selected.behaviours) {
    const isDelta = behaviour.temporality === 'delta';
    const cost = await readInChunks<SeriesRow>(
      telemetry,
      {
        ...query,
        behaviour,
        cellWeight: 10,
        marginMs: isDelta ? 0 : Math.min(7_200_000, Math.max(300_000, 3 * Math.ceil(grid.intervalMs))),
        sql: (points) => (isDelta ? deltaSql : cumulativeSql)(points, kind),
      },
      (row) => {
        const group = selected.groupOf.get(row.id);
        if (group !== undefined) sums.add(group, row, isDelta, grid.count);
      },
    );
    costs.push(cost);
  }
  return {
    lines: selected.groups.map((_, group) =>
      Array.from({ length: grid.count }, (_, step) => sums.quantile(group, step)),
    ),
    cost: totalCost(costs),
  };
};

interface SeriesRow {
  readonly id: string;
  readonly bounds: readonly number[];
  readonly cells: readonly HistogramCell<Counts>[];
}
/** Bucket counts, or scale, zero count and threshold, and offset and counts of the positive and negative buckets. */
type Counts =
  | readonly number[]
  | readonly [number, number, number, number, readonly number[], number, readonly number[]];

interface Sums {
  add(group: number, row: SeriesRow, isDelta: boolean, steps: number): void;
  quantile(group: number, step: number): number | null;
}

const explicitSums = (q: number): Sums => {
  const sums = new Map<string, Map<string, Buckets>>();
  return {
    add(group, { bounds, cells }, isDelta, steps) {
      const key = bounds.join();
      for (const [step, counts] of growth(cells as HistogramCell<readonly number[]>[], isDelta, bucketsSince)) {
        if (step < 0 || step >= steps) continue;
        const byBounds = sums.get(`${group} ${step}`) ?? new Map<string, Buckets>();
        const known = byBounds.get(key);
        byBounds.set(key, known ? addBuckets([known, { bounds, counts }]) : { bounds, counts });
        sums.set(`${group} ${step}`, byBounds);
      }
    },
    quantile: (group, step) => quantileOfBuckets(q, addBuckets([...(sums.get(`${group} ${step}`)?.values() ?? [])])),
  };
};

const exponentialSums = (q: number): Sums => {
  const sums = new Map<string, Exponential>();
  return {
    add(group, { cells }, isDelta, steps) {
      const histograms = (cells as HistogramCell<ExponentialCounts>[]).map(
        ([step, startMs, timeMs, observed, began, counts]) =>
          [step, startMs, timeMs, observed, began, exponentialOf(counts)] as const,
      );
      for (const [step, histogram] of growth(histograms, isDelta, exponentialSince)) {
        if (step < 0 || step >= steps) continue;
        const key = `${group} ${step}`;
        sums.set(key, addExponentials(sums.get(key) ?? noExponential, histogram));
      }
    },
    quantile: (group, step) => quantileOfExponential(q, sums.get(`${group} ${step}`) ?? noExponential),
  };
};

type ExponentialCounts = Extract<
  Counts,
  readonly [number, number, number, number, readonly number[], number, readonly number[]]
>;
const exponentialOf = (counts: ExponentialCounts): Exponential => ({
  scale: counts[0],
  zeroCount: counts[1],
  zeroThreshold: counts[2],
  positive: { offset: counts[3], counts: counts[4] },
  negative: { offset: counts[5], counts: counts[6] },
});

/**
 * What came in each step, from cells in any order, by the rules that hold for counters: less than before, or a start
 * after the point before, is a new beginning. `since` is undefined where counts cannot go on from those before.
 */
export const growth = <Counts>(
  cells: readonly HistogramCell<Counts>[],
  isDelta: boolean,
  since: (before: Counts, now: Counts) => Counts | undefined,
): [step: number, counts: Counts][] => {
  if (isDelta) return cells.map(([step, , , , , counts]) => [step, counts]);
  const grown: [number, Counts][] = [];
  let before: HistogramCell<Counts> | undefined;
  for (const cell of [...cells].sort((a, b) => a[2] - b[2])) {
    const [step, startMs, , observed, began, counts] = cell;
    if (before === undefined) {
      if (began === 1) grown.push([step, counts]);
    } else {
      const [, startBefore, timeBefore, observedBefore, , countsBefore] = before;
      const isReset = observed < observedBefore || (startMs > startBefore && startMs >= timeBefore);
      grown.push([step, isReset ? counts : (since(countsBefore, counts) ?? counts)]);
    }
    before = cell;
  }
  return grown;
};

const columnsOf = (kind: MetricKind): string =>
  kind === 'histogram'
    ? 'bounds, bucket_counts AS counts'
    : `CAST([], 'Array(Float64)') AS bounds,
      (scale, zero_count, zero_threshold, positive_offset, positive_counts, negative_offset, negative_counts) AS counts`;

const stepNumber = 'toInt64(floor((toUnixTimestamp64Milli(time) - {gridStart:Int64}) / {step:Int64}))';

/** Histograms of the same layout are added up here already; those of another come as cells of their own. */
const deltaSql = (points: string, kind: MetricKind): string => {
  const counts =
    kind === 'histogram'
      ? 'sumForEach(bucket_counts)'
      : `(scale, sum(zero_count), zero_threshold, positive_offset, sumForEach(positive_counts), negative_offset, sumForEach(negative_counts))`;
  const layout = kind === 'histogram' ? 'bounds' : 'scale, zero_threshold, positive_offset, negative_offset';
  return `
  SELECT toString(series) AS id, ${kind === 'histogram' ? 'bounds' : `CAST([], 'Array(Float64)') AS bounds`},
    groupArray((step_number, 0, 0, 0, 0, counts)) AS cells
  FROM (
    SELECT series, ${layout}, ${stepNumber} AS step_number, ${counts} AS counts
    FROM metric_distributions WHERE ${points}
    GROUP BY series, step_number, ${layout}
  )
  GROUP BY series, bounds`;
};

/**
 * The last histogram of each step and start time tells all that came before it, so only those are read whole. (A restart
 * that keeps its start time loses from its step what came just before it: no matter for a share.)
 */
const cumulativeSql = (points: string, kind: MetricKind): string => `
  SELECT toString(point_series) AS id, bounds,
    groupArray((step_number, s_ms, t_ms, observed, began, counts)) AS cells
  FROM (
    SELECT point.series AS point_series, ${columnsOf(kind)}, point.count AS observed, ${stepNumber} AS step_number,
      toUnixTimestamp64Milli(time) AS t_ms, intDiv(start_time_unix_nano, 1000000) AS s_ms,
      toUInt8(s_ms >= {gridStart:Int64} AND start_time_unix_nano < toUInt64(toUnixTimestamp64Nano(first_time))) AS began
    FROM (SELECT * FROM metric_distributions WHERE ${points}) AS point
    INNER JOIN (
      SELECT series, max(time) AS last_time, min(time) AS first_time
      FROM metric_distributions WHERE ${points}
      GROUP BY series, start_time_unix_nano, ${stepNumber}
    ) AS last ON point.series = last.series AND point.time = last.last_time
  )
  GROUP BY point_series, bounds`;
