import { expect, it } from 'vitest';
import { aggregationsOf, defaultAggregation } from './aggregations.ts';

it.each([
  ['gauge', false, 'avg'],
  ['sum', true, 'rate'],
  ['sum', false, 'sum'],
  ['histogram', false, 'p95'],
  ['exponential_histogram', false, 'p95'],
  ['summary', false, 'p95'],
] as const)('%s (monotonic %s) is shown by its %s first, which it has', (kind, monotonic, expected) => {
  expect(defaultAggregation({ kind, monotonic })).toBe(expected);
  expect(aggregationsOf({ kind, monotonic })).toContain(expected);
});

it('a gauge and a sum have no percentiles', () => {
  for (const kind of ['gauge', 'sum'] as const) {
    expect(aggregationsOf({ kind, monotonic: true }).filter((name) => name.startsWith('p'))).toEqual([]);
  }
});
