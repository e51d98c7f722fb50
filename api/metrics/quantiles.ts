/** Quantiles over time, of histograms of both kinds: what came in each step, series of a group together. */
import type { QueryCost, Telemetry } from '../../kernel/telemetry/client.ts';
import { ApiError } from '../api-error.ts';
import type { MetricKind } from '../contract/metrics.ts';
import { totalCost } from '../cost.ts';
import type { Steps } from '../steps.ts';
import { addBuckets, type Buckets, bucketsSince, quantileOfBuckets } from './buckets.ts';
import {
  addExponentials,
  type Exponential,
  exponentialSince,
  noExponential,
  partOfExponential,
  quantileOfExponential,
} from './exponential.ts';
import { type Growth, growthOf, type HistogramPoint, sharesOf } from './growth.ts';
import { type ChunkedQuery, readInChunks } from './read.ts';
import type { Lines } from './values.ts';

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
        marginMs: Math.min(7_200_000, Math.max(300_000, 3 * Math.ceil(grid.intervalMs))),
        sql: (points) => (isDelta ? deltaSql : cumulativeSql)(points, kind),
      },
      (row) => {
        const group = selected.groupOf.get(row.id);
        if (group !== undefined) sums.add(group, row, isDelta, grid);
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

/** A series: a cell per step and start time, with the last of its points there. Deltas are added up by step already. */
interface SeriesRow {
  readonly id: string;
  readonly bounds: readonly number[];
  readonly cells: readonly Cell[];
}
type Cell = readonly [startMs: number, timeMs: number, observed: number, began: number, counts: Counts];
/** Bucket counts, or scale, zero count and threshold, and offset and counts of the positive and negative buckets. */
type Counts = readonly number[] | ExponentialCounts;

interface Sums {
  add(group: number, row: SeriesRow, isDelta: boolean, steps: Steps): void;
  quantile(group: number, step: number): number | null;
}

const explicitSums = (q: number): Sums => {
  const sums = new Map<string, Map<string, Buckets>>();
  return {
    add(group, { bounds, cells }, isDelta, steps) {
      const key = bounds.join();
      const points = cells.map((cell) => pointOf(cell, (counts) => counts as readonly number[]));
      for (const growth of isDelta ? points.map(deltaOf) : growthOf(points, bucketsSince)) {
        for (const { step, share } of sharesOf(growth, steps)) {
          const part = { bounds, counts: growth.counts.map((count) => count * share) };
          const byBounds = sums.get(`${group} ${step}`) ?? new Map<string, Buckets>();
          const known = byBounds.get(key);
          byBounds.set(key, known ? addBuckets([known, part]) : part);
          sums.set(`${group} ${step}`, byBounds);
        }
      }
    },
    quantile: (group, step) => quantileOfBuckets(q, addBuckets([...(sums.get(`${group} ${step}`)?.values() ?? [])])),
  };
};

const exponentialSums = (q: number): Sums => {
  const sums = new Map<string, Exponential>();
  return {
    add(group, { cells }, isDelta, steps) {
      const points = cells.map((cell) => pointOf(cell, (counts) => exponentialOf(counts as ExponentialCounts)));
      for (const growth of isDelta ? points.map(deltaOf) : growthOf(points, exponentialSince)) {
        for (const { step, share } of sharesOf(growth, steps)) {
          const key = `${group} ${step}`;
          sums.set(key, addExponentials(sums.get(key) ?? noExponential, partOfExponential(growth.counts, share)));
        }
      }
    },
    quantile: (group, step) => quantileOfExponential(q, sums.get(`${group} ${step}`) ?? noExponential),
  };
};

const pointOf = <Read>(
  [startMs, timeMs, observed, began, counts]: Cell,
  read: (counts: Counts) => Read,
): HistogramPoint<Read> => ({
  startMs,
  timeMs,
  observed,
  began: began === 1,
  counts: read(counts),
});

/** A delta stands in the middle of its time. */
const deltaOf = <Read>({ timeMs, counts }: HistogramPoint<Read>): Growth<Read> => ({
  fromMs: timeMs,
  toMs: timeMs,
  counts,
});

type ExponentialCounts = readonly [number, number, number, number, readonly number[], number, readonly number[]];
const exponentialOf = (counts: ExponentialCounts): Exponential => ({
  scale: counts[0],
  zeroCount: counts[1],
  zeroThreshold: counts[2],
  positive: { offset: counts[3], counts: counts[4] },
  negative: { offset: counts[5], counts: counts[6] },
});

const columnsOf = (kind: MetricKind): string =>
  kind === 'histogram'
    ? 'bounds, bucket_counts AS counts'
    : `CAST([], 'Array(Float64)') AS bounds,
      (scale, zero_count, zero_threshold, positive_offset, positive_counts, negative_offset, negative_counts) AS counts`;

const stepOf = (ms: string): string => `toInt64(floor((${ms} - {gridStart:Int64}) / {step:Int64}))`;
/** The middle of what a delta counts; its own time where it does not say since when. */
const middleMs = `toUnixTimestamp64Milli(time) - if(start_time_unix_nano = 0, 0,
  greatest(0, intDiv(toUnixTimestamp64Nano(time) - toInt64(start_time_unix_nano), 2000000)))`;

/** Histograms of the same layout are added up here already; those of another come as cells of their own. */
const deltaSql = (points: string, kind: MetricKind): string => {
  const counts =
    kind === 'histogram'
      ? 'sumForEach(bucket_counts)'
      : `(scale, sum(zero_count), zero_threshold, positive_offset, sumForEach(positive_counts), negative_offset, sumForEach(negative_counts))`;
  const layout = kind === 'histogram' ? 'bounds' : 'scale, zero_threshold, positive_offset, negative_offset';
  return `
  SELECT toString(series) AS id, ${kind === 'histogram' ? 'bounds' : `CAST([], 'Array(Float64)') AS bounds`},
    groupArray((0, {gridStart:Int64} + step_number * {step:Int64}, 0, 0, counts)) AS cells
  FROM (
    SELECT series, ${layout}, ${stepOf(middleMs)} AS step_number, ${counts} AS counts
    FROM metric_distributions WHERE ${points}
    GROUP BY series, step_number, ${layout}
  )
  GROUP BY series, bounds`;
};

/**
 * The last histogram of each step and start time tells all that came before it, so only those are read whole, and the
 * very first, for what it all began with. (A restart that keeps its start time loses from its step what came just before
 * it: no matter for a share.)
 */
const cumulativeSql = (points: string, kind: MetricKind): string => `
  SELECT toString(point_series) AS id, bounds,
    groupArray((s_ms, t_ms, observed, began, counts)) AS cells
  FROM (
    SELECT point.series AS point_series, ${columnsOf(kind)}, point.count AS observed,
      toUnixTimestamp64Milli(time) AS t_ms, intDiv(start_time_unix_nano, 1000000) AS s_ms,
      toUInt8(s_ms >= {gridStart:Int64} AND start_time_unix_nano < toUInt64(toUnixTimestamp64Nano(first_time))) AS began
    FROM (SELECT * FROM metric_distributions WHERE ${points}) AS point
    INNER JOIN (
      SELECT series, max(time) AS read_time, min(time) AS first_time
      FROM metric_distributions WHERE ${points}
      GROUP BY series, start_time_unix_nano, ${stepOf('toUnixTimestamp64Milli(time)')}
      UNION DISTINCT
      SELECT series, min(time) AS read_time, min(time) AS first_time
      FROM metric_distributions WHERE ${points}
      GROUP BY series
    ) AS wanted ON point.series = wanted.series AND point.time = wanted.read_time
  )
  GROUP BY point_series, bounds`;
