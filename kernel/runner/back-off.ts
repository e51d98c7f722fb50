/** Waits longer after each failure in a row: 100 ms doubling to 10 s, a quarter of it by chance. */

export interface BackOff {
  /** Resolves early when the signal aborts. */
  wait(): Promise<void>;
  reset(): void;
  readonly failures: number;
}

const firstDelayMs = 100;
const maxDelayMs = 10_000;

export const backOff = (signal: AbortSignal): BackOff => {
  let failures = 0;
  return {
    get failures() {
      return failures;
    },
    reset() {
      failures = 0;
    },
    wait() {
      const delayMs = Math.min(maxDelayMs, firstDelayMs * 2 ** failures++);
      return sleep(delayMs * (0.75 + Math.random() / 4), signal);
    },
  };
};

/** Resolves after `delayMs`, or when the signal aborts. */
export const sleep = (delayMs: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal.addEventListener('abort', done, { once: true });
  });
