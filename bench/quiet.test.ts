/** Work that goes on is waited for, and never cut off without a word. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { treeCpuSeconds } from './process-tree.ts';
import { noteOf, untilQuiet } from './quiet.ts';

const wanted = { calmSeconds: 0.5, limitSeconds: 3 };

/** A process that runs the code and says when it does. */
const start = async (code: string): Promise<number> => {
  const child = spawn(process.execPath, ['-e', `${code};console.log()`], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill());
  await once(child.stdout, 'data');
  return child.pid!;
};

test('a process that takes a fifth of a core is no quiet one, and whoever counts its CPU is told', async () => {
  // Of CPU, not of time: what else the machine does must not make it a quiet one.
  const burn = 'const before = process.cpuUsage(); while (process.cpuUsage(before).user < 20_000);';
  const pid = await start(`setInterval(() => { ${burn} }, 100)`);
  const quiet = await untilQuiet({ readCpuSeconds: () => treeCpuSeconds(pid), countMerges: () => 0 }, wanted);
  expect(quiet).toMatchObject({ isQuiet: false });
  expect(noteOf(quiet)).toMatch(/^without what was still at work \d+ s later$/);
});

test('a process that waits is quiet once it has done so for a while', async () => {
  const pid = await start('setInterval(() => {}, 1000)');
  const quiet = await untilQuiet(
    { readCpuSeconds: () => treeCpuSeconds(pid), countMerges: () => 0 },
    { calmSeconds: 0.5, limitSeconds: 60 },
  );
  expect(quiet).toMatchObject({ isQuiet: true });
  expect(quiet.waitedSeconds).toBeGreaterThanOrEqual(0.5);
  expect(noteOf(quiet)).toBeUndefined();
});

test('a merge that waits for the disk, and the pause between two, are waited for', async () => {
  const merges = [0, 1, 0, 1, 0, 1];
  const quiet = await untilQuiet(
    { readCpuSeconds: () => 0, countMerges: () => merges.shift() ?? 0 },
    { calmSeconds: 0.5, limitSeconds: 60 },
  );
  expect(quiet).toMatchObject({ isQuiet: true });
  expect(merges).toHaveLength(0);
});
