/** The ends of all partitions of a topic. */
import type { Log, PartitionTail } from '../../kernel/log/log.ts';

export const openTails = async (log: Log, topic: string): Promise<PartitionTail[]> => {
  const partitions = Array.from({ length: await log.partitionsOf(topic) }, (_, partition) => partition);
  return Promise.all(partitions.map((partition) => log.tail(topic, partition, 'end')));
};

const waitMs = 10_000;

/** Resolves when one of them has more, after ten seconds, or when the signal aborts. */
export const waitForAny = async (tails: readonly Pick<PartitionTail, 'wait'>[], signal: AbortSignal): Promise<void> => {
  const done = new AbortController();
  const either = AbortSignal.any([signal, done.signal]);
  try {
    await Promise.race(tails.map((tail) => tail.wait(waitMs, either)));
  } finally {
    done.abort();
  }
};
