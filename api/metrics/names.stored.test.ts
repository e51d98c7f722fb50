import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Asked, hour, type MetricsApi, minute, noon, startMetricsApi } from './test-api.ts';

let api: MetricsApi;
beforeAll(async () => {
  api = await startMetricsApi();
});
afterAll(() => api.close());

describe('names', () => {
  beforeAll(() =>
    api.insert([
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
    api.ask('listMetrics', 'metrics', { fromMs: noon - minute, toMs: noon + minute, ...asked });

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
    const ofService = await api.ask('listServiceMetrics', 'services/svc_checkout/metrics', {
      fromMs: noon,
      toMs: noon + 1,
    });
    expect(ofService.metrics).toEqual([]);
  });

  test('a metric with the attributes of its series', async () => {
    const range = { fromMs: noon, toMs: noon + minute };
    const { metric, attributes } = await api.ask('getMetric', 'metrics/cpu.usage', range);
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
    const odd = await api.ask('getMetric', `metrics/${encodeURIComponent(`søk "x"\n/y`)}`, range);
    expect(odd.metric.name).toBe(`søk "x"\n/y`);
    expect(await api.refusal('metrics/no.such', range)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });

  test('two kinds under one name: the one with most series is what it means, the others are counted', async () => {
    await api.insert([
      { metric: 'mixed', unit: 'ms', attributes: { a: '1' }, value: 5, timeMs: noon },
      { metric: 'mixed', unit: 'ms', attributes: { a: '2' }, value: 7, timeMs: noon },
      { metric: 'mixed', unit: 's', value: 1000, timeMs: noon },
    ]);
    const answer = await api.query('mixed', { aggregation: 'max' });
    expect(answer).toMatchObject({ unit: 'ms', omittedSeries: 1 });
    expect(answer.series[0]!.values[0]).toBe(7);
  });
});
