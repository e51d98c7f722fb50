import { describe, expect, it } from 'vitest';
import type { MetricName } from '../../../../api/contract/metrics.ts';
import { firstLooks, relatedTo, searchMetrics } from './metric-search.ts';

const metric = (name: string, services: readonly string[] = ['shop'], description = ''): MetricName => ({
  name,
  kind: 'gauge',
  unit: '1',
  description,
  temporality: 'unspecified',
  monotonic: false,
  series: 1,
  services: [...services],
  lastSeenMs: 0,
});
const metrics = [
  metric('db.client.connection.count'),
  metric('http.client.request.duration', ['shop', 'auth']),
  metric('http.server.request.duration', ['shop', 'auth']),
  metric('orders.placed', ['till'], 'Orders that were paid, by http status'),
];
const names = (found: readonly MetricName[]) => found.map(({ name }) => name);

describe('searching', () => {
  it('needs every word, and puts names before descriptions', () => {
    expect(names(searchMetrics(metrics, 'HTTP'))).toEqual([
      'http.client.request.duration',
      'http.server.request.duration',
      'orders.placed',
    ]);
    expect(names(searchMetrics(metrics, 'duration  auth server'))).toEqual(['http.server.request.duration']);
    expect(searchMetrics(metrics, ' ')).toBe(metrics);
    expect(searchMetrics(metrics, 'nothing')).toEqual([]);
  });
});

describe('what else to look at', () => {
  it('is sent by the same service and named alike', () => {
    expect(names(relatedTo(metrics, metrics[2]!, 'shop', 2))).toEqual([
      'http.client.request.duration',
      'db.client.connection.count',
    ]);
    expect(names(relatedTo(metrics, metrics[2]!, 'auth', 2))).toEqual(['http.client.request.duration']);
  });

  it('begins with what the conventions put first', () => {
    expect(names(firstLooks(metrics, 2))).toEqual(['http.server.request.duration', 'http.client.request.duration']);
  });
});
