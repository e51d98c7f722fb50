import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seeded } from '../test-random.ts';
import { expectClose, hour, type MetricsApi, minute, noon, startMetricsApi } from './test-api.ts';
import type { TestPoint } from './test-metrics.ts';

let api: MetricsApi;
beforeAll(async () => {
  api = await startMetricsApi();
});
afterAll(() => api.close());

describe('histograms', () => {
  const bounds = [10, 20, 50];
  const histogram = (
    metric: string,
    timeMs: number,
    bucketCounts: number[],
    rest: Partial<TestPoint> = {},
  ): TestPoint => ({
    metric,
    kind: 'histogram',
    temporality: 'cumulative',
    unit: 'ms',
    startMs: noon - hour,
    timeMs,
    bounds,
    bucketCounts,
    count: bucketCounts.reduce((a, b) => a + b, 0),
    ...rest,
  });

  test('cumulative ones: what came in each step, series added up, resets seen', async () => {
    await api.insert([
      histogram('latency', noon - 30_000, [100, 100, 100, 0], { sum: 1000 }),
      histogram('latency', noon + 30_000, [102, 104, 102, 0], { sum: 1160 }),
      // Restarted.
      histogram('latency', noon + 90_000, [0, 0, 4, 0], { startMs: noon + 70_000, sum: 120 }),
      histogram('latency', noon + 150_000, [0, 10, 4, 0], { startMs: noon + 70_000, sum: 270 }),
      histogram('latency', noon + 150_000, [0, 0, 0, 0], { startMs: noon + 130_000, attributes: { pod: '2' } }),
      histogram('latency', noon + 170_000, [10, 0, 0, 0], { startMs: noon + 130_000, attributes: { pod: '2' } }),
    ]);
    // What came between two points is spread over the time between: [1, 2, 1], then [0, 5, 4], then [10, 5, 0].
    expectClose((await api.line('latency', { aggregation: 'p50' })).slice(0, 3), [15, 19, 7.5]);
    expectClose((await api.line('latency', { aggregation: 'p99' })).slice(0, 3), [48.8, 49.325, 19.7]);
    expectClose((await api.line('latency', { aggregation: 'max' })).slice(0, 3), [50, 50, 20]);
    const perPod = await api.query('latency', { aggregation: 'p50', groupBy: 'pod' });
    expect(perPod.series.map(({ labels, values }) => [labels.pod, values[2]])).toEqual([
      ['', 15],
      ['2', 5],
    ]);
    const total = (values: (number | null)[]) => values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
    // Of the first 8, half came before noon, as far as anybody knows.
    expect(total(await api.line('latency', { aggregation: 'count' }))).toBeCloseTo(4 + 4 + 10 + 10, 6);
    expect((await api.query('latency', { aggregation: 'rate' })).unit).toBe('1/s');
  });

  test('a mean is the growth of the sum by the growth of the count', async () => {
    await api.insert(
      [0, 1, 2].map((i) =>
        histogram('mean', noon + i * minute, [i * 10, 0, 0, 0], { sum: i * 70 + (i === 2 ? 60 : 0) }),
      ),
    );
    expectClose((await api.line('mean', { aggregation: 'avg' })).slice(0, 3), [7, 13, null]);
    expectClose((await api.line('mean', { aggregation: 'sum' })).slice(0, 2), [70, 130]);
  });

  test('deltas, also with other bounds in the same group', async () => {
    const delta = (timeMs: number, counts: number[], rest: Partial<TestPoint> = {}) =>
      histogram('sizes', timeMs, counts, { temporality: 'delta', startMs: timeMs - 10_000, ...rest });
    await api.insert([
      delta(noon + 10_000, [4, 0, 0, 0], { min: 3, max: 9 }),
      delta(noon + 20_000, [0, 4, 0, 0], { min: 12, max: 18 }),
      delta(noon + 20_000, [0, 8, 0], { attributes: { pod: '2' }, bounds: [20, 40], min: 25, max: 31 }),
    ]);
    // 4 in (0, 10], 4 in (10, 20] and 8 in (20, 40].
    expectClose((await api.line('sizes', { aggregation: 'p50' })).slice(0, 1), [20]);
    expectClose((await api.line('sizes', { aggregation: 'p75' })).slice(0, 1), [30]);
    expect((await api.line('sizes', { aggregation: 'min' }))[0]).toBe(3);
    expect((await api.line('sizes', { aggregation: 'max' }))[0]).toBe(31);
  });

  test('exponential ones of different scales, with zeroes and negative values, of both temporalities', async () => {
    const exponential = (metric: string, timeMs: number, rest: Partial<TestPoint>): TestPoint => ({
      metric,
      kind: 'exponential_histogram',
      temporality: 'cumulative',
      startMs: noon - hour,
      timeMs,
      ...rest,
    });
    await api.insert([
      exponential('exp', noon, { scale: 1, positiveOffset: 0, positiveCounts: [5, 5], count: 10 }),
      // One more in (1, √2], three in (2, 4], at a coarser scale from now on.
      exponential('exp', noon + 1000, { scale: 0, positiveOffset: 0, positiveCounts: [11, 3], count: 14 }),
      exponential('exp', noon + 1000, {
        attributes: { pod: '2' },
        temporality: 'delta',
        startMs: noon + 500,
        scale: 2,
        zeroCount: 4,
        negativeOffset: 0,
        negativeCounts: [4],
        count: 8,
      }),
    ]);
    // 4 in [-2^¼, -1), 4 zeroes, 1 in (1, 2], 3 in (2, 4].
    expectClose((await api.line('exp', { aggregation: 'p50' })).slice(0, 1), [0]);
    expectClose((await api.line('exp', { aggregation: 'p75' })).slice(0, 1), [2]);
    expectClose((await api.line('exp', { aggregation: 'max' })).slice(0, 1), [4]);
    expectClose((await api.line('exp', { aggregation: 'min' })).slice(0, 1), [-2]);
    expectClose((await api.line('exp', { aggregation: 'p99' })).slice(0, 1), [2 ** (1 + (0.99 * 12 - 9) / 3)]);
  });

  test('against all values: random observations, three series, both kinds', async () => {
    const random = seeded(31);
    const many = [1, 2, 5, 10, 20, 50, 100, 200, 500];
    const points: TestPoint[] = [];
    const perStep: number[][] = [[], [], [], [], []];
    for (let pod = 0; pod < 3; pod++) {
      const counts = new Array<number>(many.length + 1).fill(0);
      const exponentialCounts = new Array<number>(60).fill(0);
      let seen = 0;
      for (let i = 0; i <= 5; i++) {
        const at = {
          attributes: { pod: String(pod) },
          timeMs: noon + i * minute,
          startMs: noon - 1000,
          temporality: 'cumulative',
        } as const;
        points.push({
          ...at,
          metric: 'observed',
          kind: 'histogram',
          bounds: many,
          bucketCounts: [...counts],
          count: seen,
        });
        points.push({
          ...at,
          metric: 'observed.exp',
          kind: 'exponential_histogram',
          scale: 2,
          positiveOffset: -20,
          positiveCounts: [...exponentialCounts],
          count: seen,
        });
        for (let n = 0; n < 200; n++) {
          const value = Math.exp(random() * 6);
          if (i < 5) perStep[i]!.push(value);
          counts[(many.findIndex((bound) => value <= bound) + many.length + 1) % (many.length + 1)]!++;
          exponentialCounts[Math.ceil(Math.log2(value) * 4) - 1 + 20]!++;
          seen++;
        }
      }
    }
    await api.insert(points);
    for (const [aggregation, q] of [
      ['p50', 0.5],
      ['p90', 0.9],
      ['p99', 0.99],
    ] as const) {
      const explicit = await api.line('observed', { aggregation });
      const exponential = await api.line('observed.exp', { aggregation });
      for (const [step, unsorted] of perStep.entries()) {
        const values = unsorted.toSorted((a, b) => a - b);
        const exact = values[Math.ceil(q * values.length) - 1]!;
        const bucket = many.findIndex((bound) => exact <= bound);
        expect(explicit[step]).toBeGreaterThanOrEqual(many[bucket - 1]!);
        expect(explicit[step]).toBeLessThanOrEqual(many[bucket]!);
        expect(Math.abs(Math.log(exponential[step]! / exact))).toBeLessThan(Math.log(2) / 4 + 1e-9);
      }
    }
  });

  test('summaries: the nearest quantile there is', async () => {
    const summary = (timeMs: number, count: number, sum: number, rest: Partial<TestPoint> = {}): TestPoint => ({
      metric: 'gc',
      kind: 'summary',
      timeMs,
      startMs: noon - hour,
      count,
      sum,
      quantiles: [
        [0, 1],
        [0.5, 10],
        [0.9, 40],
      ],
      ...rest,
    });
    await api.insert([
      summary(noon, 100, 1000),
      summary(noon + minute, 110, 1300),
      summary(noon + minute, 7, 5, { attributes: { pod: '2' }, quantiles: [[0.5, 20]] }),
    ]);
    expect((await api.line('gc', { aggregation: 'p99' }))[1]).toBe(30);
    expect((await api.line('gc', { aggregation: 'min' }))[1]).toBe(1);
    expectClose((await api.line('gc', { aggregation: 'avg' })).slice(0, 1), [30]);
    expectClose((await api.line('gc', { aggregation: 'count' })).slice(0, 1), [10]);
    expect(await api.refusal('metrics/gc/query', { aggregation: 'last' })).toMatchObject({ code: 'INVALID_REQUEST' });
  });
});
