import { expect, test } from 'vitest';
import { cellsBetween, countOf, type Grid, rowCount, rowsInUse, selectionOf, strength } from './heatmap.ts';

const grid: Grid = {
  startMs: 1000,
  stepMs: 100,
  durationBoundsMs: [1, 10, 100],
  counts: [
    [0, 5, 1, 0],
    [0, 7, 0, 2],
    [0, 0, 0, 0],
  ],
  errors: [0, 1, 0],
};

test('a selection is a stretch of time and a range of durations', () => {
  const cells = cellsBetween({ column: 1, row: 2 }, { column: 0, row: 1 });
  expect(selectionOf(grid, cells)).toEqual({ fromMs: 1000, toMs: 1200, minDurationMs: 1, maxDurationMs: 100 });
  expect(countOf(grid, cells)).toBe(13);
});

test('at the edges of the grid there is no bound', () => {
  const all = cellsBetween({ column: 0, row: 0 }, { column: 2, row: rowCount(grid) - 1 });
  expect(selectionOf(grid, all)).toMatchObject({ minDurationMs: null, maxDurationMs: null });
  expect(countOf(grid, all)).toBe(15);
  expect(selectionOf(grid, cellsBetween({ column: 1, row: 3 }, { column: 1, row: 3 }))).toEqual({
    fromMs: 1100,
    toMs: 1200,
    minDurationMs: 100,
    maxDurationMs: null,
  });
});

test('only rows near a count are drawn, and never too few', () => {
  const counts = [Array.from({ length: 20 }, (_, row) => (row === 9 ? 4 : 0))];
  const tall = { ...grid, durationBoundsMs: Array.from({ length: 19 }, (_, i) => 2 ** i), counts };
  const used = rowsInUse(tall);
  expect(used.to - used.from).toBe(7);
  expect(used.from).toBeLessThan(9);
  expect(used.to).toBeGreaterThan(9);
  expect(rowsInUse(grid)).toEqual({ from: 0, to: 3 });
  expect(rowsInUse({ ...grid, counts: [] })).toEqual({ from: 0, to: 3 });
});

test('one among many is seen, none is not', () => {
  expect(strength(0, 1000)).toBe(0);
  expect(strength(1, 10_000)).toBeGreaterThan(0.1);
  expect(strength(1000, 1000)).toBeCloseTo(0.95);
});
