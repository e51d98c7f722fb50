import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from '../contract.ts';
import { type Asked, hour, type MetricsApi, noon, startMetricsApi } from './test-api.ts';
import type { TestPoint } from './test-metrics.ts';

let api: MetricsApi;
beforeAll(async () => {
  api = await startMetricsApi();
});
afterAll(() => api.close());

describe('points', () => {
  const pointsOf = (metric: string, asked: Asked = {}) =>
    api.ask('listMetricPoints', `metrics/${metric}/points`, {
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
    await api.insert([
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
    await api.insert(
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
    const made = await api.refusal('metrics/paged/points', { cursor: "1-1-1'" });
    expect(made).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
  });
});
