/** What the benches of the explorer have in common: what their figures depend on, and quantiles. */
import { type Figure, report, type Target } from '../results.ts';

/** Paths from the root. */
const measured = ['ui', 'api', 'bench/explorer', 'bench/explorer.ts', 'package-lock.json'];

/** @param values one for each visit */
export const reportOf =
  (part: string) =>
  (name: string, values: Figure['values'], unit: string, target?: Target): void =>
    report({ name: `explorer.${part}.${name}`, values, unit, measured, ...(target && { target }) });

/** @param share 0.95 for the value that 95 of 100 do not pass; 0 where there is none */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
};
