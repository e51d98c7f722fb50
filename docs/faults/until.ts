/** Waits for something to become true, and says what never did. */
import { setTimeout as sleep } from 'node:timers/promises';

/** A condition that throws is not true yet. @throws Error after `patienceMs` */
export const until = async (
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  patienceMs = 120_000,
): Promise<void> => {
  const deadlineMs = performance.now() + patienceMs;
  let last = '';
  for (;;) {
    try {
      if (await isTrue()) return;
    } catch (error) {
      last = (error as Error).message;
    }
    if (performance.now() > deadlineMs) throw new Error(`Not within ${patienceMs} ms: ${what}. ${last}`);
    await sleep(20);
  }
};
