/** Tests only: stops processes as they are, and lets them go on when asked to, or when the test itself has ended. */
import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/** @returns what lets them go on. */
export const pauseProcesses = (pids: readonly number[]): (() => void) => {
  for (const pid of pids) signal(pid, 'SIGSTOP');
  // A process that is stopped hears of nothing, not of our end either. A shell that waits on a pipe does.
  const watcher = spawn(
    '/bin/sh',
    ['-c', 'read -r word; [ "$word" = gone ] || kill -CONT "$@"', 'sh', ...pids.map(String)],
    {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    },
  );
  const pipe = watcher.stdin as Writable;
  pipe.on('error', () => {});
  watcher.unref();
  return () => {
    for (const pid of pids) signal(pid, 'SIGCONT');
    pipe.end('gone\n');
  };
};

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};
