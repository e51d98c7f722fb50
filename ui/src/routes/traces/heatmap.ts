/** The duration histogram as a grid: columns of time, rows of duration, and what a selection on it means. */
import type { TraceHistogram } from '../../../../api/contract/traces.ts';

/** Both ends included; rows count from the shortest durations. */
export interface Cells {
  readonly fromColumn: number;
  readonly toColumn: number;
  readonly fromRow: number;
  readonly toRow: number;
}
export type Grid = Pick<TraceHistogram, 'startMs' | 'stepMs' | 'durationBoundsMs' | 'counts' | 'errors'>;

/** What a selection asks for. A bound is null where the selection reaches the edge of the grid. */
export interface Selection {
  readonly fromMs: number;
  readonly toMs: number;
  readonly minDurationMs: number | null;
  readonly maxDurationMs: number | null;
}

/** The last row has no upper bound. */
export const rowCount = (grid: Grid): number => grid.durationBoundsMs.length + 1;

export const cellsBetween = (a: { column: number; row: number }, b: { column: number; row: number }): Cells => ({
  fromColumn: Math.min(a.column, b.column),
  toColumn: Math.max(a.column, b.column),
  fromRow: Math.min(a.row, b.row),
  toRow: Math.max(a.row, b.row),
});

export function selectionOf(grid: Grid, cells: Cells): Selection {
  return {
    fromMs: grid.startMs + cells.fromColumn * grid.stepMs,
    toMs: grid.startMs + (cells.toColumn + 1) * grid.stepMs,
    minDurationMs: grid.durationBoundsMs[cells.fromRow - 1] ?? null,
    maxDurationMs: grid.durationBoundsMs[cells.toRow] ?? null,
  };
}

export const countOf = (grid: Grid, cells: Cells): number => {
  let sum = 0;
  for (const column of grid.counts.slice(cells.fromColumn, cells.toColumn + 1)) {
    for (const count of column.slice(cells.fromRow, cells.toRow + 1)) sum += count;
  }
  return sum;
};

/**
 * The rows that are worth their height: those with a count, and one beside them. A service answers within two decades
 * of duration; drawing the other five would leave nothing to see.
 */
export function rowsInUse(grid: Grid): { from: number; to: number } {
  const last = rowCount(grid) - 1;
  let from = last;
  let to = 0;
  for (const column of grid.counts) {
    for (const [row, count] of column.entries()) {
      if (count === 0) continue;
      from = Math.min(from, row);
      to = Math.max(to, row);
    }
  }
  if (from > to) return { from: 0, to: last };
  from = Math.max(0, from - 1);
  to = Math.min(last, to + 1);
  // With fewer rows the cells would be slabs.
  while (to - from < 7 && (from > 0 || to < last)) {
    if (to < last) to++;
    if (to - from < 7 && from > 0) from--;
  }
  return { from, to };
}

/** How strongly a cell is drawn, 0 to 1. By its root, so that the rare slow ones are seen beside the many. */
export const strength = (count: number, most: number): number =>
  count === 0 ? 0 : 0.1 + 0.85 * Math.sqrt(count / Math.max(1, most));
