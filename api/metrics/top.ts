/** The series worth showing: the largest ones, and the rest as one where it can be added up. */
import type { Lines } from './values.ts';

export interface ShownSeries {
  readonly labels: Record<string, string>;
  readonly values: (number | null)[];
}

/** What labels of the series that stands for the rest say. */
export const otherLabel = 'other';

export const showLargest = (
  groups: readonly Readonly<Record<string, string>>[],
  lines: Lines,
  maxSeries: number,
  additive: boolean,
): { series: ShownSeries[]; omitted: number } => {
  const sized = lines
    .map((values, i) => ({ labels: { ...groups[i]! }, values, size: sizeOf(values, additive) }))
    .filter(({ size }) => size !== undefined)
    .sort((a, b) => b.size! - a.size! || compareText(JSON.stringify(a.labels), JSON.stringify(b.labels)));
  const shown: ShownSeries[] = sized.slice(0, maxSeries).map(({ labels, values }) => ({ labels, values }));
  const rest = sized.slice(maxSeries);
  if (rest.length > 0 && additive) {
    const labels = Object.fromEntries(Object.keys(rest[0]!.labels).map((key) => [key, otherLabel]));
    shown.push({ labels, values: addLines(rest.map(({ values }) => values)) });
  }
  return { series: shown, omitted: rest.length };
};

/** Undefined without any value. Of what adds up the whole counts, of the rest what is usual. */
const sizeOf = (values: readonly (number | null)[], additive: boolean): number | undefined => {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return undefined;
  const sum = known.reduce((total, value) => total + value, 0);
  return additive ? sum : sum / known.length;
};

const addLines = (lines: readonly (readonly (number | null)[])[]): (number | null)[] =>
  lines[0]!.map((_, step) =>
    lines.reduce<number | null>((sum, line) => (line[step] == null ? sum : (sum ?? 0) + line[step]), null),
  );

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
