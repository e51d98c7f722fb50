/**
 * A log whose members can be made to stand still: they leave their groups after the batch in hand, and join them again.
 * Those who read see a partition taken away and given back, as when a group rebalances.
 */
import type { Log, PartitionReader } from '../log/log.ts';

export interface PausableLog {
  /** For those who are to stand still; all others use the log itself. */
  readonly log: Log;
  /**
   * Resolves when nobody has a batch in hand any more; nobody begins one until the returned function is called.
   * @throws Error when a batch takes longer than `patienceMs`; then all go on.
   */
  pause(patienceMs: number): Promise<() => Promise<void>>;
  /** By topic that somebody reads: the offset from which on somebody has still to read it. Of one partition, as embedded logs have. */
  unreadFrom(): Promise<Record<string, number>>;
}

interface Member {
  readonly group: string;
  readonly topics: readonly string[];
  readonly join: () => Promise<() => Promise<void>>;
  leave: () => Promise<void>;
}

export const pausable = (log: Log): PausableLog => {
  const members = new Set<Member>();
  /** Settled while nobody pauses. */
  let paused: Promise<void> = Promise.resolve();

  const join = async (
    group: string,
    topics: readonly string[],
    hold: (partition: PartitionReader) => Promise<void>,
  ): Promise<() => Promise<void>> => {
    await paused;
    const joinNow = () => log.join(group, topics, hold);
    const member: Member = { group, topics, join: joinNow, leave: await joinNow() };
    members.add(member);
    return async () => {
      members.delete(member);
      await member.leave();
    };
  };

  return {
    log: { ...log, join },
    async pause(patienceMs) {
      const { promise, resolve } = Promise.withResolvers<void>();
      await paused;
      paused = promise;
      const left = Promise.all([...members].map((member) => member.leave()));
      const resume = async (): Promise<void> => {
        // Who is slow to leave joins again when it has left.
        await left;
        for (const member of members) member.leave = await member.join();
        resolve();
      };
      if (await isLate(left, patienceMs)) {
        void resume();
        throw new Error(`A batch took more than ${patienceMs / 1000} s.`);
      }
      return resume;
    },
    async unreadFrom() {
      const from: Record<string, number> = {};
      for (const { group, topics } of members) {
        for (const topic of topics) {
          const { offset } = await log.placeOf(group, topic, 0);
          from[topic] = Math.min(from[topic] ?? Number.MAX_SAFE_INTEGER, offset);
        }
      }
      return from;
    },
  };
};

const isLate = async (work: Promise<unknown>, patienceMs: number): Promise<boolean> => {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, patienceMs, true);
  try {
    return await Promise.race([work.then(() => false), late]);
  } finally {
    clearTimeout(timer);
  }
};
