/**
 * How a service is doing, said with a shape and a word. There are no alerts yet, so this compares the range with the one
 * before it, by rules a reader can check against the row.
 */
import type { ServiceSummary } from '../../../../api/contract/services.ts';

type Summary = Pick<ServiceSummary, 'red' | 'before' | 'lastSeenMs'>;

export interface ServiceState {
  readonly mark: 'firing' | 'anomaly' | 'watching' | 'usual';
  readonly word: string;
  /** One sentence with the figures; for the title. */
  readonly why: string;
  /** The figure that is the news of the row. */
  readonly figure: 'errorRate' | 'p95Ms' | 'requestsPerSecond' | null;
  /** Larger is worse. */
  readonly rank: number;
}

/** Below this many calls a share or a percentile says nothing. */
const enoughCalls = 20;
const failingShare = 0.05;
const risenShare = 0.01;
const risenTimes = 3;
const slowTimes = 2;
const slowByMs = 20;
const droppedTo = 0.3;
const silentAfterMs = 5 * 60_000;

export interface StateContext {
  /** End of the range; what "silent" is measured from. */
  readonly toMs: number;
  /** False where there is no range before to compare with: then nothing is new. */
  readonly comparable: boolean;
}

export const serviceState = (
  { red, before, lastSeenMs }: Summary,
  { toMs, comparable }: StateContext,
): ServiceState => {
  const enough = red.calls >= enoughCalls;
  const usualErrors = before?.errorRate ?? 0;
  if (enough && red.errorRate >= failingShare) {
    return state(
      'firing',
      'Failing',
      `${percent(red.errorRate)} of calls fail, ${percent(usualErrors)} before`,
      'errorRate',
      4,
    );
  }
  if (enough && red.errorRate >= risenShare && red.errorRate >= usualErrors * risenTimes) {
    return state(
      'firing',
      'Failing',
      `${percent(red.errorRate)} of calls fail, ${percent(usualErrors)} before`,
      'errorRate',
      4,
    );
  }
  const comparing = before !== null && before.calls >= enoughCalls;
  if (enough && comparing && isSlower(red.p95Ms, before.p95Ms)) {
    return state(
      'anomaly',
      'Slow',
      `p95 ${Math.round(red.p95Ms ?? 0)} ms, ${Math.round(before.p95Ms ?? 0)} ms before`,
      'p95Ms',
      3,
    );
  }
  if (comparing && red.requestsPerSecond < before.requestsPerSecond * droppedTo) {
    const why = `${red.requestsPerSecond.toPrecision(2)} calls a second, ${before.requestsPerSecond.toPrecision(2)} before`;
    return state('anomaly', 'Dropped', why, 'requestsPerSecond', 2);
  }
  if (toMs - lastSeenMs > silentAfterMs) {
    return state('usual', 'Silent', `Nothing received for ${Math.round((toMs - lastSeenMs) / 60_000)} min`, null, 0);
  }
  if (comparable && before === null && red.calls > 0) {
    return state('watching', 'New', 'No calls in the range before', null, 1);
  }
  return state('usual', 'Usual', 'Errors and p95 are near those of the range before', null, 0);
};

// ---- helpers

const state = (
  mark: ServiceState['mark'],
  word: string,
  why: string,
  figure: ServiceState['figure'],
  rank: number,
): ServiceState => ({ mark, word, why, figure, rank });

const isSlower = (nowMs: number | null, beforeMs: number | null): boolean =>
  nowMs !== null && beforeMs !== null && nowMs >= beforeMs * slowTimes && nowMs - beforeMs >= slowByMs;

const percent = (share: number): string => `${(share * 100).toPrecision(2)} %`;
