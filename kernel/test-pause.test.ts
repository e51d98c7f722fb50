import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { pauseProcesses } from './test-pause.ts';

/** T when stopped. */
const stateOf = async (pid: number): Promise<string> =>
  (await promisify(execFile)('ps', ['-o', 'state=', '-p', String(pid)])).stdout.trim().slice(0, 1);

test('a paused process goes on when asked to, and when whoever paused it was killed', async () => {
  const victim = spawn('sleep', ['60']);
  try {
    const goOn = pauseProcesses([victim.pid!]);
    await expect.poll(() => stateOf(victim.pid!)).toBe('T');
    goOn();
    await expect.poll(() => stateOf(victim.pid!)).toBe('S');

    const script = `
      const { pauseProcesses } = await import(${JSON.stringify(join(import.meta.dirname, 'test-pause.ts'))});
      pauseProcesses([${victim.pid}]);
      console.log('paused');
      setInterval(() => {}, 1000);`;
    const tester = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(tester.stdout, 'data');
    await expect.poll(() => stateOf(victim.pid!)).toBe('T');
    tester.kill('SIGKILL');
    await expect.poll(() => stateOf(victim.pid!)).toBe('S');
  } finally {
    victim.kill('SIGKILL');
  }
});
