/** Adds a measurement to results.jsonl, with the commit and the machine it is true of. */
import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';

const file = join(import.meta.dirname, 'results.jsonl');

/** @param measured what the figure depends on, as paths from the root */
export const recordResult = (name: string, value: number, unit: string, measured = everything): void => {
  const line = {
    at: new Date().toISOString(),
    commit: commitOf(measured),
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

const everything = ['kernel', 'ingest', 'processors', 'bench', 'main.ts', 'syntra.ts', 'package-lock.json'];

/** The commit, marked when what is measured differs from it. */
const commitOf = (measured: readonly string[]): string => {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
  const paths = [...measured.map((path) => `:/${path}`), ':!/bench/results.jsonl'];
  const changed = git('status', '--porcelain', '--', ...paths);
  return git('rev-parse', '--short', 'HEAD') + (changed === '' ? '' : '-dirty');
};
