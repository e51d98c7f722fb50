/** The legend of a plot, which is also its table: one row per series, the largest first, and which of them are drawn. */
import type { MetricResult } from '../../../../api/contract/metrics.ts';

export interface SeriesRow {
  readonly key: string;
  /** In the order of the keys grouped by; empty for the one line of all. */
  readonly labels: readonly (readonly [key: string, value: string])[];
  readonly name: string;
  readonly values: readonly (number | null)[];
  readonly last: number | null;
  readonly avg: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

/** By their last value, descending; series without one after them. */
export const seriesRows = (
  { series }: Pick<MetricResult, 'series'>,
  groupBy: readonly string[],
  metric: string,
): SeriesRow[] =>
  series
    .map(({ labels, values }): SeriesRow => {
      const ordered = [
        ...groupBy.filter((key) => key in labels).map((key) => [key, labels[key] ?? ''] as const),
        ...Object.entries(labels).filter(([key]) => !groupBy.includes(key)),
      ];
      const name = ordered.length === 0 ? metric : ordered.map(([, value]) => (value === '' ? '–' : value)).join(', ');
      return { key: JSON.stringify(ordered), labels: ordered, name, values, ...figuresOf(values) };
    })
    .sort((a, b) => (b.last ?? Number.NEGATIVE_INFINITY) - (a.last ?? Number.NEGATIVE_INFINITY) || compare(a, b));

export interface Shown {
  /** The only one drawn; null: all but the hidden. */
  readonly isolated: string | null;
  readonly hidden: readonly string[];
}

export const isShown = ({ isolated, hidden }: Shown, key: string): boolean =>
  isolated === null ? !hidden.includes(key) : isolated === key;

/** A click isolates a series, or shows all again. Alt-click hides one, or shows it again. */
export const clicked = (shown: Shown, key: string, alt: boolean): Shown => {
  if (!alt) return { hidden: [], isolated: shown.isolated === key ? null : key };
  return {
    isolated: null,
    hidden: shown.hidden.includes(key) ? shown.hidden.filter((other) => other !== key) : [...shown.hidden, key],
  };
};

/** The value at a moment; null outside, and where nothing was measured. */
export const valueAt = (
  values: readonly (number | null)[],
  startMs: number,
  stepMs: number,
  atMs: number,
): number | null => values[Math.floor((atMs - startMs) / stepMs)] ?? null;

// ---- helpers

const compare = (a: SeriesRow, b: SeriesRow): number => a.name.localeCompare(b.name);

const figuresOf = (values: readonly (number | null)[]): Pick<SeriesRow, 'last' | 'avg' | 'min' | 'max'> => {
  let last: number | null = null;
  let min: number | null = null;
  let max: number | null = null;
  let [sum, count] = [0, 0];
  for (const value of values) {
    if (value === null) continue;
    last = value;
    min = min === null || value < min ? value : min;
    max = max === null || value > max ? value : max;
    sum += value;
    count += 1;
  }
  return { last, min, max, avg: count === 0 ? null : sum / count };
};
