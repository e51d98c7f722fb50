/** Adds a measurement to results.jsonl, with the commit and the machine it is true of. */
import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';

const file = join(import.meta.dirname, 'results.jsonl');

export const recordResult = (name: string, value: number, unit: string): void => {
  const line = {
    at: new Date().toISOString(),
    commit: execFileSync('git', ['describe', '--always', '--dirty', '--exclude=*'], { encoding: 'utf8' }).trim(),
    machine: {
      cpus: availableParallelism(),
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      node: process.version,
    },
    name,
    value,
    unit,
  };
  appendFileSync(file, `${JSON.stringify(line)}\n`);
};
