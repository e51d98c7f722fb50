/** What every page has to say of the pipeline: only what lasts and what somebody has to act on, never a passing blip. */
import type { Pipeline } from '../../../../api/contract/pipeline.ts';
import { ofFailures, ofIngest, type PipelineState } from './state.ts';

/** What was seen of it, from answer to answer. */
export interface Watch {
  /** Since when nothing new is accepted, by the server's clock; null while it is. */
  readonly notAcceptingSinceMs: number | null;
}

export interface Alarm extends PipelineState {
  /** Unix milliseconds, by the server's clock. */
  readonly sinceMs: number;
}

/** As long as one process may take to follow another. */
const lastingRefusalMs = 10_000;
const lastingFailureMs = 60_000;

export const watchFrom = (before: Watch, { notAccepting, atMs }: Pipeline): Watch => ({
  notAcceptingSinceMs: notAccepting === null ? null : (before.notAcceptingSinceMs ?? atMs),
});

export const alarmOf = (pipeline: Pipeline, { notAcceptingSinceMs }: Watch): Alarm | null => {
  const refusal = ofIngest(pipeline);
  if (refusal && notAcceptingSinceMs !== null) {
    // A disk does not become full for a moment.
    const isFull = pipeline.disks.some(({ freeBytes, reserveBytes }) => freeBytes < reserveBytes);
    if (isFull || pipeline.atMs - notAcceptingSinceMs >= lastingRefusalMs) {
      return { ...refusal, sinceMs: notAcceptingSinceMs };
    }
  }
  const isLasting = ({ failingSinceMs }: Pipeline['processors'][number]): boolean =>
    failingSinceMs !== null && pipeline.atMs - failingSinceMs > lastingFailureMs;
  const lasting = pipeline.processors.filter(isLasting);
  const failure = ofFailures({ ...pipeline, processors: lasting });
  if (!failure) return null;
  return { ...failure, sinceMs: Math.min(...lasting.map(({ failingSinceMs }) => failingSinceMs ?? pipeline.atMs)) };
};
