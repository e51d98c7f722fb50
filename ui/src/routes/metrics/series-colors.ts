/** How series are told apart: services by their own colour, others by ink first and then the hues in order. */
import { slotOf, slotToken } from '#lib/known-services.svelte.ts';
import type { SeriesRow } from '#lib/metrics/series-table.ts';

export interface Look {
  /** A colour token. */
  readonly color: string;
  readonly dashed: boolean;
  readonly width: number;
}

/** Drawn in colours of their own; the rest are thin and grey until one is picked. */
export const mostColors = 8;

export const lookOf = (row: SeriesRow, place: number, count: number, groupBy: readonly string[]): Look => {
  if (groupBy.length === 1 && groupBy[0] === 'service') {
    return { color: slotToken(slotOf(row.labels[0]?.[1] ?? '')), dashed: false, width: 1.5 };
  }
  if (count === 1 || place === 0) return { color: 'ink', dashed: false, width: 1.5 };
  if (place >= mostColors) return { color: 'line-3', dashed: false, width: 1 };
  return { color: `s${place}`, dashed: false, width: 1.5 };
};
