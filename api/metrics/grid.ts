/** The steps of a metric query: round, not shorter than the metric is reported unless asked for, and not too many. */
import { ApiError } from '../api-error.ts';
import { roundStepMs, type Steps, stepsAround } from '../steps.ts';

export interface MetricGrid extends Steps {
  /** Where the last step ends: on its border, or now, where that comes first. */
  readonly endMs: number;
  /** How far apart the points of a series usually are; 0 when no series has two. */
  readonly intervalMs: number;
}

const usualPoints = 120;
const maxPoints = 2000;
/** Reporters are rarely punctual to the millisecond: steps of a minute suit 61 seconds, too. */
const punctuality = 0.9;

/** @throws ApiError QUERY_TOO_EXPENSIVE when the range has too many steps. */
export const metricGrid = (
  range: { readonly fromMs: number; readonly toMs: number; readonly stepMs: number | undefined },
  intervalMs: number,
  nowMs: number,
): MetricGrid => {
  const { fromMs, toMs } = range;
  const stepMs =
    range.stepMs ?? roundStepMs(Math.max((toMs - fromMs) / usualPoints, intervalMs * punctuality, 1000), 1);
  const steps = stepsAround(fromMs, toMs, stepMs);
  if (steps.count > maxPoints) {
    throw new ApiError(
      'QUERY_TOO_EXPENSIVE',
      `This range has ${steps.count} steps, at most ${maxPoints} can be shown: choose a shorter time range or a longer step.`,
    );
  }
  const endMs = Math.max(steps.startMs + 1, Math.min(steps.startMs + steps.count * stepMs, nowMs));
  return { ...steps, endMs, intervalMs };
};
