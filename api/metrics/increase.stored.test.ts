import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seeded } from '../test-random.ts';
import { expectClose, hour, type MetricsApi, minute, noon, startMetricsApi } from './test-api.ts';
import type { TestPoint } from './test-metrics.ts';

let api: MetricsApi;
beforeAll(async () => {
  api = await startMetricsApi();
});
afterAll(() => api.close());

describe('counters', () => {
  const counter = (metric: string, rest: Partial<TestPoint> & { timeMs: number }): TestPoint => ({
    metric,
    kind: 'sum',
    temporality: 'cumulative',
    monotonic: true,
    unit: '{request}',
    startMs: noon - hour,
    ...rest,
  });

  test('a cumulative one grows by the difference of its points', async () => {
    await api.insert(
      [0, 1, 2, 3].map((i) => counter('requests', { timeMs: noon + i * minute, int: String(1000 + i * 60) })),
    );
    expectClose(await api.line('requests', { aggregation: 'increase' }), [60, 60, 60, ...new Array(7).fill(null)]);
    const rate = await api.query('requests', { aggregation: 'rate' });
    expectClose(rate.series[0]!.values, [1, 1, 1, ...new Array(7).fill(null)]);
    expect(rate.unit).toBe('{request}/s');
    expect((await api.line('requests', { aggregation: 'max' }))[1]).toBe(1060);
  });

  test('a reset, seen by the value or by the start time, loses nothing', async () => {
    await api.insert([
      counter('resets', { timeMs: noon, value: 100 }),
      counter('resets', { timeMs: noon + minute, value: 130 }),
      // Falls: 20 since then.
      counter('resets', { timeMs: noon + 2 * minute, value: 20 }),
      // Started again and already larger: 50 since its start.
      counter('resets', { timeMs: noon + 4 * minute, value: 50, startMs: noon + 3 * minute }),
      counter('resets', { timeMs: noon + 5 * minute, value: 55, startMs: noon + 3 * minute }),
    ]);
    expectClose(await api.line('resets', { aggregation: 'increase' }), [
      30,
      20,
      null,
      50,
      5,
      ...new Array(5).fill(null),
    ]);
  });

  test('a series that starts inside the range counts from its start; one that is only new to us does not', async () => {
    await api.insert([
      counter('fresh', { timeMs: noon + 2 * minute, value: 40, startMs: noon + minute }),
      counter('fresh', { timeMs: noon + 3 * minute, value: 45, startMs: noon + minute }),
      counter('older', { timeMs: noon + 2 * minute, value: 40, startMs: noon - 9 * hour }),
      counter('older', { timeMs: noon + 3 * minute, value: 45, startMs: noon - 9 * hour }),
      counter('unknown', { timeMs: noon + 2 * minute, value: 40, startMs: 0 }),
      counter('unknown', { timeMs: noon + 3 * minute, value: 45, startMs: 0 }),
    ]);
    expectClose((await api.line('fresh', { aggregation: 'increase' })).slice(0, 4), [null, 40, 5, null]);
    expectClose((await api.line('older', { aggregation: 'increase' })).slice(0, 4), [null, null, 5, null]);
    expectClose((await api.line('unknown', { aggregation: 'increase' })).slice(0, 4), [null, null, 5, null]);
  });

  test('the first and the last step are whole, whatever the range cuts through', async () => {
    await api.insert(
      Array.from({ length: 40 }, (_, i) =>
        counter('steady', { timeMs: noon - 10 * minute + i * minute + 20_000, value: i * 60 }),
      ),
    );
    const answer = await api.query('steady', {
      aggregation: 'rate',
      fromMs: noon + 30_000,
      toMs: noon + 5 * minute + 30_000,
    });
    expect(answer.startMs).toBe(noon);
    expectClose(answer.series[0]!.values, [1, 1, 1, 1, 1, 1]);
    expectClose(await api.line('steady', { aggregation: 'increase', toMs: noon + 3 * minute }), [60, 60, 60]);
  });

  test('while data still comes in, a rate does not drop at its end', async () => {
    await api.insert(
      Array.from({ length: 6 }, (_, i) =>
        counter('live', { timeMs: noon + i * minute + 20_000, value: i * 60, startMs: noon - 5 * hour }),
      ),
    );
    const nowMs = noon + 5 * minute + 40_000;
    api.setNow(nowMs);
    try {
      const answer = await api.query('live', { aggregation: 'rate', fromMs: noon, toMs: nowMs });
      expectClose(answer.series[0]!.values, [40 / 60, 1, 1, 1, 1, 1]);
      // What is from the future of somebody's clock does not count yet.
      const future = await api.query('steady', { aggregation: 'rate', fromMs: noon, toMs: nowMs });
      expectClose(future.series[0]!.values, [1, 1, 1, 1, 1, 1]);
    } finally {
      api.setNow(undefined);
    }
  });

  test('steps shorter than the interval between reports have no gaps', async () => {
    expectClose(
      await api.line('steady', { aggregation: 'rate', stepMs: 10_000, toMs: noon + minute }),
      [1, 1, 1, 1, 1, 1],
    );
    const { stepMs } = await api.ask('queryMetric', 'metrics/steady/query', {
      fromMs: noon,
      toMs: noon + 5 * minute,
      aggregation: 'rate',
    });
    expect(stepMs).toBe(minute);
  });

  test('deltas add up; what crosses a border counts on both sides', async () => {
    const delta = (startMs: number, timeMs: number, value: number, shard = '1') =>
      counter('deltas', { temporality: 'delta', startMs, timeMs, value, attributes: { shard } });
    await api.insert([
      delta(noon, noon + minute, 30),
      delta(noon + minute, noon + 2 * minute, 60),
      delta(noon + 2.5 * minute, noon + 3.5 * minute, 10),
      delta(0, noon + 10_000, 5, '2'),
    ]);
    const expected = [35, 60, 5, 5, ...new Array(6).fill(null)];
    expectClose(await api.line('deltas', { aggregation: 'increase' }), expected);
    expectClose(await api.line('deltas', { aggregation: 'sum' }), expected);
    expectClose((await api.line('deltas', { aggregation: 'rate' })).slice(0, 2), [35 / 60, 1]);
    expect((await api.line('deltas', { aggregation: 'max' })).slice(0, 2)).toEqual([5, 30]);
  });

  test('one that goes up and down has no resets', async () => {
    await api.insert(
      [5, 9, 2].map((value, i) => counter('queue', { monotonic: false, timeMs: noon + i * minute, value })),
    );
    expectClose((await api.line('queue', { aggregation: 'increase' })).slice(0, 2), [4, -7]);
    expect((await api.line('queue', { aggregation: 'last' })).slice(0, 3)).toEqual([5, 9, 2]);
  });

  test('against a count by hand: many random series with resets, restarts and gaps, of both temporalities', async () => {
    const random = seeded(23);
    const points: TestPoint[] = [];
    const amounts = new Map<string, [number, number, number][]>();
    for (let series = 0; series < 40; series++) {
      const isDelta = random() < 0.4;
      const group = `g${Math.floor(random() * 3)}`;
      const grown = amounts.get(group) ?? [];
      amounts.set(group, grown);
      let start = noon - 20 * minute;
      let before = start;
      let value = 0;
      let isFirst = true;
      for (
        let time = start + Math.floor(random() * minute);
        time < noon + 18 * minute;
        time += 20_000 + Math.floor(random() * 90_000)
      ) {
        const added = Math.floor(random() * 50);
        if (random() < 0.1) {
          // A restart: the new start lies between the points.
          start = before + Math.floor((time - before) / 3);
          value = 0;
        }
        const from = isDelta ? before : value === 0 && start > before ? start : before;
        value += added;
        points.push(
          counter('random', {
            attributes: { series: String(series), group },
            timeMs: time,
            startMs: isDelta ? before : start,
            temporality: isDelta ? 'delta' : 'cumulative',
            value: isDelta ? added : value,
          }),
        );
        if ((isDelta || !isFirst) && time > from) grown.push([from, time, added]);
        isFirst = false;
        before = time;
      }
    }
    await api.insert(points);
    for (const stepMs of [7000, minute, 5 * minute]) {
      const { series } = await api.query('random', { aggregation: 'increase', groupBy: 'group', stepMs });
      expect(series.map(({ labels }) => labels.group).sort()).toEqual([...amounts.keys()].sort());
      for (const { labels, values } of series) {
        expectClose(values, spreadOn(amounts.get(labels.group!)!, values.length, stepMs));
      }
    }
  });
  /** Steps lie on round times: with steps of 7 s the first one begins before noon. */
  const spreadOn = (amounts: readonly [number, number, number][], steps: number, stepMs: number) => {
    const shift = noon - Math.floor(noon / stepMs) * stepMs;
    return spread(
      amounts.map(([from, to, amount]) => [from + shift, to + shift, amount] as const),
      steps,
      stepMs,
    );
  };
});

/** What each step holds of amounts that came together between two moments. */
const spread = (
  amounts: readonly (readonly [fromMs: number, toMs: number, amount: number])[],
  steps: number,
  stepMs: number,
) => {
  const known: (number | null)[] = new Array<number | null>(steps).fill(null);
  for (const [from, to, amount] of amounts) {
    for (let step = 0; step < steps; step++) {
      const overlap = Math.min(to, noon + (step + 1) * stepMs) - Math.max(from, noon + step * stepMs);
      if (overlap > 0) known[step] = (known[step] ?? 0) + (amount * overlap) / (to - from);
    }
  }
  return known;
};
