import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { type Answer, contract, type RouteName } from '../contract.ts';
import { seeded } from '../test-random.ts';
import { buildTestServer } from '../test-server.ts';
import { openTestStore, type TestStore } from '../test-store.ts';
import { getMetric } from './detail.ts';
import { listMetrics, listServiceMetrics } from './names.ts';
import { listMetricPoints } from './points.ts';
import { queryMetric } from './query.ts';
import { insertPoints, type TestPoint } from './test-metrics.ts';

const minute = 60_000;
const hour = 60 * minute;
const noon = Date.UTC(2026, 2, 10, 12);
let nowMs = noon + 24 * hour;

let store: TestStore;
let server: FastifyInstance;
beforeAll(async () => {
  store = await openTestStore();
  const { telemetry } = store;
  server = await buildTestServer({
    handlers: {
      listMetrics: listMetrics(telemetry),
      listServiceMetrics: listServiceMetrics(telemetry),
      getMetric: getMetric(telemetry),
      queryMetric: queryMetric(telemetry, () => nowMs),
      listMetricPoints: listMetricPoints(telemetry),
    },
  });
});
afterAll(async () => {
  await server.close();
  await store.close();
});

type Asked = Readonly<Record<string, string | number>>;
const urlOf = (path: string, query: Asked): string =>
  `/api/v1/${path}?${new URLSearchParams(Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]))}`;

/** Asks, and checks the answer against the contract. */
const ask = async <Name extends RouteName>(name: Name, path: string, query: Asked): Promise<Answer<Name>> => {
  const answer = await server.inject(urlOf(path, query));
  expect(answer.statusCode, answer.body).toBe(200);
  const schema: z.ZodType = contract[name].answer;
  return schema.parse(answer.json().data) as Answer<Name>;
};
const query = (metric: string, asked: Asked) =>
  ask('queryMetric', `projects/prj_default/metrics/${encodeURIComponent(metric)}/query`, {
    fromMs: noon,
    toMs: noon + 10 * minute,
    stepMs: minute,
    ...asked,
  });
const refusal = async (metric: string, asked: Asked) => {
  const answer = await server.inject(
    urlOf(`projects/prj_default/metrics/${metric}/query`, { fromMs: noon, toMs: noon + hour, ...asked }),
  );
  return { status: answer.statusCode, ...answer.json().error };
};
/** The values of the only series. */
const line = async (metric: string, asked: Asked): Promise<(number | null)[]> => {
  const { series } = await query(metric, asked);
  expect(series).toHaveLength(1);
  return series[0]!.values;
};
const insert = (points: readonly TestPoint[]) => insertPoints(store.telemetry, points);
const expectClose = (actual: readonly (number | null)[], expected: readonly (number | null)[]): void => {
  expect(actual.map((value) => (value === null ? null : Math.round(value * 1e6) / 1e6))).toEqual(
    expected.map((value) => (value === null ? null : Math.round(value * 1e6) / 1e6)),
  );
};

