/**
 * The points of a chart: equal steps whose borders lie on round times, so that the same moment falls into the same step
 * whatever range is looked at.
 */

export interface Steps {
  /** Start of the first step, Unix milliseconds. */
  readonly startMs: number;
  readonly stepMs: number;
  readonly count: number;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** No two neighbours are further apart than 2 : 1, so a chart gets at least half of the points it may have. */
const roundStepsMs: readonly number[] = [
  ...[1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500],
  ...[1, 2, 3, 5, 10, 15, 30].map((n) => n * second),
  ...[1, 2, 3, 5, 10, 15, 20, 30].map((n) => n * minute),
  ...[1, 2, 3, 6, 12].map((n) => n * hour),
  ...[1, 2, 3, 5, 10].map((n) => n * day),
];

/** The smallest round step that is a multiple of `unitMs` and cuts `widthMs` into at most `atMost` points. */
export const roundStepMs = (widthMs: number, atMost: number, unitMs = 1): number => {
  const wanted = widthMs / atMost;
  const longest = roundStepsMs.at(-1)!;
  const fits = (stepMs: number): boolean => stepMs >= wanted && stepMs % unitMs === 0;
  return roundStepsMs.find(fits) ?? Math.ceil(wanted / longest) * longest;
};

/** Whole steps that cover the range: the first may begin before it, the last may end after it. */
export const stepsAround = (fromMs: number, toMs: number, stepMs: number): Steps => {
  const startMs = floorTo(fromMs, stepMs);
  return { startMs, stepMs, count: Math.max(1, Math.ceil((toMs - startMs) / stepMs)) };
};

export const floorTo = (ms: number, unitMs: number): number => Math.floor(ms / unitMs) * unitMs;
export const ceilTo = (ms: number, unitMs: number): number => Math.ceil(ms / unitMs) * unitMs;
