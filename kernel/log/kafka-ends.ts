/**
 * Tells readers when there is more. All who wait at a broker share a few long polls, so that waiting costs next to
 * nothing and news comes at once. A poll that is under way asks for what it was begun with: whoever comes for something
 * else gets one of its own while there is a connection left for it, and otherwise waits a moment.
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
/** So long before the first poll at a broker ends the others do, so that all who wait share the next. */
const meetMs = 100;
/** More than this is fetched by whoever reads. */
const pollBytes = 256 * 1024;
const retryMs = 500;

export const createEnds = (cluster: KafkaCluster): PartitionEnds => {
  const ends = new Map<string, number>();
  const waiters = new Set<Waiter>();
  /** Of each poll under way, what it asks for, by partition. */
  const polls = new Set<ReadonlyMap<string, FetchFrom>>();
  const busy = new Set<string>();
  /** When the first poll under way at a broker ends. */
  const firstEndsAtMs = new Map<number, number>();
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
    const idle = [...waiters].filter((waiter) => !isAskedFor(waiter));
    for (const [leader, ofLeader] of Map.groupBy(idle, ({ place }) => cluster.leaderOf(place))) {
      if (leader === undefined) void during(ofLeader, recover);
      else startPoll(leader, ofLeader);
    }
  };

  /** Whoever comes back to wait where somebody waited before has not to ask again. */
  const isAskedFor = ({ place, offset }: Waiter): boolean => {
    const asked = [...polls].map((poll) => poll.get(keyOf(place))?.offset ?? Number.POSITIVE_INFINITY);
    return Math.min(...asked) <= offset;
  };

  const startPoll = (leader: number, ofLeader: readonly Waiter[]): void => {
    const slot = Array.from({ length: pollsPerBroker }, (_, i) => i).find((i) => !busy.has(`${leader} ${i}`));
    if (slot === undefined) return;
    const nowMs = performance.now();
    if (slot === 0) firstEndsAtMs.set(leader, nowMs + longPollMs);
    const leftMs = slot === 0 ? longPollMs : firstEndsAtMs.get(leader)! - meetMs - nowMs;
    const maxWaitMs = slot === pollsPerBroker - 1 ? Math.min(shortPollMs, leftMs) : leftMs;
    // The first ends in a moment, and takes them along.
    if (maxWaitMs <= 0) return;
    busy.add(`${leader} ${slot}`);
    void during(ofLeader, (from) => poll(leader, slot, Math.ceil(maxWaitMs), from)).finally(() => {
      busy.delete(`${leader} ${slot}`);
    });
  };

  const during = async (
    asking: readonly Waiter[],
    work: (from: ReadonlyMap<string, FetchFrom>) => Promise<void>,
  ): Promise<void> => {
    // A partition is asked for once, for whoever waits for the least: the others learn its end from the same answer.
    const byNeed = asking.toSorted((a, b) => b.offset - a.offset);
    const from = new Map(byNeed.map(({ place, offset }) => [keyOf(place), fetchFrom(place, offset)]));
    polls.add(from);
    await work(from);
    polls.delete(from);
    if (waiters.size > 0) schedule();
  };

  const poll = async (
    leader: number,
    slot: number,
    maxWaitMs: number,
    from: ReadonlyMap<string, FetchFrom>,
  ): Promise<void> => {
    try {
      const answer = await cluster.atBroker(leader, `wait ${slot}`, (connection) =>
        fetchOnce(connection, maxWaitMs, [...from.values()]),
      );
      const strays: string[] = [];
      let failed = false;
      for (const fetched of answer) {
        const key = keyOf(fetched);
        const asked = from.get(key);
        if (asked === undefined) continue;
        if (fetched.error === 'NONE') {
          if (fetched.records.byteLength > 0) first(key, asked.offset)?.receive(fetched);
          heardAt(key, fetched.endOffset);
        } else {
          failed = true;
          // An offset that the log no longer has, a topic that is gone: the reader finds out by reading.
          if (!isPassingName(fetched.error) || fetched.error === 'UNKNOWN_TOPIC_ID') strays.push(key);
        }
      }
      if (failed) await recover();
      dismiss(strays);
    } catch (error) {
      await recover();
      if (!isPassing(error)) dismiss([...from.keys()]);
    }
  };

  const first = (key: string, offset: number): Waiter | undefined =>
    [...waiters].find((waiter) => keyOf(waiter.place) === key && waiter.offset === offset);

  const dismiss = (keys: readonly string[]): void => {
    for (const waiter of waiters) if (keys.includes(keyOf(waiter.place))) waiter.done();
  };

  const recover = async (): Promise<void> => {
    await delay(retryMs, undefined, { ref: false });
    await cluster.refresh().catch(() => {});
  };

  const heardAt = (key: string, endOffset: number): void => {
    ends.set(key, endOffset);
    for (const waiter of waiters) if (keyOf(waiter.place) === key && waiter.offset < endOffset) waiter.done();
  };

  return {
    endOf: (place) => ends.get(keyOf(place)),
    heard: (place, endOffset) => heardAt(keyOf(place), endOffset),
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

const keyOf = ({ topicId, partition }: Pick<KafkaPlace, 'topicId' | 'partition'>): string => `${topicId}/${partition}`;
