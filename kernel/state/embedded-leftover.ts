/**
 * A server that a killed Syntra left running. Its watcher stops it within moments (`embedded-process.ts`), but the
 * next start may be quicker, or the watcher may have been killed as well.
 */

import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { EmbeddedPostgresError } from './embedded-error.ts';

/** On the server's command line, so that everybody can see who started it; PostgreSQL shows it in its process titles. */
export const clusterName = (starterPid: number): string => `started-by-${starterPid}`;

/**
 * Resolves when nothing runs on the data directory any more and nothing on disk says otherwise.
 * @throws EmbeddedPostgresError when the one who started the server is alive, or the server does not end.
 */
export const stopLeftover = async (dataDirectory: string): Promise<void> => {
  const lockFile = join(dataDirectory, 'postmaster.pid');
  const pid = Number((await readFile(lockFile, 'utf8').catch(() => '')).split('\n', 1)[0]);
  if (!(pid > 1)) return;
  const server = await serverOn(dataDirectory, pid);
  if (server) {
    if (server.commandLine.includes(`cluster_name=${clusterName(server.parentPid)} `)) {
      throw new EmbeddedPostgresError(
        `The PostgreSQL in ${dataDirectory} is in use by process ${server.parentPid}: stop that first.`,
      );
    }
    await end(dataDirectory, pid);
  }
  // PostgreSQL believes its lock file when any process has that number by now, or when nobody has reaped the dead one.
  await rm(lockFile, { force: true });
};

const end = async (dataDirectory: string, pid: number): Promise<void> => {
  // Fast shutdown, then immediate shutdown, which the next start recovers from.
  for (const [signal, patienceMs] of [
    ['SIGINT', 10_000],
    ['SIGQUIT', 5_000],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
      throw new EmbeddedPostgresError(`The PostgreSQL in ${dataDirectory} is run by another user as process ${pid}.`, {
        cause: error,
      });
    }
    const deadlineMs = performance.now() + patienceMs;
    while (performance.now() < deadlineMs) {
      if (!(await serverOn(dataDirectory, pid))) return;
      await sleep(10);
    }
  }
  throw new EmbeddedPostgresError(`The PostgreSQL in ${dataDirectory}, process ${pid}, does not stop.`);
};

interface RunningProcess {
  readonly parentPid: number;
  /** Joined by spaces. Empty for a process that ended but was not reaped. */
  readonly commandLine: string;
}

/** The process, if it is alive and a PostgreSQL on this data directory; a number can be anybody's after a while. */
const serverOn = async (dataDirectory: string, pid: number): Promise<RunningProcess | undefined> => {
  const found = await (process.platform === 'linux' ? fromProc(pid) : fromPs(pid));
  return found?.commandLine.includes(`-D ${dataDirectory} -c `) ? found : undefined;
};

const fromProc = async (pid: number): Promise<RunningProcess | undefined> => {
  try {
    const commandLine = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return { parentPid: Number(/^PPid:\s*(\d+)$/m.exec(status)?.[1]), commandLine };
  } catch {
    return undefined;
  }
};

const fromPs = async (pid: number): Promise<RunningProcess | undefined> => {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'ppid=,args=', '-p', String(pid)]);
    const [, parentPid, commandLine] = /^\s*(\d+)\s(.*)$/m.exec(stdout) ?? [];
    return parentPid === undefined ? undefined : { parentPid: Number(parentPid), commandLine: commandLine! };
  } catch {
    return undefined;
  }
};
