/** A process of a peer. It ends with ours, however ours ends. */
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnGuarded } from '../../kernel/log/test-kafka/guarded-process.ts';

export interface Child {
  readonly pid: number;
  /** What it printed, the last of it. */
  output(): string;
  stop(): Promise<void>;
}

/** Resolves when it has printed `ready`. @throws Error with what it printed when it ends before */
export const startChild = async (command: string, args: readonly string[], ready: string): Promise<Child> => {
  const { pid, ended, output, printed } = await spawnGuarded(command, args);
  let isRunning = true;
  void ended.then(() => {
    isRunning = false;
  });
  const stop = async (): Promise<void> => {
    if (!isRunning) return;
    process.kill(pid, 'SIGTERM');
    const giveUp = new AbortController();
    await Promise.race([ended, sleep(patienceMs, undefined, { signal: giveUp.signal })]);
    giveUp.abort();
    if (isRunning) process.kill(pid, 'SIGKILL');
    await ended;
  };
  const silent = setTimeout(() => process.kill(pid, 'SIGKILL'), startTimeoutMs);
  try {
    await printed(ready);
  } finally {
    clearTimeout(silent);
  }
  return { pid, output, stop };
};

const startTimeoutMs = 60_000;
const patienceMs = 10_000;
