/**
 * What came in each step of a cumulative histogram, by the rules that hold for counters: less than before, or a start
 * after the point before, is a new beginning; and what came between two points is spread evenly over the time between.
 */
import type { Steps } from '../steps.ts';

/** The last histogram that a series has in a step with one start time. */
export interface HistogramPoint<Counts> {
  readonly startMs: number;
  readonly timeMs: number;
  /** How many observations in all. */
  readonly observed: number;
  /** It began inside the steps, with nothing: even the first one counts. */
  readonly began: boolean;
  readonly counts: Counts;
}

/** What came after `fromMs` and until `toMs`. */
export interface Growth<Counts> {
  readonly fromMs: number;
  readonly toMs: number;
  readonly counts: Counts;
}

/** @param since undefined where counts cannot go on from those before: they began anew, then, too */
export const growthOf = <Counts>(
  points: readonly HistogramPoint<Counts>[],
  since: (before: Counts, now: Counts) => Counts | undefined,
): Growth<Counts>[] => {
  const grown: Growth<Counts>[] = [];
  let before: HistogramPoint<Counts> | undefined;
  for (const point of [...points].sort((a, b) => a.timeMs - b.timeMs)) {
    const { startMs, timeMs: toMs, counts } = point;
    if (before === undefined) {
      if (point.began) grown.push({ fromMs: startMs, toMs, counts });
    } else {
      const startsLater = startMs > before.startMs && startMs >= before.timeMs;
      const goesOn = !startsLater && point.observed >= before.observed;
      grown.push({
        fromMs: startsLater ? startMs : before.timeMs,
        toMs,
        counts: goesOn ? (since(before.counts, counts) ?? counts) : counts,
      });
    }
    before = point;
  }
  return grown;
};

/** Which part of a time falls into each step; of a moment, all into the step where it ends. */
export const sharesOf = (
  { fromMs, toMs }: Pick<Growth<unknown>, 'fromMs' | 'toMs'>,
  { startMs, stepMs, count }: Steps,
): { step: number; share: number }[] => {
  const first = Math.floor((fromMs - startMs) / stepMs);
  const last = toMs > fromMs ? Math.ceil((toMs - startMs) / stepMs) - 1 : first;
  const shares: { step: number; share: number }[] = [];
  for (let step = Math.max(0, first); step <= Math.min(count - 1, last); step++) {
    const stepStartMs = startMs + step * stepMs;
    const overlapMs = Math.min(toMs, stepStartMs + stepMs) - Math.max(fromMs, stepStartMs);
    shares.push({ step, share: toMs > fromMs ? overlapMs / (toMs - fromMs) : 1 });
  }
  return shares;
};