describe('names', () => {
  beforeAll(() =>
    insert([
      {
        metric: 'cpu.usage',
        unit: '1',
        description: 'how busy',
        service: 'auth',
        attributes: { core: '0' },
        value: 1,
        timeMs: noon,
      },
      { metric: 'cpu.usage', unit: '1', service: 'auth', attributes: { core: '1' }, value: 1, timeMs: noon + 1000 },
      {
        metric: 'cpu.usage',
        unit: '1',
        service: 'mail',
        attributes: { core: '0' },
        resource: { 'host.name': 'h1' },
        value: 1,
        timeMs: noon,
      },
      {
        metric: 'jobs.done',
        kind: 'sum',
        temporality: 'delta',
        monotonic: true,
        service: 'mail',
        int: '1',
        timeMs: noon,
      },
      { metric: 'jobs.old', kind: 'sum', service: 'mail', int: '1', timeMs: noon - 24 * hour },
      { metric: `søk "x"\n/y`, service: 'auth', value: 1, timeMs: noon },
    ]),
  );
  const names = (asked: Asked) =>
    ask('listMetrics', 'projects/prj_default/metrics', { fromMs: noon - minute, toMs: noon + minute, ...asked });

  test('those with points in the range, with what they are and who sends them', async () => {
    const { metrics } = await names({});
    expect(metrics.map(({ name }) => name)).toEqual(['cpu.usage', 'jobs.done', `søk "x"\n/y`]);
    expect(metrics[0]).toEqual({
      name: 'cpu.usage',
      kind: 'gauge',
      unit: '1',
      description: 'how busy',
      temporality: 'unspecified',
      monotonic: false,
      series: 3,
      services: ['auth', 'mail'],
      lastSeenMs: noon + 1000,
    });
    expect(metrics[1]).toMatchObject({ kind: 'sum', temporality: 'delta', monotonic: true });
  });

  test('found by a part of the name, an attribute or a service', async () => {
    const found = async (asked: Asked) => (await names(asked)).metrics.map(({ name, series }) => `${name} ${series}`);
    expect(await found({ q: 'USAG' })).toEqual(['cpu.usage 3']);
    expect(await found({ q: 'core:1' })).toEqual(['cpu.usage 1']);
    expect(await found({ service: 'mail' })).toEqual(['cpu.usage 1', 'jobs.done 1']);
    expect(await found({ q: 'nothing' })).toEqual([]);
    const ofService = await ask('listServiceMetrics', 'services/svc_checkout/metrics', {
      fromMs: noon,
      toMs: noon + 1,
    });
    expect(ofService.metrics).toEqual([]);
  });

  test('a metric with the attributes of its series', async () => {
    const range = { fromMs: noon, toMs: noon + minute };
    const { metric, attributes } = await ask('getMetric', 'projects/prj_default/metrics/cpu.usage', range);
    expect(metric.series).toBe(3);
    expect(attributes).toEqual([
      {
        key: 'core',
        scope: 'record',
        distinct: 2,
        values: [
          { value: '0', series: 2 },
          { value: '1', series: 1 },
        ],
      },
      { key: 'host.name', scope: 'resource', distinct: 1, values: [{ value: 'h1', series: 1 }] },
    ]);
    const odd = await ask('getMetric', `projects/prj_default/metrics/${encodeURIComponent(`søk "x"\n/y`)}`, range);
    expect(odd.metric.name).toBe(`søk "x"\n/y`);
    const unknown = await server.inject(urlOf('projects/prj_default/metrics/no.such', range));
    expect(unknown.json().error.code).toBe('NOT_FOUND');
  });

  test('two kinds under one name: the one with most series is what it means, the others are counted', async () => {
    await insert([
      { metric: 'mixed', unit: 'ms', attributes: { a: '1' }, value: 5, timeMs: noon },
      { metric: 'mixed', unit: 'ms', attributes: { a: '2' }, value: 7, timeMs: noon },
      { metric: 'mixed', unit: 's', value: 1000, timeMs: noon },
    ]);
    const answer = await query('mixed', { aggregation: 'max' });
    expect(answer).toMatchObject({ unit: 'ms', omittedSeries: 1 });
    expect(answer.series[0]!.values[0]).toBe(7);
  });
});

