/** Tells the operator of requests that failed through no fault of their sender: the first of each kind, then how many more. */
import type { RefusedError } from './refusal.ts';

export interface Fault {
  readonly message: string;
  readonly cause: unknown;
  /** Requests that failed alike since it was last told of. */
  readonly count: number;
}

const quietMs = 30_000;
const maxTold = 100;

/** @param now Unix milliseconds */
export const tellFaults = (onFault: (fault: Fault) => void, now: () => number): ((refused: RefusedError) => void) => {
  const told = new Map<string, { atMs: number; since: number }>();
  return ({ kind, message, cause }) => {
    if (kind !== 'unavailable' && kind !== 'internal') return;
    const name = `${kind} ${message}`;
    const last = told.get(name);
    if (last && now() - last.atMs < quietMs) {
      last.since++;
      return;
    }
    // messages can have numbers in them
    if (told.size >= maxTold) told.clear();
    told.set(name, { atMs: now(), since: 0 });
    onFault({ message, cause, count: 1 + (last?.since ?? 0) });
  };
};
