/**
 * Which minutes a time range means where figures are kept by the minute. Ranges rarely begin on a full minute, and they
 * often end now, in the middle of one. Reading half a minute as a whole one would look like a drop, so:
 *
 * - figures of the range cover every minute it touches, and rates divide by the time that has really passed;
 * - points of a chart are made of whole grains alone: the first one is read in full even where it begins before the
 *   range, the one that is still running is left out, and a last step that is cut short divides by its own length.
 */
import { ceilTo, floorTo, roundStepMs, type Steps } from '../steps.ts';

export interface RedWindow {
  /** How finely the rows are kept that are read. */
  readonly grainMinutes: 1 | 10 | 60;
  /** Whole grains: [fromMs, toMs) now, and as much just before. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Time between `fromMs` and `toMs` that has passed: what rates divide by. */
  readonly seconds: number;
  readonly beforeSeconds: number;
  readonly steps: Steps;
  /** Where the last step ends: its own end, or that of the last grain that is complete. */
  readonly stepsEndMs: number;
}

const minute = 60_000;
const hour = 60 * minute;
const maxPoints = 60;
/** Ingest takes nothing that claims to be from later than that. */
const dayMs = 24 * hour;
/** Spans arrive when they have ended and a batch is full: a minute is complete some seconds after its end. */
const settleMs = 10_000;

interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

export const redWindow = (range: Range, nowMs: number): RedWindow =>
  windowOf(range, nowMs, grainOf(range.toMs - range.fromMs));

/** For comparing a range with the one before, where its ends need not be sharp: a sixth of the work, or less. */
export const roughRedWindow = (range: Range, nowMs: number): RedWindow => {
  const width = range.toMs - range.fromMs;
  return windowOf(range, nowMs, width >= 8 * hour ? 60 : width >= hour / 2 ? 10 : 1);
};

const windowOf = (range: Range, nowMs: number, grainMinutes: 1 | 10 | 60): RedWindow => {
  const grainMs = grainMinutes * minute;
  const fromMs = floorTo(range.fromMs, grainMs);
  const toMs = Math.max(fromMs + grainMs, ceilTo(Math.min(range.toMs, nowMs + dayMs), grainMs));
  const stepMs = roundStepMs(Math.min(range.toMs - range.fromMs, toMs - fromMs), maxPoints, grainMs);
  const firstMs = floorTo(fromMs, stepMs);
  const completeMs = floorTo(nowMs - settleMs, grainMs);
  const stepsEndMs = Math.max(firstMs + grainMs, Math.min(toMs, completeMs));
  const steps = Math.ceil((stepsEndMs - firstMs) / stepMs);
  const count = Math.min(steps, maxPoints);
  return {
    grainMinutes,
    fromMs,
    toMs,
    seconds: Math.max(1000, Math.min(toMs, nowMs) - fromMs) / 1000,
    beforeSeconds: (toMs - fromMs) / 1000,
    // A range across one border more than it has steps loses the part of a step at its beginning.
    steps: { startMs: firstMs + (steps - count) * stepMs, stepMs, count },
    stepsEndMs,
  };
};

/** Of step `i`, the last of which may be cut short. */
export const stepSeconds = ({ steps, stepsEndMs }: RedWindow, i: number): number =>
  Math.min(steps.stepMs, stepsEndMs - (steps.startMs + i * steps.stepMs)) / 1000;

const grainOf = (widthMs: number): 1 | 10 | 60 => {
  if (widthMs <= 4 * hour) return 1;
  return widthMs <= 36 * hour ? 10 : 60;
};
