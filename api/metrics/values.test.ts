import { describe, expect, test } from 'vitest';
import { type Cell, fillGaps, startLines } from './values.ts';

const grid = { startMs: 0, stepMs: 60, count: 6, endMs: 360, intervalMs: 60 };
const cell = (step: number, value: number, lastMs: number): Cell => [step, value, value, lastMs];
const filled = (cells: readonly Cell[], patienceMs: number) =>
  fillGaps(cells, grid, patienceMs).map(([step, value]) => [step, value]);

describe('a series with gaps', () => {
  test('a step without a point takes the value before, while no report is missing', () => {
    expect(filled([cell(0, 1, 59), cell(2, 3, 121)], 90)).toEqual([
      [0, 1],
      [1, 1],
      [2, 3],
    ]);
    expect(filled([cell(0, 1, 10), cell(2, 3, 121)], 90)).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(filled([cell(0, 1, 59), cell(2, 3, 121)], 0)).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  test('what was reported before the first step lasts into it', () => {
    expect(filled([cell(-1, 7, -1), cell(1, 8, 61)], 90)).toEqual([
      [0, 7],
      [1, 8],
    ]);
  });

  test('at the end of the steps the next report may still come, before it the series is gone', () => {
    expect(filled([cell(4, 5, 290)], 90)).toEqual([
      [4, 5],
      [5, 5],
    ]);
    expect(filled([cell(2, 5, 179)], 90)).toEqual([[2, 5]]);
  });
});

describe('series of a group', () => {
  const together = (across: Parameters<typeof startLines>[2]) => {
    const lines = startLines(2, { ...grid, count: 2 }, across);
    lines.add(0, [cell(0, 4, 10), cell(1, -1, 70)]);
    lines.add(0, [cell(0, 2, 20)]);
    lines.add(0, [cell(0, 9, 15)]);
    return lines.end();
  };
  test.each([
    ['sum', 15, -1],
    ['avg', 5, -1],
    ['min', 2, -1],
    ['max', 9, -1],
    ['count', 3, 1],
    ['last', 2, -1],
  ] as const)('%s', (across, first, second) => {
    expect(together(across)).toEqual([
      [first, second],
      [null, null],
    ]);
  });
});
