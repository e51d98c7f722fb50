/** Adds a measurement to results.jsonl, with the commit and the machine it is true of. */
import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';

const file = join(import.meta.dirname, 'results.jsonl');

export const recordResult = (name: string, value: number, unit: string): void => {
  const line = {
    at: new Date().toISOString(),
    commit: commit(),
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

/** The commit, marked when what is measured differs from it. */
const commit = (): string => {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
  const measured = ['kernel', 'ingest', 'processors', 'bench', 'main.ts', 'package-lock.json'].map(
    (path) => `:/${path}`,
  );
  const changed = git('status', '--porcelain', '--untracked-files=no', '--', ...measured, ':!/bench/results.jsonl');
  return git('rev-parse', '--short', 'HEAD') + (changed === '' ? '' : '-dirty');
};
