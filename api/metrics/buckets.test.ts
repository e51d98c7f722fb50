import { describe, expect, test } from 'vitest';
import { seeded } from '../test-random.ts';
import { addBuckets, type Buckets, bucketsSince, quantileOfBuckets } from './buckets.ts';

describe('a quantile', () => {
  const buckets = { bounds: [1, 2, 5], counts: [2, 4, 2, 0] };
  test.each([
    [0, 0],
    [0.25, 1],
    [0.5, 1.5],
    [0.75, 2],
    [0.95, 4.4],
    [1, 5],
    [7, 5],
  ])('%f is linear within its bucket: %f', (q, value) => {
    expect(quantileOfBuckets(q, buckets)).toBeCloseTo(value, 12);
  });

  test('beyond the outer bounds is the bound itself', () => {
    expect(quantileOfBuckets(0.5, { bounds: [1, 5], counts: [0, 0, 3] })).toBe(5);
    expect(quantileOfBuckets(0.5, { bounds: [-5, 5], counts: [3, 0, 0] })).toBe(-5);
  });

  test('of nothing, or without bounds, is unknown', () => {
    expect(quantileOfBuckets(0.5, { bounds: [1], counts: [0, 0] })).toBeNull();
    expect(quantileOfBuckets(0.5, { bounds: [], counts: [7] })).toBeNull();
    expect(quantileOfBuckets(0.5, addBuckets([]))).toBeNull();
  });

  test('lies in the bucket of the value it stands for, whatever the values', () => {
    const random = seeded(3);
    for (let round = 0; round < 300; round++) {
      const bounds = [
        ...new Set(Array.from({ length: 1 + Math.floor(random() * 8) }, () => Math.round(random() * 100))),
      ].sort((a, b) => a - b);
      const values = Array.from({ length: 1 + Math.floor(random() * 40) }, () => random() * 120).sort((a, b) => a - b);
      const bucketOf = (value: number) =>
        (bounds.findIndex((bound) => value <= bound) + bounds.length + 1) % (bounds.length + 1);
      const counts = new Array<number>(bounds.length + 1).fill(0);
      for (const value of values) counts[bucketOf(value)]!++;
      for (const q of [0.01, 0.5, 0.9, 0.99, 1]) {
        const exact = values[Math.max(0, Math.ceil(q * values.length) - 1)]!;
        const bucket = bucketOf(exact);
        const estimate = quantileOfBuckets(q, { bounds, counts })!;
        const [low, high] = [bounds[bucket - 1] ?? 0, bounds[bucket] ?? bounds.at(-1)!];
        expect(estimate, JSON.stringify({ bounds, counts, q })).toBeGreaterThanOrEqual(Math.min(low, high));
        expect(estimate, JSON.stringify({ bounds, counts, q })).toBeLessThanOrEqual(high);
      }
    }
  });
});

describe('a sum', () => {
  test('over the same bounds is exact', () => {
    const sum = addBuckets([
      { bounds: [1, 2], counts: [1, 2, 3] },
      { bounds: [1, 2], counts: [10, 20, 30] },
    ]);
    expect(sum).toEqual({ bounds: [1, 2], counts: [11, 22, 33] });
  });

  test('over different bounds cuts buckets evenly, and puts those without an end beside their bound', () => {
    const sum = addBuckets([
      { bounds: [10, 20], counts: [10, 10, 10] },
      { bounds: [5, 15, 40], counts: [1, 2, 5, 100] },
    ]);
    expect(sum.bounds).toEqual([5, 10, 15, 20, 40]);
    // 10 in (0, 10], 10 in (10, 20], 10 above 20; 1 in (0, 5], 2 in (5, 15], 5 in (15, 40], 100 above 40.
    expect(sum.counts.map((count) => Math.round(count * 1e9) / 1e9)).toEqual([6, 6, 6, 6, 14, 100]);
  });

  test('keeps what lies below every bound that all have', () => {
    const random = seeded(5);
    const below = ({ bounds, counts }: Buckets, bound: number): number =>
      counts.slice(0, bounds.indexOf(bound) + 1).reduce((sum, count) => sum + count, 0);
    for (let round = 0; round < 200; round++) {
      const all = Array.from({ length: 3 }, (): Buckets => {
        const bounds = [...new Set([50, 80, ...Array.from({ length: 5 }, () => Math.round(random() * 100 - 10))])].sort(
          (a, b) => a - b,
        );
        return { bounds, counts: Array.from({ length: bounds.length + 1 }, () => Math.floor(random() * 20)) };
      });
      const sum = addBuckets(all);
      for (const bound of [50, 80]) {
        const expected = all.reduce((total, buckets) => total + below(buckets, bound), 0);
        expect(below(sum, bound), JSON.stringify(all)).toBeCloseTo(expected, 6);
      }
      const total = all.flatMap(({ counts }) => counts).reduce((a, b) => a + b, 0);
      expect(sum.counts.reduce((a, b) => a + b, 0)).toBeCloseTo(total, 6);
    }
  });
});

test('what came between two points is never negative', () => {
  expect(bucketsSince([1, 2, 3], [4, 2, 1])).toEqual([3, 0, 0]);
});
