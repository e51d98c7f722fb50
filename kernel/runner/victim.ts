/** For tests of what a crash leaves behind: a script that works until it is killed, and another time finishes and tells. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Victim<Findings> {
  /** Lets it work for a while from its first append on, and kills it. Resolves with the number of appends it told of. */
  workAndDie(lifeMs: number): Promise<number>;
  /** What it prints as JSON once nothing is left to do. */
  finish(): Promise<Findings>;
}

/** @param script is given the directory and `work`, where it prints a line for each append, or `finish`. */
export const victimOf = <Findings>(script: string, directory: string): Victim<Findings> => {
  const start = (mode: 'work' | 'finish'): ChildProcess =>
    spawn(process.execPath, [script, directory, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  return {
    async workAndDie(lifeMs) {
      const child = start('work');
      let appends = 0;
      const lines = createInterface({ input: child.stdout! }).on('line', () => appends++);
      await once(lines, 'line');
      await sleep(lifeMs);
      child.kill('SIGKILL');
      await once(lines, 'close');
      return appends;
    },
    async finish() {
      const child = start('finish');
      let text = '';
      for await (const chunk of child.stdout!) text += chunk;
      return JSON.parse(text) as Findings;
    },
  };
};
