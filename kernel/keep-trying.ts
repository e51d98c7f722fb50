/** Asks again until an answer comes: things that are started together are not ready together. */
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from './operator-error.ts';
import { reasonOf } from './reason-of.ts';

export interface KeepTryingOptions {
  readonly forMs: number;
  /** The sentence for whoever waits in vain; `reason` is what the last attempt said. */
  readonly giveUp: (reason: string) => string;
}

/**
 * An `OperatorError` of an attempt is final: waiting does not put it right.
 * @throws OperatorError that one, or with the sentence of `giveUp` once `forMs` have passed.
 */
export const keepTrying = async <Result>(
  attempt: () => Promise<Result>,
  { forMs, giveUp }: KeepTryingOptions,
): Promise<Result> => {
  const startedMs = performance.now();
  for (let delayMs = 100; ; delayMs = Math.min(delayMs * 2, 2_000)) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof OperatorError) throw error;
      const leftMs = forMs - (performance.now() - startedMs);
      if (leftMs <= 0) throw new OperatorError(giveUp(reasonOf(error)), { cause: error });
      await sleep(Math.min(delayMs, leftMs));
    }
  }
};
