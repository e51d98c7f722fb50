/** Which operations moved most against the range before: the ones worth looking at, without what is only noise. */
import type { Red, ServiceList } from '../contract/services.ts';

export type Move = ServiceList['moved'][number];

export interface OperationFigures {
  readonly service: string;
  readonly name: string;
  /** Undefined where there were no calls. */
  readonly now: Red | undefined;
  readonly before: Red | undefined;
}

const maxMoves = 10;
/** Fewer calls say little about a share or a percentile. */
const minCallsForErrors = 20;
const minCallsForLatency = 50;
const minCallsForRate = 100;
/** How many standard errors two shares must be apart: chance alone does so once in 370 times. */
const minDeviations = 3;
const minErrorRateChange = 0.01;
const minLatencyRatio = 1.5;
const minLatencyChangeMs = 5;
const minRateRatio = 2;

/**
 * At most 10, the furthest first. How far is counted in doublings, so that a rise and a fall weigh the same, and so do
 * percentiles, shares and rates. An operation that was never called before has not moved; one that is not called any
 * more has.
 *
 * `beforeIsWhole` is false where the range before begins ahead of the first data there is: its rates are then too low,
 * and everything would seem to have doubled.
 */
export const movedMost = (operations: readonly OperationFigures[], beforeIsWhole: boolean): Move[] =>
  operations
    .flatMap((operation) => {
      const { now, before, service, name } = operation;
      if (before === undefined) return [];
      return [errorMove(before, now), latencyMove(before, now), beforeIsWhole ? rateMove(before, now) : undefined]
        .filter((move) => move !== undefined)
        .map(({ doublings, ...move }) => ({
          move: { service, operation: name, ...move },
          distance: Math.abs(doublings),
        }));
    })
    .sort((a, b) => b.distance - a.distance || compareText(a.move.service, b.move.service))
    .slice(0, maxMoves)
    .map(({ move }) => move);

interface FigureMove extends Pick<Move, 'figure' | 'before' | 'now'> {
  readonly doublings: number;
}

/** A share below 1 % counts as 1 %: from one error in a million to ten is no news. */
const errorMove = (before: Red, now: Red | undefined): FigureMove | undefined => {
  if (now === undefined || Math.min(before.calls, now.calls) < minCallsForErrors) return undefined;
  const change = now.errorRate - before.errorRate;
  if (Math.abs(change) < minErrorRateChange) return undefined;
  const pooled = (now.errorRate * now.calls + before.errorRate * before.calls) / (now.calls + before.calls);
  const standardError = Math.sqrt(pooled * (1 - pooled) * (1 / now.calls + 1 / before.calls));
  if (Math.abs(change) < minDeviations * standardError) return undefined;
  const doublings = Math.log2(Math.max(now.errorRate, 0.01) / Math.max(before.errorRate, 0.01));
  return { figure: 'errorRate', before: before.errorRate, now: now.errorRate, doublings };
};

const latencyMove = (before: Red, now: Red | undefined): FigureMove | undefined => {
  if (now?.p95Ms == null || before.p95Ms === null) return undefined;
  if (Math.min(before.calls, now.calls) < minCallsForLatency) return undefined;
  if (Math.abs(now.p95Ms - before.p95Ms) < minLatencyChangeMs) return undefined;
  const doublings = Math.log2(Math.max(now.p95Ms, 1) / Math.max(before.p95Ms, 1));
  if (Math.abs(doublings) < Math.log2(minLatencyRatio)) return undefined;
  return { figure: 'p95Ms', before: before.p95Ms, now: now.p95Ms, doublings };
};

/** Rates, not counts: the range may still be running. None now counts as one call. */
const rateMove = (before: Red, now: Red | undefined): FigureMove | undefined => {
  if (Math.max(before.calls, now?.calls ?? 0) < minCallsForRate) return undefined;
  const oneCall = before.requestsPerSecond / before.calls;
  const rate = now?.requestsPerSecond ?? 0;
  const doublings = Math.log2(Math.max(rate, oneCall) / before.requestsPerSecond);
  if (Math.abs(doublings) < Math.log2(minRateRatio)) return undefined;
  return { figure: 'requestsPerSecond', before: before.requestsPerSecond, now: rate, doublings };
};

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
