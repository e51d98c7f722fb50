/**
 * Feeds log lines to those who follow them, straight from the log. Reads only while somebody follows, and spends a fifth
 * of a core at most: a burst is worked off a little later, and when that gets too late for a live view, lines are
 * skipped, and said to be.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../kernel/log/log.ts';
import type { Tenant } from '../../kernel/telemetry/client.ts';
import { logsTopic } from '../../kernel/topics.ts';
import { type LivePartition, type LivePartitionOptions, openLivePartition } from './partition.ts';
import type { LiveRow } from './rows.ts';
import { waitForAny } from './tails.ts';

export interface LogsFollower {
  readonly tenant: Tenant;
  offer(row: LiveRow): void;
  /** At most ten times a second. @param counts lines of all queries since the last time: offered, and passed over. */
  flush(counts: LineCounts): void;
}

export interface LineCounts {
  readonly shown: number;
  readonly skipped: number;
}

export interface Feed<Follower> {
  add(follower: Follower): Following;
  close(): void;
}

export interface Following {
  /** Resolves when all that is appended from now on will be seen. */
  readonly started: Promise<void>;
  stop(): void;
}

const tickMs = 100;
/** Time per tick that may go into reading and decoding. */
const workMs = 20;
const retryMs = 1_000;

/** @param report told about records that cannot be read, and about a log that does not answer. */
export const feedLogs = (
  log: Log,
  report: (error: unknown) => void,
  nowMs: () => number = Date.now,
): Feed<LogsFollower> => {
  const followers = new Set<LogsFollower>();
  let running: AbortController | undefined;
  let started = Promise.resolve();

  const run = async (signal: AbortSignal, onStarted: () => void): Promise<void> => {
    while (!signal.aborted) {
      try {
        const open = { log, followers, report, nowMs };
        const partitions = await openPartitions(open, 0, 'end');
        onStarted();
        while (!signal.aborted) {
          // What the topic has grown by nobody has read yet.
          partitions.push(...(await openPartitions(open, partitions.length, 'start')));
          await tick(partitions, followers, signal);
        }
      } catch (error) {
        if (signal.aborted) return;
        report(error);
        await sleep(retryMs, undefined, { signal }).catch(() => {});
      }
    }
  };
  const stopWhenAlone = (): void => {
    if (followers.size > 0) return;
    running?.abort();
    running = undefined;
  };

  return {
    add(follower) {
      followers.add(follower);
      if (running === undefined) {
        running = new AbortController();
        const { promise, resolve } = Promise.withResolvers<void>();
        started = promise;
        void run(running.signal, resolve);
      }
      return {
        started,
        stop() {
          followers.delete(follower);
          stopWhenAlone();
        },
      };
    },
    close() {
      followers.clear();
      stopWhenAlone();
    },
  };
};

const openPartitions = async (
  open: Omit<LivePartitionOptions, 'partition' | 'from'>,
  first: number,
  from: 'start' | 'end',
): Promise<LivePartition[]> => {
  const count = (await open.log.partitionsOf(logsTopic.name)) - first;
  const partitions = Array.from({ length: Math.max(0, count) }, (_, i) => first + i);
  return Promise.all(partitions.map((partition) => openLivePartition({ ...open, partition, from })));
};

const tick = async (
  partitions: readonly LivePartition[],
  followers: ReadonlySet<LogsFollower>,
  signal: AbortSignal,
): Promise<void> => {
  const startedMs = performance.now();
  let caughtUp = true;
  for (const [i, partition] of partitions.entries()) {
    const now = performance.now();
    // What one partition leaves of its share is the others'.
    const share = (startedMs + workMs - now) / (partitions.length - i);
    caughtUp = (await partition.work(now + share)) && caughtUp;
  }
  const counts = partitions.map((partition) => partition.takeCounts());
  const shown = counts.reduce((sum, count) => sum + count.shown, 0);
  const skipped = counts.reduce((sum, count) => sum + count.skipped, 0);
  for (const follower of followers) follower.flush({ shown, skipped });
  if (caughtUp && shown === 0) await waitForAny(partitions, signal);
  await sleep(Math.max(0, tickMs - (performance.now() - startedMs)), undefined, { signal }).catch(() => {});
};
