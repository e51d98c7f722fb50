/** How far a store is filled, in a file beside it, so that a build that was cut off goes on where it was. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../../kernel/durable-file.ts';
import type { Dataset } from './dataset.ts';

export interface Progress {
  readonly dataset: Dataset;
  /** Rows that are stored, by step. */
  readonly done: Readonly<Record<string, number>>;
}

const fileIn = (directory: string): string => join(directory, 'query-benchmark.json');

/** Undefined where nothing was built. */
export const readProgress = (directory: string): Progress | undefined => {
  try {
    return JSON.parse(readFileSync(fileIn(directory), 'utf8')) as Progress;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

export const writeProgress = (directory: string, progress: Progress): Promise<void> =>
  writeDurably(fileIn(directory), JSON.stringify(progress));
