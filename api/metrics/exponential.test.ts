import { describe, expect, test } from 'vitest';
import { seeded } from '../test-random.ts';
import {
  addExponentials,
  atScale,
  type Exponential,
  exponentialSince,
  noExponential,
  quantileOfExponential,
} from './exponential.ts';

const none = { offset: 0, counts: [] };
const only = (rest: Partial<Exponential>): Exponential => ({
  scale: 0,
  zeroCount: 0,
  zeroThreshold: 0,
  positive: none,
  negative: none,
  ...rest,
});

describe('a quantile', () => {
  // Scale 0: (1, 2], (2, 4], (4, 8].
  const powers = only({ positive: { offset: 0, counts: [2, 4, 2] } });
  test.each([
    [0, 1],
    [0.25, 2],
    [0.5, 2 * Math.SQRT2],
    [0.75, 4],
    [1, 8],
  ])('%f is logarithmic within its bucket: %f', (q, value) => {
    expect(quantileOfExponential(q, powers)).toBeCloseTo(value, 12);
  });

  test('negative values come first, then what is near zero', () => {
    const all = only({
      negative: { offset: 1, counts: [2] },
      zeroCount: 4,
      zeroThreshold: 0.5,
      positive: { offset: 3, counts: [2] },
    });
    expect(quantileOfExponential(0, all)).toBeCloseTo(-4, 12);
    expect(quantileOfExponential(0.25, all)).toBeCloseTo(-2, 12);
    expect(quantileOfExponential(0.5, all)).toBeCloseTo(0, 12);
    expect(quantileOfExponential(1, all)).toBeCloseTo(16, 12);
  });

  test('of zeroes beside positive values lies between zero and the threshold', () => {
    const zeroes = only({ zeroCount: 10, zeroThreshold: 1, positive: { offset: 0, counts: [10] } });
    expect(quantileOfExponential(0.25, zeroes)).toBeCloseTo(0.5, 12);
    expect(quantileOfExponential(0.5, only({ zeroCount: 3 }))).toBe(0);
    expect(quantileOfExponential(0.5, noExponential)).toBeNull();
  });

  test('at scales of both ends', () => {
    expect(quantileOfExponential(1, only({ scale: -3, positive: { offset: 1, counts: [1] } }))).toBe(2 ** 16);
    expect(quantileOfExponential(1, only({ scale: 20, positive: { offset: 2 ** 20 - 1, counts: [1] } }))).toBeCloseTo(
      2,
      9,
    );
  });
});

describe('a coarser scale', () => {
  test('puts neighbours together, also below zero', () => {
    const fine = only({ scale: 1, positive: { offset: -3, counts: [1, 2, 4, 8, 16] } });
    // Indexes -3 … 1 become -2, -1, -1, 0, 0.
    expect(atScale(fine, 0).positive).toEqual({ offset: -2, counts: [1, 6, 24] });
    expect(atScale(fine, -40).positive).toEqual({ offset: -1, counts: [7, 24] });
  });
});

test('a threshold that rises swallows the buckets within it', () => {
  const small = only({
    positive: { offset: -3, counts: [1, 2, 4] },
    negative: { offset: -4, counts: [8] },
    zeroCount: 16,
  });
  const sum = addExponentials(small, only({ zeroThreshold: 0.5, zeroCount: 1 }));
  expect(sum).toMatchObject({
    zeroThreshold: 0.5,
    zeroCount: 16 + 1 + 1 + 2 + 8,
    positive: { offset: -1, counts: [4] },
  });
});

test('what came between two points, at the coarser of their scales', () => {
  const before = only({ scale: 1, zeroCount: 1, positive: { offset: 0, counts: [1, 1] } });
  const now = only({ scale: 0, zeroCount: 3, positive: { offset: 0, counts: [5, 7] } });
  expect(exponentialSince(before, now)).toMatchObject({
    scale: 0,
    zeroCount: 2,
    positive: { offset: 0, counts: [3, 7] },
  });
  expect(exponentialSince(now, before)).toBeUndefined();
});

test('added up, random histograms of different scales are the histogram of all values', () => {
  const random = seeded(17);
  const histogramOf = (values: readonly number[], scale: number): Exponential => {
    const bucketsOf = (magnitudes: readonly number[]) => {
      const indexes = magnitudes.map((value) => Math.ceil(Math.log2(value) * 2 ** scale) - 1);
      const offset = Math.min(...indexes, 0);
      const counts = new Array<number>(Math.max(...indexes, 0) - offset + 1).fill(0);
      for (const index of indexes) counts[index - offset]!++;
      return { offset, counts };
    };
    return {
      scale,
      zeroCount: values.filter((value) => value === 0).length,
      zeroThreshold: 0,
      positive: bucketsOf(values.filter((value) => value > 0)),
      negative: bucketsOf(values.filter((value) => value < 0).map((value) => -value)),
    };
  };
  const filled = ({ offset, counts }: Exponential['positive']) =>
    Object.fromEntries(counts.map((count, i) => [offset + i, count]).filter(([, count]) => count !== 0));
  for (let round = 0; round < 200; round++) {
    const parts = Array.from({ length: 3 }, () => ({
      scale: Math.floor(random() * 8) - 2,
      values: Array.from({ length: Math.floor(random() * 30) }, () =>
        random() < 0.1 ? 0 : (random() < 0.3 ? -1 : 1) * Math.exp(random() * 20 - 8),
      ),
    }));
    const values = parts.flatMap((part) => part.values).sort((a, b) => a - b);
    const scale = Math.min(...parts.map((part) => part.scale));
    const sum = parts.map((part) => histogramOf(part.values, part.scale)).reduce(addExponentials);
    const direct = histogramOf(values, scale);
    const label = JSON.stringify(parts);
    expect(sum.zeroCount, label).toBe(direct.zeroCount);
    expect(filled(sum.positive), label).toEqual(filled(direct.positive));
    expect(filled(sum.negative), label).toEqual(filled(direct.negative));
    if (values.length === 0) continue;
    const base = 2 ** (2 ** -scale);
    for (const q of [0.1, 0.5, 0.9, 1]) {
      const exact = values[Math.max(0, Math.ceil(q * values.length) - 1)]!;
      const estimate = quantileOfExponential(q, sum)!;
      // In the bucket of the exact value: no further than its base away.
      if (exact === 0) expect(estimate, label).toBeCloseTo(0, 12);
      else {
        expect(Math.sign(estimate), label).toBe(Math.sign(exact));
        expect(Math.abs(Math.log(estimate / exact)), label).toBeLessThanOrEqual(Math.log(base) * 1.0001);
      }
    }
  }
});
