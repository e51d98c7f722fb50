import { expect, test } from 'vitest';
import { countDistribution, countOf, powersOfTwo } from './distribution.ts';

test('bounds are powers of two, up to one that holds the greatest expected value', () => {
  expect(powersOfTwo(10)).toEqual([1, 2, 4, 8, 16]);
  expect(powersOfTwo(16)).toEqual([1, 2, 4, 8, 16]);
});

test('a value is counted at the first bound that is not below it, or beyond the last', () => {
  const distribution = countDistribution([1, 2, 4]);
  for (const value of [0, 1, 1.5, 4, 5]) distribution.add(value);
  const before = distribution.read();
  expect(before).toEqual({ bounds: [1, 2, 4], counts: [2, 1, 1, 1], sum: 11.5 });
  expect(countOf(before)).toBe(5);
  distribution.add(1);
  expect(before.counts).toEqual([2, 1, 1, 1]);
});
