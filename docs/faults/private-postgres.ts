/** Does harm to the PostgreSQL that an embedded installation has for itself. Who started it starts it again. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from './until.ts';

export const privatePostgres = (dataDir: string) => {
  const postmaster = async (): Promise<number> => {
    const lockFile = await readFile(join(dataDir, 'state', 'data', 'postmaster.pid'), 'utf8');
    return Number(lockFile.split('\n', 1)[0]);
  };
  const signal = async (name: NodeJS.Signals): Promise<void> => {
    const first = await postmaster();
    process.kill(first, name);
    for (const pid of await childrenOf(first)) {
      try {
        process.kill(pid, name);
      } catch {
        // It ended meanwhile.
      }
    }
  };
  let killed = 0;
  return {
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    async kill() {
      killed = await postmaster();
      await signal('SIGKILL');
    },
    /** After a kill: waits until there is another. Else it is asked to end, and there will be. */
    async restart() {
      const before = killed || (await postmaster());
      if (killed === 0) process.kill(before, 'SIGINT');
      killed = 0;
      await until('PostgreSQL runs again', async () => (await postmaster()) !== before);
    },
  };
};

const childrenOf = async (parent: number): Promise<number[]> => {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']);
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.filter(([, ppid]) => ppid === parent).map(([pid]) => pid!);
};
