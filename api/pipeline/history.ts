/** The last quarter of an hour of some figures, a value for every 15 seconds: bounded, and filled as reports come. */

export const historyStepMs = 15_000;
export const historySteps = 60;

export interface History {
  /** Something that happened between two moments, evenly spread over them; read as an amount per second. */
  spread(series: string, fromMs: number, toMs: number, amount: number): void;
  /** A figure as it was at a moment; the last of a step counts. */
  note(series: string, atMs: number, value: number): void;
  /** One value per step from `startMs` on, null where nothing is known. */
  read(series: string, startMs: number): (number | null)[];
}

/** Where a history that is read now starts: its last step is over, and who reports every 5 s has reported of it. */
export const historyStartMs = (nowMs: number): number => {
  const endMs = Math.floor((nowMs - reportsLateMs) / historyStepMs) * historyStepMs;
  return endMs - historySteps * historyStepMs;
};

const reportsLateMs = 6_000;
/** Some more than are read. */
const keptSteps = historySteps + 8;

export const keepHistory = (): History => {
  const all = new Map<string, Map<number, number>>();
  const stepsOf = (series: string, newest: number): Map<number, number> => {
    const steps = all.get(series) ?? new Map<number, number>();
    all.set(series, steps);
    // Both ways: a clock that was set back leaves steps that are still to come.
    for (const step of steps.keys()) if (Math.abs(newest - step) > keptSteps) steps.delete(step);
    return steps;
  };
  return {
    spread(series, fromMs, toMs, amount) {
      if (toMs <= fromMs) return;
      const newest = stepAt(toMs);
      const steps = stepsOf(series, newest);
      const perSecond = (amount / (toMs - fromMs)) * 1000;
      for (let step = Math.max(stepAt(fromMs), newest - keptSteps); step <= newest; step++) {
        const startMs = step * historyStepMs;
        const coveredMs = Math.min(toMs, startMs + historyStepMs) - Math.max(fromMs, startMs);
        if (coveredMs > 0) steps.set(step, (steps.get(step) ?? 0) + (perSecond * coveredMs) / historyStepMs);
      }
    },
    note: (series, atMs, value) => void stepsOf(series, stepAt(atMs)).set(stepAt(atMs), value),
    read: (series, startMs) =>
      Array.from({ length: historySteps }, (_, i) => all.get(series)?.get(stepAt(startMs) + i) ?? null),
  };
};

const stepAt = (ms: number): number => Math.floor(ms / historyStepMs);
