/** What was measured beside what is wanted, and the arithmetic that several measurements share. */

export interface Figure {
  /** As in results.jsonl, without its `explorer.`. */
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target?: { readonly atMost: number } | { readonly atLeast: number };
}

/** The middle one, so that one visit disturbed by the machine's other work does not count. */
export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
};

/** @param share 0.95 for the value that 95 of 100 do not pass */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
};

export const meets = ({ value, target }: Figure): boolean =>
  target === undefined || ('atMost' in target ? value <= target.atMost : value >= target.atLeast);

export const print = (figure: Figure): void => {
  const { name, value, unit, target } = figure;
  const rounded = value >= 100 ? Math.round(value) : Math.round(value * 100) / 100;
  const wanted =
    target === undefined ? '' : 'atMost' in target ? `at most ${target.atMost}` : `at least ${target.atLeast}`;
  const mark = target === undefined ? '' : meets(figure) ? 'holds' : 'MISSED';
  console.log(
    `${name.padEnd(44)} ${rounded.toLocaleString('en').padStart(10)} ${unit.padEnd(26)} ${wanted.padEnd(16)} ${mark}`,
  );
};
