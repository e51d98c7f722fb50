/** What a processor reports of itself, wherever it ends up: our own telemetry, /metrics, the Pipeline page. */
import type { Batch, Outcome } from '../processor.ts';

export interface ProcessorMeter {
  wrote(batch: Batch, outcomes: readonly Outcome[], elapsedMs: number): void;
  failed(error: unknown): void;
}

export interface ProcessorFigures {
  readonly name: string;
  batches: number;
  kept: number;
  dropped: number;
  deadLettered: number;
  failures: number;
  /** Time spent writing, milliseconds. */
  busyMs: number;
  lastError: string;
}

/** Counts in memory, and tells `report` about failures so that they are seen. */
export const countingMeter = (
  name: string,
  report: (message: string) => void,
): { meter: ProcessorMeter; figures: Readonly<ProcessorFigures> } => {
  const figures: ProcessorFigures = {
    name,
    batches: 0,
    kept: 0,
    dropped: 0,
    deadLettered: 0,
    failures: 0,
    busyMs: 0,
    lastError: '',
  };
  /** What was reported of the outage under way; an error each try would be noise. */
  let reported: string | undefined;
  const meter: ProcessorMeter = {
    wrote(batch, outcomes, elapsedMs) {
      const dropped = outcomes.filter(({ kind }) => kind === 'dropped').length;
      reported = undefined;
      figures.batches++;
      figures.kept += batch.records.length - outcomes.length;
      figures.dropped += dropped;
      figures.deadLettered += outcomes.length - dropped;
      figures.busyMs += elapsedMs;
      // One line a batch: the counters have the number, the dead letters each reason.
      if (outcomes[0])
        report(
          `${name} did not keep ${outcomes.length} of ${batch.records.length} records, the first because: ${outcomes[0].reason}`,
        );
    },
    failed(error) {
      figures.failures++;
      const message = error instanceof Error ? error.message : String(error);
      if (message !== reported) report(`${name} failed and will try again: ${message}`);
      reported = message;
      figures.lastError = message;
    },
  };
  return { meter, figures };
};
