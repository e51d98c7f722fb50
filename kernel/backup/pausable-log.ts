/**
 * A log whose members can be made to stand still: they leave their groups after the batch in hand, and join them again.
 * Those who read see a partition taken away and given back, as when a group rebalances.
 */
import type { Log, PartitionReader } from '../log/log.ts';
import { settledWithin } from '../settled-within.ts';

export interface PausableLog {
  /** For those who are to stand still; all others use the log itself. */
  readonly log: Log;
  /**
   * Resolves when nobody has a batch in hand any more; nobody begins one until the returned function is called.
   * @throws Error when a batch takes longer than `patienceMs`, and what `signal` aborts with. Then all go on, whoever is
   * slow as soon as its batch is at its end.
   */
  pause(patienceMs: number, signal?: AbortSignal): Promise<() => Promise<void>>;
  /** By topic that somebody reads: the offset from which on somebody has still to read it. Of one partition, as embedded logs have. */
  unreadFrom(): Promise<Record<string, number>>;
}

interface Member {
  readonly group: string;
  readonly topics: readonly string[];
  readonly join: Join;
  stay: Stay;
}

/** Resolves, once joined, with what leaves again. */
type Join = () => Promise<() => Promise<void>>;

/** From joining a group to having left it. */
interface Stay {
  readonly joined: Promise<unknown>;
  /** Also for the second who asks, resolves when there is no batch in hand any more. */
  leave(): Promise<void>;
}

export const pausable = (log: Log): PausableLog => {
  const members = new Set<Member>();
  /** While somebody pauses. */
  let paused: Promise<void> | undefined;

  const join = async (
    group: string,
    topics: readonly string[],
    hold: (partition: PartitionReader) => Promise<void>,
  ): Promise<() => Promise<void>> => {
    while (paused) await paused;
    const joinNow: Join = () => log.join(group, topics, hold);
    const member: Member = { group, topics, join: joinNow, stay: stayOf(joinNow) };
    members.add(member);
    const forget = (): void => void members.delete(member);
    try {
      await member.stay.joined;
    } catch (error) {
      forget();
      throw error;
    }
    return () => {
      forget();
      return member.stay.leave();
    };
  };
  /** Each by itself, once it has left: one that is slow keeps no other from its work. */
  const comeBack = async (resting: readonly Member[]): Promise<void> => {
    for (const member of resting) {
      const { leave } = member.stay;
      member.stay = stayOf(async () => {
        await leave();
        return members.has(member) ? member.join() : async () => {};
      });
    }
    await Promise.all(resting.map(({ stay }) => stay.joined));
  };

  return {
    log: { ...log, join },
    async pause(patienceMs, signal) {
      while (paused) await paused;
      const { promise, resolve } = Promise.withResolvers<void>();
      paused = promise;
      const resting = [...members];
      const resume = (): Promise<void> => {
        const back = comeBack(resting);
        paused = undefined;
        resolve();
        return back;
      };
      const left = Promise.all(resting.map(({ stay }) => stay.leave()));
      const rested = await settledWithin(left, patienceMs, signal);
      if (rested?.status === 'fulfilled') return resume;
      // A log lets nobody join once it is closed, and then nobody has to.
      void resume().catch(() => {});
      signal?.throwIfAborted();
      throw rested?.reason ?? new Error(`A batch took more than ${patienceMs / 1000} s.`);
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

const stayOf = (join: Join): Stay => {
  const joined = join();
  let left: Promise<void> | undefined;
  return {
    joined,
    leave() {
      left ??= joined.then((leave) => leave());
      return left;
    },
  };
};
