/**
 * Data that follows what it depends on: when anything read by `request` changes, the running request is aborted and a
 * new one starts. What was loaded stays until its successor is there, so that a page never blinks or jumps.
 */
import { untrack } from 'svelte';
import { ApiFailure, failureOf } from './api.ts';

export interface Query<T> {
  /** The last answer; kept while a newer one is loading and when that fails. */
  readonly data: T | undefined;
  /** Why the last request failed; undefined again as soon as one succeeds. */
  readonly failure: ApiFailure | undefined;
  /** True once a request has been running for 150 ms: only then is there something to show. */
  readonly pending: boolean;
  /** True once a request has been running for two seconds: offer to cancel it. */
  readonly slow: boolean;
  reload(): void;
  cancel(): void;
}

/** Requests under way on the whole page. */
let underWay = 0;

/** A live page waits for its answers before it asks again: else a slow store would never get to answer. */
export const isAnythingLoading = (): boolean => underWay > 0;

const showPendingAfterMs = 150;
const showSlowAfterMs = 2000;

/**
 * Call during a component's initialisation. `request` runs tracked and returns the untracked part that fetches, or null
 * while there is nothing to ask: `createQuery(() => { const { fromMs, toMs } = timeRange; return (signal) => get(…); })`.
 */
export const createQuery = <T>(request: () => ((signal: AbortSignal) => Promise<T>) | null): Query<T> => {
  let data = $state.raw<T>();
  let failure = $state.raw<ApiFailure>();
  let pending = $state(false);
  let slow = $state(false);
  let asked = $state(0);
  let running: AbortController | undefined;

  const settle = (): void => {
    pending = false;
    slow = false;
  };

  const run = (fetchData: (signal: AbortSignal) => Promise<T>): (() => void) => {
    const controller = new AbortController();
    running = controller;
    const timers = [
      setTimeout(() => {
        pending = true;
      }, showPendingAfterMs),
      setTimeout(() => {
        slow = true;
      }, showSlowAfterMs),
    ];
    const stop = (): void => {
      for (const timer of timers) clearTimeout(timer);
    };
    underWay += 1;
    fetchData(controller.signal)
      .then(
        (answer) => {
          if (controller.signal.aborted) return;
          data = answer;
          failure = undefined;
        },
        (error: unknown) => {
          if (controller.signal.aborted) return;
          failure = failureOf(error);
        },
      )
      .finally(() => {
        underWay -= 1;
        stop();
        if (!controller.signal.aborted) settle();
      });
    return () => {
      stop();
      controller.abort();
    };
  };

  const start = (_attempt: number): (() => void) | undefined => {
    const fetchData = request();
    if (fetchData === null) {
      settle();
      return undefined;
    }
    return untrack(() => run(fetchData));
  };
  $effect(() => start(asked));

  return {
    get data() {
      return data;
    },
    get failure() {
      return failure;
    },
    get pending() {
      return pending;
    },
    get slow() {
      return slow;
    },
    reload() {
      asked += 1;
    },
    cancel() {
      running?.abort();
      settle();
      failure = new ApiFailure({ code: 'CANCELLED', message: 'It was cancelled.', request_id: '' });
    },
  };
};