describe('gauges', () => {
  beforeAll(() =>
    insert([
      // Host a reports twice a minute, host b once.
      ...[10, 20, 30, 40].map(
        (value, i): TestPoint => ({
          metric: 'memory',
          unit: 'By',
          attributes: { version: 'a' },
          value,
          timeMs: noon + i * 30_000,
        }),
      ),
      ...[100, 300].map(
        (value, i): TestPoint => ({
          metric: 'memory',
          unit: 'By',
          attributes: { version: 'b' },
          value,
          timeMs: noon + 5000 + i * minute,
        }),
      ),
    ]),
  );

  test.each([
    ['avg', [57.5, 167.5]],
    ['sum', [115, 335]],
    ['min', [10, 30]],
    ['max', [100, 300]],
    ['last', [20, 40]],
    ['count', [2, 2]],
  ])('%s: every series by itself in each step, then all of them', async (aggregation, expected) => {
    expect((await line('memory', { aggregation })).slice(0, 2)).toEqual(expected);
  });

  test('nothing where nothing was measured, and the unit of what is shown', async () => {
    const { series, unit, startMs, stepMs } = await query('memory', { aggregation: 'avg' });
    expect(series[0]!.values).toEqual([57.5, 167.5, ...new Array(8).fill(null)]);
    expect({ unit, startMs, stepMs }).toEqual({ unit: 'By', startMs: noon, stepMs: minute });
    expect((await query('memory', { aggregation: 'count' })).unit).toBe('1');
  });

  test('grouped and filtered', async () => {
    const { series } = await query('memory', { aggregation: 'max', groupBy: 'version,nothing' });
    expect(series.map(({ labels, values }) => [labels.version, labels.nothing, values[1]])).toEqual([
      ['b', '', 300],
      ['a', '', 40],
    ]);
    expect((await line('memory', { aggregation: 'max', q: 'attributes.version:a' }))[1]).toBe(40);
    expect(
      (await line('memory', { aggregation: 'max', q: 'attributes.version:(a OR b)', groupBy: 'service' }))[1],
    ).toBe(300);
    expect((await query('memory', { aggregation: 'max', q: 'attributes.version:c' })).series).toEqual([]);
  });

  test('what a gauge has not is refused, and said what it has', async () => {
    expect(await refusal('memory', { aggregation: 'rate' })).toMatchObject({
      status: 400,
      code: 'INVALID_REQUEST',
      message: 'A gauge has no rate: use avg, min, max, sum, count or last.',
    });
  });

  test('a reporter that drifts leaves no dip in a sum; one that is gone is missed', async () => {
    const points = (pod: string, value: number, drift: number, until: number): TestPoint[] =>
      Array.from({ length: 10 }, (_, i) => ({
        metric: 'drifting',
        attributes: { pod },
        value,
        timeMs: noon + i * (minute + drift) + 500,
      })).filter((point) => point.timeMs < noon + until);
    await insert([
      ...points('steady', 1, 0, hour),
      ...points('drifting', 10, 3000, hour),
      ...points('gone', 100, 0, 3 * minute),
    ]);
    // The drifting one has no point in one of the minutes.
    expect(await line('drifting', { aggregation: 'sum' })).toEqual([111, 111, 111, 11, 11, 11, 11, 11, 11, 11]);
  });
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
    await insert(
      [0, 1, 2, 3].map((i) => counter('requests', { timeMs: noon + i * minute, int: String(1000 + i * 60) })),
    );
    expectClose(await line('requests', { aggregation: 'increase' }), [60, 60, 60, ...new Array(7).fill(null)]);
    const rate = await query('requests', { aggregation: 'rate' });
    expectClose(rate.series[0]!.values, [1, 1, 1, ...new Array(7).fill(null)]);
    expect(rate.unit).toBe('{request}/s');
    expect((await line('requests', { aggregation: 'max' }))[1]).toBe(1060);
  });

  test('a reset, seen by the value or by the start time, loses nothing', async () => {
    await insert([
      counter('resets', { timeMs: noon, value: 100 }),
      counter('resets', { timeMs: noon + minute, value: 130 }),
      // Falls: 20 since then.
      counter('resets', { timeMs: noon + 2 * minute, value: 20 }),
      // Started again and already larger: 50 since its start.
      counter('resets', { timeMs: noon + 4 * minute, value: 50, startMs: noon + 3 * minute }),
      counter('resets', { timeMs: noon + 5 * minute, value: 55, startMs: noon + 3 * minute }),
    ]);
    expectClose(await line('resets', { aggregation: 'increase' }), [30, 20, null, 50, 5, ...new Array(5).fill(null)]);
  });

  test('a series that starts inside the range counts from its start; one that is only new to us does not', async () => {
    await insert([
      counter('fresh', { timeMs: noon + 2 * minute, value: 40, startMs: noon + minute }),
      counter('fresh', { timeMs: noon + 3 * minute, value: 45, startMs: noon + minute }),
      counter('older', { timeMs: noon + 2 * minute, value: 40, startMs: noon - 9 * hour }),
      counter('older', { timeMs: noon + 3 * minute, value: 45, startMs: noon - 9 * hour }),
      counter('unknown', { timeMs: noon + 2 * minute, value: 40, startMs: 0 }),
      counter('unknown', { timeMs: noon + 3 * minute, value: 45, startMs: 0 }),
    ]);
    expectClose((await line('fresh', { aggregation: 'increase' })).slice(0, 4), [null, 40, 5, null]);
    expectClose((await line('older', { aggregation: 'increase' })).slice(0, 4), [null, null, 5, null]);
    expectClose((await line('unknown', { aggregation: 'increase' })).slice(0, 4), [null, null, 5, null]);
  });

  test('the first and the last step are whole, whatever the range cuts through', async () => {
    await insert(
      Array.from({ length: 40 }, (_, i) =>
        counter('steady', { timeMs: noon - 10 * minute + i * minute + 20_000, value: i * 60 }),
      ),
    );
    const answer = await query('steady', {
      aggregation: 'rate',
      fromMs: noon + 30_000,
      toMs: noon + 5 * minute + 30_000,
    });
    expect(answer.startMs).toBe(noon);
    expectClose(answer.series[0]!.values, [1, 1, 1, 1, 1, 1]);
    expectClose(await line('steady', { aggregation: 'increase', toMs: noon + 3 * minute }), [60, 60, 60]);
  });

  test('while data still comes in, a rate does not drop at its end', async () => {
    await insert(
      Array.from({ length: 6 }, (_, i) =>
        counter('live', { timeMs: noon + i * minute + 20_000, value: i * 60, startMs: noon - 5 * hour }),
      ),
    );
    nowMs = noon + 5 * minute + 40_000;
    try {
      const answer = await query('live', { aggregation: 'rate', fromMs: noon, toMs: nowMs });
      expectClose(answer.series[0]!.values, [40 / 60, 1, 1, 1, 1, 1]);
      // What is from the future of somebody's clock does not count yet.
      const future = await query('steady', { aggregation: 'rate', fromMs: noon, toMs: nowMs });
      expectClose(future.series[0]!.values, [1, 1, 1, 1, 1, 1]);
    } finally {
      nowMs = noon + 24 * hour;
    }
  });

  test('steps shorter than the interval between reports have no gaps', async () => {
    expectClose(await line('steady', { aggregation: 'rate', stepMs: 10_000, toMs: noon + minute }), [1, 1, 1, 1, 1, 1]);
    const { stepMs } = await ask('queryMetric', 'projects/prj_default/metrics/steady/query', {
      fromMs: noon,
      toMs: noon + 5 * minute,
      aggregation: 'rate',
    });
    expect(stepMs).toBe(minute);
  });

  test('deltas add up; what crosses a border counts on both sides', async () => {
    const delta = (startMs: number, timeMs: number, value: number, shard = '1') =>
      counter('deltas', { temporality: 'delta', startMs, timeMs, value, attributes: { shard } });
    await insert([
      delta(noon, noon + minute, 30),
      delta(noon + minute, noon + 2 * minute, 60),
      delta(noon + 2.5 * minute, noon + 3.5 * minute, 10),
      delta(0, noon + 10_000, 5, '2'),
    ]);
    const expected = [35, 60, 5, 5, ...new Array(6).fill(null)];
    expectClose(await line('deltas', { aggregation: 'increase' }), expected);
    expectClose(await line('deltas', { aggregation: 'sum' }), expected);
    expectClose((await line('deltas', { aggregation: 'rate' })).slice(0, 2), [35 / 60, 1]);
    expect((await line('deltas', { aggregation: 'max' })).slice(0, 2)).toEqual([30, 60].map((_, i) => [5, 30][i]!));
  });

  test('one that goes up and down has no resets', async () => {
    await insert([5, 9, 2].map((value, i) => counter('queue', { monotonic: false, timeMs: noon + i * minute, value })));
    expectClose((await line('queue', { aggregation: 'increase' })).slice(0, 2), [4, -7]);
    expect((await line('queue', { aggregation: 'last' })).slice(0, 3)).toEqual([5, 9, 2]);
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
    await insert(points);
    for (const stepMs of [7000, minute, 5 * minute]) {
      const { series } = await query('random', { aggregation: 'increase', groupBy: 'group', stepMs });
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
    await insert([
      histogram('latency', noon - 30_000, [100, 100, 100, 0], { sum: 1000 }),
      histogram('latency', noon + 30_000, [102, 104, 102, 0], { sum: 1160 }),
      // Restarted.
      histogram('latency', noon + 90_000, [0, 0, 4, 0], { startMs: noon + 70_000, sum: 120 }),
      histogram('latency', noon + 150_000, [0, 10, 4, 0], { startMs: noon + 70_000, sum: 270 }),
      histogram('latency', noon + 150_000, [0, 0, 0, 0], { startMs: noon + 130_000, attributes: { pod: '2' } }),
      histogram('latency', noon + 170_000, [10, 0, 0, 0], { startMs: noon + 130_000, attributes: { pod: '2' } }),
    ]);
    // [2, 4, 2]: the middle of the second bucket. [0, 0, 4]. [10, 10, 0].
    expectClose((await line('latency', { aggregation: 'p50' })).slice(0, 3), [15, 35, 10]);
    expectClose((await line('latency', { aggregation: 'p99' })).slice(0, 3), [48.8, 49.7, 19.8]);
    expectClose((await line('latency', { aggregation: 'max' })).slice(0, 3), [50, 50, 20]);
    const perPod = await query('latency', { aggregation: 'p50', groupBy: 'pod' });
    expect(perPod.series.map(({ labels, values }) => [labels.pod, values[2]])).toEqual([
      ['', 15],
      ['2', 5],
    ]);
    const total = (values: (number | null)[]) => values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
    // Of the first 8, half came before noon, as far as anybody knows.
    expect(total(await line('latency', { aggregation: 'count' }))).toBeCloseTo(4 + 4 + 10 + 10, 6);
    expect((await query('latency', { aggregation: 'rate' })).unit).toBe('1/s');
  });

  test('a mean is the growth of the sum by the growth of the count', async () => {
    await insert(
      [0, 1, 2].map((i) =>
        histogram('mean', noon + i * minute, [i * 10, 0, 0, 0], { sum: i * 70 + (i === 2 ? 60 : 0) }),
      ),
    );
    expectClose((await line('mean', { aggregation: 'avg' })).slice(0, 3), [7, 13, null]);
    expectClose((await line('mean', { aggregation: 'sum' })).slice(0, 2), [70, 130]);
  });

  test('deltas, also with other bounds in the same group', async () => {
    const delta = (timeMs: number, counts: number[], rest: Partial<TestPoint> = {}) =>
      histogram('sizes', timeMs, counts, { temporality: 'delta', startMs: timeMs - 10_000, ...rest });
    await insert([
      delta(noon + 10_000, [4, 0, 0, 0], { min: 3, max: 9 }),
      delta(noon + 20_000, [0, 4, 0, 0], { min: 12, max: 18 }),
      delta(noon + 20_000, [0, 8, 0], { attributes: { pod: '2' }, bounds: [20, 40], min: 25, max: 31 }),
    ]);
    // 4 in (0, 10], 4 in (10, 20], 8 in (20, 40] of which two thirds below 50's union bound: 16 in all.
    expectClose((await line('sizes', { aggregation: 'p50' })).slice(0, 1), [20]);
    expectClose((await line('sizes', { aggregation: 'p75' })).slice(0, 1), [30]);
    expect((await line('sizes', { aggregation: 'min' }))[0]).toBe(3);
    expect((await line('sizes', { aggregation: 'max' }))[0]).toBe(31);
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
    await insert([
      exponential('exp', noon - 1000, { scale: 1, positiveOffset: 0, positiveCounts: [5, 5], count: 10 }),
      // One more in (1, √2], three in (2, 4], at a coarser scale from now on.
      exponential('exp', noon + 1000, { scale: 0, positiveOffset: 0, positiveCounts: [11, 3], count: 14 }),
      exponential('exp', noon + 1000, {
        attributes: { pod: '2' },
        temporality: 'delta',
        scale: 2,
        zeroCount: 4,
        negativeOffset: 0,
        negativeCounts: [4],
        count: 8,
      }),
    ]);
    // 4 in [-2^¼, -1), 4 zeroes, 1 in (1, 2], 3 in (2, 4].
    expectClose((await line('exp', { aggregation: 'p50' })).slice(0, 1), [0]);
    expectClose((await line('exp', { aggregation: 'p75' })).slice(0, 1), [2]);
    expectClose((await line('exp', { aggregation: 'max' })).slice(0, 1), [4]);
    expectClose((await line('exp', { aggregation: 'min' })).slice(0, 1), [-2]);
    expectClose((await line('exp', { aggregation: 'p99' })).slice(0, 1), [2 ** (1 + (0.99 * 12 - 9) / 3)]);
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
          timeMs: noon + i * minute - (i === 5 ? 1 : 0),
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
    await insert(points);
    for (const [aggregation, q] of [
      ['p50', 0.5],
      ['p90', 0.9],
      ['p99', 0.99],
    ] as const) {
      // What came in a minute is told by the point at its end, which lies in the next one.
      const explicit = await line('observed', { aggregation });
      const exponential = await line('observed.exp', { aggregation });
      for (let step = 0; step < 4; step++) {
        const values = perStep[step]!.toSorted((a, b) => a - b);
        const exact = values[Math.ceil(q * values.length) - 1]!;
        const bucket = many.findIndex((bound) => exact <= bound);
        const shown = step + 1 < 4 ? step + 1 : undefined;
        if (shown === undefined) continue;
        expect(explicit[shown]).toBeGreaterThanOrEqual(many[bucket - 1]!);
        expect(explicit[shown]).toBeLessThanOrEqual(many[bucket]!);
        expect(Math.abs(Math.log(exponential[shown]! / exact))).toBeLessThan(Math.log(2) / 4 + 1e-9);
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
    await insert([
      summary(noon, 100, 1000),
      summary(noon + minute, 110, 1300),
      summary(noon + minute, 7, 5, { attributes: { pod: '2' }, quantiles: [[0.5, 20]] }),
    ]);
    expect((await line('gc', { aggregation: 'p99' }))[1]).toBe(30);
    expect((await line('gc', { aggregation: 'min' }))[1]).toBe(1);
    expectClose((await line('gc', { aggregation: 'avg' })).slice(0, 1), [30]);
    expectClose((await line('gc', { aggregation: 'count' })).slice(0, 1), [10]);
    expect(await refusal('gc', { aggregation: 'last' })).toMatchObject({ code: 'INVALID_REQUEST' });
  });
});

describe('many series', () => {
  beforeAll(() =>
    insert(
      Array.from({ length: 30 }, (_, i): TestPoint[] => [
        { metric: 'many', attributes: { i: String(i) }, value: i, timeMs: noon },
        {
          metric: 'many.sum',
          kind: 'sum',
          temporality: 'delta',
          monotonic: true,
          attributes: { i: String(i) },
          value: i,
          timeMs: noon + 1,
        },
      ]).flat(),
    ),
  );

  test('the largest are shown, the rest as one where they add up', async () => {
    const sums = await query('many.sum', { aggregation: 'increase', groupBy: 'i', maxSeries: 3 });
    expect(sums.series.map(({ labels, values }) => [labels.i, values[0]])).toEqual([
      ['29', 29],
      ['28', 28],
      ['27', 27],
      ['other', (26 * 27) / 2],
    ]);
    expect(sums.omittedSeries).toBe(27);
    const averages = await query('many', { aggregation: 'avg', groupBy: 'i', maxSeries: 3 });
    expect(averages.series.map(({ labels }) => labels.i)).toEqual(['29', '28', '27']);
    expect(averages.omittedSeries).toBe(27);
  });

  test('too many steps are refused, and said what to do', async () => {
    expect(await refusal('many', { aggregation: 'avg', stepMs: 1000 })).toMatchObject({
      status: 422,
      code: 'QUERY_TOO_EXPENSIVE',
      message: expect.stringContaining('longer step'),
    });
  });

  test('thousands of series are read in parts, and none is lost; more than that is refused', async () => {
    const count = 3000;
    await insert(
      Array.from({ length: count }, (_, i) => ({
        metric: 'thousands',
        attributes: { i: String(i) },
        value: i,
        timeMs: noon,
      })),
    );
    const { series } = await query('thousands', { aggregation: 'sum', stepMs: 5000 });
    expect(series[0]!.values[0]).toBe((count * (count - 1)) / 2);
    expect(await refusal('thousands', { aggregation: 'sum', stepMs: 3000 })).toMatchObject({
      status: 422,
      message: expect.stringContaining('3000 series in 1200 steps are too much at once: filter by an attribute'),
    });
    expect(await refusal('thousands', { aggregation: 'sum', groupBy: 'a,b,c,d,e,f,g,h,i,j,k' })).toMatchObject({
      status: 400,
    });
  });

  test('a month and a minute', async () => {
    const month = await ask('queryMetric', 'projects/prj_default/metrics/many/query', {
      fromMs: noon - 29 * 24 * hour,
      toMs: noon + 24 * hour,
      aggregation: 'sum',
    });
    expect(month.series[0]!.values.filter((value) => value !== null)).toEqual([(29 * 30) / 2]);
    const short = await ask('queryMetric', 'projects/prj_default/metrics/many/query', {
      fromMs: noon,
      toMs: noon + minute,
      aggregation: 'sum',
    });
    expect(short.series[0]!.values[0]).toBe((29 * 30) / 2);
    const ever = await ask('queryMetric', 'projects/prj_default/metrics/many/query', {
      fromMs: 0,
      toMs: 9_223_372_036_000,
      aggregation: 'sum',
    });
    expect(ever.series[0]!.values.filter((value) => value !== null)).toEqual([(29 * 30) / 2]);
    const before = await ask('queryMetric', 'projects/prj_default/metrics/many/query', {
      fromMs: noon - 2 * hour,
      toMs: noon - hour,
      aggregation: 'sum',
    });
    expect(before).toMatchObject({ series: [], exemplars: [] });
  });
});

test('exemplars lead to traces: the largest of each step, once', async () => {
  const exemplar = (value: number, traceId: string) => ({ timeMs: noon + 1000, value, traceId, spanId: 'AB' });
  const point = (timeMs: number): TestPoint => ({
    metric: 'exemplary',
    kind: 'histogram',
    temporality: 'cumulative',
    bounds: [1],
    bucketCounts: [1, 2],
    count: 3,
    timeMs,
    exemplars: [exemplar(1, 'a1'), exemplar(3, 'a3'), exemplar(2, 'a2'), { timeMs: noon + 1, value: 9 }],
  });
  await insert([point(noon + 2000), point(noon + 12_000)]);
  const { exemplars } = await query('exemplary', { aggregation: 'p50' });
  expect(exemplars).toEqual([
    { timeUnixNano: `${noon + 1000}000000`, value: 3, traceId: 'a3'.padStart(32, '0'), spanId: 'ab'.padStart(16, '0') },
    { timeUnixNano: `${noon + 1000}000000`, value: 2, traceId: 'a2'.padStart(32, '0'), spanId: 'ab'.padStart(16, '0') },
  ]);
});

describe('points', () => {
  const pointsOf = (metric: string, asked: Asked = {}) =>
    ask('listMetricPoints', `projects/prj_default/metrics/${metric}/points`, {
      fromMs: noon,
      toMs: noon + hour,
      ...asked,
    });

  test('come back field by field, whatever their kind', async () => {
    const shared = {
      timeMs: noon + 1,
      startMs: noon,
      flags: 1,
      attributes: { a: '1' },
      attributeTypes: 'i',
      resource: { 'service.name': 'checkout' },
      scopeName: 'meter',
    };
    await insert([
      {
        ...shared,
        metric: 'p.gauge',
        value: 0.1,
        exemplars: [{ timeMs: noon + 1, int: '9007199254740993', traceId: 'ab', spanId: 'cd', attributes: { x: 'y' } }],
      },
      { ...shared, metric: 'p.sum', kind: 'sum', int: '9007199254740993' },
      { ...shared, metric: 'p.none' },
      {
        ...shared,
        metric: 'p.histogram',
        kind: 'histogram',
        count: 3,
        sum: 4.5,
        min: 1,
        max: 2,
        bounds: [1, 2],
        bucketCounts: [1, 2, 0],
      },
      {
        ...shared,
        metric: 'p.exponential',
        kind: 'exponential_histogram',
        count: 3,
        scale: -1,
        zeroCount: 1,
        zeroThreshold: 0.25,
        positiveOffset: -2,
        positiveCounts: [1],
        negativeOffset: 3,
        negativeCounts: [0, 1],
      },
      {
        ...shared,
        metric: 'p.summary',
        kind: 'summary',
        count: 3,
        sum: 4.5,
        quantiles: [
          [0.5, 1],
          [1, 2],
        ],
      },
    ]);
    const plain = {
      timeUnixNano: `${noon + 1}000000`,
      startTimeUnixNano: `${noon}000000`,
      flags: 1,
      service: 'checkout',
      attributes: { a: 1 },
      resource: { attributes: { 'service.name': 'checkout' }, schemaUrl: '' },
      scope: { name: 'meter', version: '', attributes: {}, schemaUrl: '' },
      value: null,
      valueType: 'none',
      count: null,
      sum: null,
      min: null,
      max: null,
      explicitBounds: [],
      bucketCounts: [],
      scale: null,
      zeroCount: null,
      zeroThreshold: null,
      positive: null,
      negative: null,
      quantileValues: [],
      exemplars: [],
    };
    const only = async (metric: string) => {
      const { points, nextCursor } = await pointsOf(metric);
      expect([points.length, nextCursor]).toEqual([1, null]);
      return points[0];
    };
    expect(await only('p.gauge')).toEqual({
      ...plain,
      value: 0.1,
      valueType: 'double',
      exemplars: [
        {
          timeUnixNano: `${noon + 1}000000`,
          value: '9007199254740993',
          traceId: 'ab'.padStart(32, '0'),
          spanId: 'cd'.padStart(16, '0'),
          attributes: { x: 'y' },
        },
      ],
    });
    expect(await only('p.sum')).toEqual({ ...plain, value: '9007199254740993', valueType: 'int' });
    expect(await only('p.none')).toEqual(plain);
    expect(await only('p.histogram')).toEqual({
      ...plain,
      count: 3,
      sum: 4.5,
      min: 1,
      max: 2,
      explicitBounds: [1, 2],
      bucketCounts: [1, 2, 0],
    });
    expect(await only('p.exponential')).toEqual({
      ...plain,
      count: 3,
      scale: -1,
      zeroCount: 1,
      zeroThreshold: 0.25,
      positive: { offset: -2, bucketCounts: [1] },
      negative: { offset: 3, bucketCounts: [0, 1] },
    });
    expect(await only('p.summary')).toEqual({
      ...plain,
      count: 3,
      sum: 4.5,
      quantileValues: [
        { quantile: 0.5, value: 1 },
        { quantile: 1, value: 2 },
      ],
    });
  });

  test('pages neither repeat nor skip, even where points are alike', async () => {
    await insert(
      Array.from(
        { length: 30 },
        (_, i): TestPoint => ({
          metric: 'paged',
          attributes: { s: String(i % 2) },
          value: i,
          timeMs: noon + Math.floor(i / 10),
        }),
      ),
    );
    const values: unknown[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Answer<'listMetricPoints'> = await pointsOf('paged', {
        limit: 4,
        ...(cursor === '' ? {} : { cursor }),
      });
      values.push(...page.points.map(({ value }) => value));
      cursor = page.nextCursor;
    }
    expect(values.toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 30 }, (_, i) => i));
    const made = await server.inject(
      urlOf('projects/prj_default/metrics/paged/points', { fromMs: 1, toMs: 2, cursor: "1-1-1'" }),
    );
    expect(made.json().error.code).toBe('INVALID_REQUEST');
  });
});

test('a query that does not parse is refused with the place of the error', async () => {
  await insert([{ metric: 'any', value: 1, timeMs: noon }]);
  expect(await refusal('any', { aggregation: 'avg', q: 'host:(' })).toMatchObject({
    status: 400,
    code: 'INVALID_QUERY',
    position: { start: 5 },
  });
});
