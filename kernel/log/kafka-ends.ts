/**
 * Tells readers when there is more. All who wait at a broker share a few long polls, so that waiting costs next to
 * nothing and news comes at once. A poll that is under way cannot be joined: a newcomer gets one of its own while there
 * is a connection left for it, and otherwise waits a moment.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaCluster } from './kafka-cluster.ts';
import { isPassing, isPassingName } from './kafka-errors.ts';
import { type Fetched, type FetchFrom, fetchOnce } from './kafka-fetch.ts';
import type { KafkaPlace } from './kafka-metadata.ts';

export interface PartitionEnds {
  /** The end as last heard of. */
  endOf(place: KafkaPlace): number | undefined;
  heard(place: KafkaPlace, endOffset: number): void;
  /**
   * Resolves when the partition's end is beyond `offset`, after `timeoutMs`, or when a signal aborts. What the poll
   * brought is given to `receive`: records from `offset` on.
   */
  waitFor(
    place: KafkaPlace,
    offset: number,
    timeoutMs: number,
    signals: readonly AbortSignal[],
    receive: (fetched: Fetched) => void,
  ): Promise<void>;
  close(): void;
}

interface Waiter {
  readonly place: KafkaPlace;
  readonly offset: number;
  readonly receive: (fetched: Fetched) => void;
  readonly done: () => void;
}

const longPollMs = 5_000;
/** Of the last connection, so that nobody waits for long while the others are taken. */
const shortPollMs = 100;
const pollsPerBroker = 4;
/** More than this is fetched by whoever reads. */
const pollBytes = 256 * 1024;
const retryMs = 500;

export const createEnds = (cluster: KafkaCluster): PartitionEnds => {
  const ends = new Map<string, number>();
  const waiters = new Set<Waiter>();
  /** Those that a poll under way will answer. */
  const covered = new Set<Waiter>();
  const polling = new Set<string>();
  let closed = false;
  let scheduled = false;

  /** After those who are about to wait have said so. */
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      startPolls();
    });
  };

  const startPolls = (): void => {
    if (closed) return;
    const idle = [...waiters].filter((waiter) => !covered.has(waiter));
    for (const [leader, ofLeader] of Map.groupBy(idle, ({ place }) => cluster.leaderOf(place))) {
      if (leader === undefined) void pause(ofLeader);
      else startPoll(leader, ofLeader);
    }
  };

  const startPoll = (leader: number, ofLeader: readonly Waiter[]): void => {
    for (let slot = 0; slot < pollsPerBroker; slot++) {
      const name = `${leader} ${slot}`;
      if (polling.has(name)) continue;
      polling.add(name);
      for (const waiter of ofLeader) covered.add(waiter);
      void poll(leader, slot, ofLeader).finally(() => {
        polling.delete(name);
        for (const waiter of ofLeader) covered.delete(waiter);
        if (waiters.size > 0) schedule();
      });
      return;
    }
  };

  const poll = async (leader: number, slot: number, asking: readonly Waiter[]): Promise<void> => {
    const maxWaitMs = slot === pollsPerBroker - 1 ? shortPollMs : longPollMs;
    // A partition is asked for once, for whoever waits for the least: the others learn its end from the same answer.
    const byNeed = asking.toSorted((a, b) => b.offset - a.offset);
    const first = new Map(byNeed.map((waiter) => [keyOf(waiter.place), waiter]));
    const from = [...first.values()].map(({ place, offset }) => fetchFrom(place, offset));
    try {
      const answer = await cluster.atBroker(leader, `wait ${slot}`, (connection) =>
        fetchOnce(connection, maxWaitMs, from),
      );
      const strays: Waiter[] = [];
      let failed = false;
      for (const fetched of answer) {
        const waiter = first.get(`${fetched.topicId}/${fetched.partition}`);
        if (waiter === undefined) continue;
        if (fetched.error === 'NONE') {
          if (fetched.records.byteLength > 0 && waiters.has(waiter)) waiter.receive(fetched);
          heard(waiter.place, fetched.endOffset);
        } else {
          failed = true;
          // Such as an offset that the log no longer has: the reader finds out by reading.
          if (!isPassingName(fetched.error)) strays.push(waiter);
        }
      }
      if (failed) await recover();
      for (const waiter of strays) waiter.done();
    } catch (error) {
      await recover();
      if (!isPassing(error)) for (const waiter of asking) waiter.done();
    }
  };

  const pause = async (unled: readonly Waiter[]): Promise<void> => {
    for (const waiter of unled) covered.add(waiter);
    await recover();
    for (const waiter of unled) covered.delete(waiter);
    if (waiters.size > 0) schedule();
  };

  const recover = async (): Promise<void> => {
    await delay(retryMs, undefined, { ref: false });
    await cluster.refresh().catch(() => {});
  };

  const heard = (place: KafkaPlace, endOffset: number): void => {
    const key = keyOf(place);
    ends.set(key, endOffset);
    for (const waiter of waiters) if (keyOf(waiter.place) === key && waiter.offset < endOffset) waiter.done();
  };

  return {
    endOf: (place) => ends.get(keyOf(place)),
    heard,
    waitFor: (place, offset, timeoutMs, signals, receive) =>
      new Promise((resolve) => {
        if (closed || signals.some(({ aborted }) => aborted)) return resolve();
        if ((ends.get(keyOf(place)) ?? -1) > offset) return resolve();
        const done = (): void => {
          if (!waiters.delete(waiter)) return;
          clearTimeout(timer);
          for (const signal of signals) signal.removeEventListener('abort', done);
          resolve();
        };
        const waiter: Waiter = { place, offset, receive, done };
        const timer = setTimeout(done, timeoutMs);
        for (const signal of signals) signal.addEventListener('abort', done, { once: true });
        waiters.add(waiter);
        schedule();
      }),
    close() {
      closed = true;
      for (const waiter of waiters) waiter.done();
    },
  };
};

const fetchFrom = ({ topicId, partition }: KafkaPlace, offset: number): FetchFrom => ({
  topicId,
  partition,
  offset,
  maxBytes: pollBytes,
});

const keyOf = ({ topicId, partition }: KafkaPlace): string => `${topicId}/${partition}`;
