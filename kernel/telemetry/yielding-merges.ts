/**
 * Lets the threads that merge come after all others of the process: what comes in and what is asked for cannot wait,
 * merges can. When the machine is busy parts wait, and are then merged more at once, which is less work.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** For the engine that runs in this process, whose threads are there from its start. Does nothing where /proc is not Linux's. */
export const letMergesYield = (): void => {
  for (const thread of threadsOf()) {
    try {
      if (readFileSync(`${threads}/${thread}/comm`, 'utf8').trim() === 'MergeMutate') setPriority(thread, niceness);
    } catch {
      // It ended while we looked.
    }
  }
};

const threads = '/proc/self/task';

const threadsOf = (): number[] => {
  try {
    return readdirSync(threads).map(Number);
  } catch {
    return [];
  }
};

/** A tenth of the share of a thread that has none: merges go on, also on a machine that is never at rest. */
const niceness = 10;
