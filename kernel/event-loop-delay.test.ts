import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { measureEventLoopDelay } from './event-loop-delay.ts';

test('tells for how long the loop stood still, without the time between two looks', async () => {
  const delay = measureEventLoopDelay();
  try {
    await sleep(150);
    const fromMs = performance.now();
    while (performance.now() - fromMs < 600);
    await sleep(150);
    // The look was due at some moment within the first 100 of these 600 ms.
    expect(delay.p99Ms()).toBeGreaterThan(450);
    expect(delay.p99Ms()).toBe(0);
  } finally {
    delay.close();
  }
});
