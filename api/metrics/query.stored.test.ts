import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hour, type MetricsApi, minute, noon, startMetricsApi } from './test-api.ts';
import type { TestPoint } from './test-metrics.ts';

let api: MetricsApi;
beforeAll(async () => {
  api = await startMetricsApi();
});
afterAll(() => api.close());

describe('gauges', () => {
  beforeAll(() =>
    api.insert([
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
    expect((await api.line('memory', { aggregation })).slice(0, 2)).toEqual(expected);
  });

  test('nothing where nothing was measured, and the unit of what is shown', async () => {
    const { series, unit, startMs, stepMs } = await api.query('memory', { aggregation: 'avg' });
    expect(series[0]!.values).toEqual([57.5, 167.5, ...new Array(8).fill(null)]);
    expect({ unit, startMs, stepMs }).toEqual({ unit: 'By', startMs: noon, stepMs: minute });
    expect((await api.query('memory', { aggregation: 'count' })).unit).toBe('1');
  });

  test('grouped and filtered', async () => {
    const { series } = await api.query('memory', { aggregation: 'max', groupBy: 'version,nothing' });
    expect(series.map(({ labels, values }) => [labels.version, labels.nothing, values[1]])).toEqual([
      ['b', '', 300],
      ['a', '', 40],
    ]);
    expect((await api.line('memory', { aggregation: 'max', q: 'attributes.version:a' }))[1]).toBe(40);
    expect(
      (await api.line('memory', { aggregation: 'max', q: 'attributes.version:(a OR b)', groupBy: 'service' }))[1],
    ).toBe(300);
    expect((await api.query('memory', { aggregation: 'max', q: 'attributes.version:c' })).series).toEqual([]);
  });

  test('what a gauge has not is refused, and said what it has', async () => {
    expect(await api.refusal('metrics/memory/query', { aggregation: 'rate' })).toMatchObject({
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
    await api.insert([
      ...points('steady', 1, 0, hour),
      ...points('drifting', 10, 3000, hour),
      ...points('gone', 100, 0, 3 * minute),
    ]);
    // The drifting one has no point in one of the minutes.
    expect(await api.line('drifting', { aggregation: 'sum' })).toEqual([111, 111, 111, 11, 11, 11, 11, 11, 11, 11]);
  });
});

describe('many series', () => {
  beforeAll(() =>
    api.insert(
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
    const sums = await api.query('many.sum', { aggregation: 'increase', groupBy: 'i', maxSeries: 3 });
    expect(sums.series.map(({ labels, values }) => [labels.i, values[0]])).toEqual([
      ['29', 29],
      ['28', 28],
      ['27', 27],
      ['other', (26 * 27) / 2],
    ]);
    expect(sums.omittedSeries).toBe(27);
    const averages = await api.query('many', { aggregation: 'avg', groupBy: 'i', maxSeries: 3 });
    expect(averages.series.map(({ labels }) => labels.i)).toEqual(['29', '28', '27']);
    expect(averages.omittedSeries).toBe(27);
  });

  test('too many steps are refused, and said what to do', async () => {
    expect(await api.refusal('metrics/many/query', { aggregation: 'avg', stepMs: 1000 })).toMatchObject({
      status: 422,
      code: 'QUERY_TOO_EXPENSIVE',
      message: expect.stringContaining('longer step'),
    });
  });

  test('thousands of series are read in parts, and none is lost; more than that is refused', async () => {
    const count = 3000;
    await api.insert(
      Array.from({ length: count }, (_, i) => ({
        metric: 'thousands',
        attributes: { i: String(i) },
        value: i,
        timeMs: noon,
      })),
    );
    const { series } = await api.query('thousands', { aggregation: 'sum', stepMs: 5000 });
    expect(series[0]!.values[0]).toBe((count * (count - 1)) / 2);
    expect(await api.refusal('metrics/thousands/query', { aggregation: 'sum', stepMs: 3000 })).toMatchObject({
      status: 422,
      message: expect.stringContaining('3000 series in 1200 steps are too much at once: filter by an attribute'),
    });
    expect(
      await api.refusal('metrics/thousands/query', { aggregation: 'sum', groupBy: 'a,b,c,d,e,f,g,h,i,j,k' }),
    ).toMatchObject({
      status: 400,
    });
  });

  test('a month and a minute', async () => {
    const month = await api.ask('queryMetric', 'metrics/many/query', {
      fromMs: noon - 29 * 24 * hour,
      toMs: noon + 24 * hour,
      aggregation: 'sum',
    });
    expect(month.series[0]!.values.filter((value) => value !== null)).toEqual([(29 * 30) / 2]);
    const short = await api.ask('queryMetric', 'metrics/many/query', {
      fromMs: noon,
      toMs: noon + minute,
      aggregation: 'sum',
    });
    expect(short.series[0]!.values[0]).toBe((29 * 30) / 2);
    const ever = await api.ask('queryMetric', 'metrics/many/query', {
      fromMs: 0,
      toMs: 9_223_372_036_000,
      aggregation: 'sum',
    });
    expect(ever.series[0]!.values.filter((value) => value !== null)).toEqual([(29 * 30) / 2]);
    const before = await api.ask('queryMetric', 'metrics/many/query', {
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
  await api.insert([point(noon + 2000), point(noon + 12_000)]);
  const { exemplars } = await api.query('exemplary', { aggregation: 'p50' });
  expect(exemplars).toEqual([
    { timeUnixNano: `${noon + 1000}000000`, value: 3, traceId: 'a3'.padStart(32, '0'), spanId: 'ab'.padStart(16, '0') },
    { timeUnixNano: `${noon + 1000}000000`, value: 2, traceId: 'a2'.padStart(32, '0'), spanId: 'ab'.padStart(16, '0') },
  ]);
});

test('a query that does not parse is refused with the place of the error', async () => {
  await api.insert([{ metric: 'any', value: 1, timeMs: noon }]);
  expect(await api.refusal('metrics/any/query', { aggregation: 'avg', q: 'host:(' })).toMatchObject({
    status: 400,
    code: 'INVALID_QUERY',
    position: { start: 5 },
  });
});
