import { describe, expect, test } from 'vitest';
import { growthOf, type HistogramPoint, sharesOf } from './growth.ts';

describe('what came between the points of a cumulative series', () => {
  const since = (before: number, now: number): number | undefined => (now < before ? undefined : now - before);
  const at = (startMs: number, timeMs: number, count: number, began = false): HistogramPoint<number> => ({
    startMs,
    timeMs,
    observed: count,
    began,
    counts: count,
  });
  const of = (points: HistogramPoint<number>[]) =>
    growthOf(points, since).map(({ fromMs, toMs, counts }) => [fromMs, toMs, counts]);

  test('is their difference, in whatever order they come', () => {
    expect(of([at(1, 150, 15), at(1, -10, 10), at(1, 50, 12)])).toEqual([
      [-10, 50, 2],
      [50, 150, 3],
    ]);
  });

  test('after a restart everything counts: seen by a start after the point before, or by falling', () => {
    expect(of([at(1, 50, 10), at(52, 58, 30), at(52, 70, 33), at(52, 130, 4)])).toEqual([
      [52, 58, 30],
      [58, 70, 3],
      [70, 130, 4],
    ]);
  });

  test('a start time that moves within what was counted already is no restart', () => {
    expect(of([at(1, 50, 10), at(20, 70, 13)])).toEqual([[50, 70, 3]]);
  });

  test('the first counts only when it began with nothing', () => {
    expect(of([at(0, 50, 10)])).toEqual([]);
    expect(of([at(40, 50, 10, true)])).toEqual([[40, 50, 10]]);
  });

  test('what cannot go on from the one before counts whole', () => {
    expect(growthOf([at(1, 50, 10), at(1, 60, 12)], () => undefined)).toMatchObject([{ counts: 12 }]);
  });
});

describe('a time in steps', () => {
  const steps = { startMs: 100, stepMs: 10, count: 3 };
  test.each([
    [100, 110, [[0, 1]]],
    [
      105,
      115,
      [
        [0, 0.5],
        [1, 0.5],
      ],
    ],
    [90, 110, [[0, 0.5]]],
    [
      95,
      145,
      [
        [0, 0.2],
        [1, 0.2],
        [2, 0.2],
      ],
    ],
    [110, 110, [[1, 1]]],
    [10, 100, []],
    [130, 150, []],
    [99, 99, []],
  ])('%i to %i', (fromMs, toMs, expected) => {
    expect(sharesOf({ fromMs, toMs }, steps).map(({ step, share }) => [step, share])).toEqual(expected);
  });
});
