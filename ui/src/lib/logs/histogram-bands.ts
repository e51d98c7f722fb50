/** The bands of the log histogram: errors at the baseline, so that their height can be read, then warnings, then the rest. */
import type { LogHistogram } from '../../../../api/contract/logs.ts';

export interface Band {
  readonly name: 'error' | 'warn' | 'info, debug';
  /** A colour token. */
  readonly color: 'error' | 'warn' | 'line-2';
  readonly values: readonly number[];
  readonly total: number;
}

/** Always all three: a band without lines says 0, so that the legend never jumps. */
export const bandsOf = ({ series }: Pick<LogHistogram, 'series'>): Band[] => {
  const length = Math.max(0, ...series.map((one) => one.counts.length));
  return kinds.map(({ name, color, severities }) => {
    const own = series.filter((one) => severities.has(one.severity));
    return {
      name,
      color,
      values: Array.from({ length }, (_, index) => own.reduce((sum, one) => sum + (one.counts[index] ?? 0), 0)),
      total: own.reduce((sum, one) => sum + one.total, 0),
    };
  });
};

/** `40 s`, `1 min`, `2 h`: what one bar covers. */
export const stepName = (stepMs: number): string => {
  const [size, unit] = steps.find(([candidate]) => stepMs >= candidate) ?? [1, 'ms'];
  return `${Number((stepMs / size).toFixed(1))} ${unit}`;
};

// ---- helpers

type Severity = LogHistogram['series'][number]['severity'];

const kinds: readonly (Pick<Band, 'name' | 'color'> & { readonly severities: ReadonlySet<Severity> })[] = [
  { name: 'error', color: 'error', severities: new Set<Severity>(['error', 'fatal']) },
  { name: 'warn', color: 'warn', severities: new Set<Severity>(['warn']) },
  { name: 'info, debug', color: 'line-2', severities: new Set<Severity>(['info', 'debug', 'trace']) },
];

const steps: readonly (readonly [number, string])[] = [
  [86_400e3, 'd'],
  [3_600e3, 'h'],
  [60e3, 'min'],
  [1e3, 's'],
];
