/** How far processors are behind, asked of the log in bounded time: while it is away, that is what cannot be known. */
import type { Log, PartitionLag } from '../log/log.ts';
import { settledWithin } from '../settled-within.ts';

/** A processor, by the name of its consumer group, and what it reads. */
export interface ReadingGroup {
  readonly name: string;
  readonly topics: readonly string[];
}

/** Per processor; those that the log does not tell of are missing. Never rejects. */
export type ReadLags = () => Promise<ReadonlyMap<string, readonly PartitionLag[]>>;

/** Whoever asks while an answer is under way gets the same one. */
export const lagReader = (
  log: Pick<Log, 'lagOf'>,
  groups: () => readonly ReadingGroup[],
  withinMs = 2_000,
): ReadLags => {
  const read: ReadLags = async () => {
    const known = new Map<string, readonly PartitionLag[]>();
    const asked = groups().map(async ({ name, topics }) => {
      known.set(name, await log.lagOf(name, topics));
    });
    await settledWithin(Promise.allSettled(asked), withinMs);
    // A copy: what comes too late must not change an answer that was given.
    return new Map(known);
  };
  let reading: ReturnType<ReadLags> | undefined;
  return () => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
};
