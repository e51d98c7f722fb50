import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Findings } from './decider.victim.ts';
import { victimOf } from './victim.ts';

const total = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);

test('killed again and again, two deciders in a row take every event into account once, and all that follows is appended in order', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'syntra-crash-'));
  try {
    const victim = victimOf<Findings>(join(import.meta.dirname, 'decider.victim.ts'), dataDir);
    let appends = 0;
    for (let round = 0; round < 5; round++) appends += await victim.workAndDie(Math.random() * 300);
    const { sums, counts, events, appended } = await victim.finish();
    expect(total(events)).toBeGreaterThanOrEqual(appends);
    expect(sums).toEqual(events);
    expect(counts).toEqual(events);
    const expected = Object.entries(events).map(([key, n]) => [key, Array.from({ length: n }, (_, i) => i + 1)]);
    expect(appended).toEqual(Object.fromEntries(expected));
  } finally {
    await rm(dataDir, { recursive: true });
  }
});
