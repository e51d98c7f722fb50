import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Findings } from './decider.victim.ts';

const victim = join(import.meta.dirname, 'decider.victim.ts');
const start = (dataDir: string, mode: 'work' | 'finish'): ChildProcess =>
  spawn(process.execPath, [victim, dataDir, mode], { stdio: ['ignore', 'pipe', 'inherit'] });

/** Lets it work for a while from its first append on, and kills it. Resolves with the number of appends it told of. */
const workAndDie = async (dataDir: string, lifeMs: number): Promise<number> => {
  const child = start(dataDir, 'work');
  let appends = 0;
  const lines = createInterface({ input: child.stdout! }).on('line', () => appends++);
  await once(lines, 'line');
  await sleep(lifeMs);
  child.kill('SIGKILL');
  await once(lines, 'close');
  return appends;
};

const finish = async (dataDir: string): Promise<Findings> => {
  const child = start(dataDir, 'finish');
  let text = '';
  for await (const chunk of child.stdout!) text += chunk;
  return JSON.parse(text) as Findings;
};

const total = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);

test('killed again and again, a decider takes every event into account once and appends all that follows, in order', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'syntra-crash-'));
  try {
    let appends = 0;
    for (let round = 0; round < 5; round++) appends += await workAndDie(dataDir, Math.random() * 300);
    const { sums, events, appended } = await finish(dataDir);
    expect(total(events)).toBeGreaterThanOrEqual(appends);
    expect(sums).toEqual(events);
    const expected = Object.entries(events).map(([key, n]) => [key, Array.from({ length: n }, (_, i) => i + 1)]);
    expect(appended).toEqual(Object.fromEntries(expected));
  } finally {
    await rm(dataDir, { recursive: true });
  }
});
