/**
 * The log in one process: SQLite behind a thread, one partition per topic. An append is acknowledged after fsync.
 * Unlike Kafka it never deletes what a joined group has still to read: when that alone fills a topic, appends
 * are refused until its readers have caught up.
 */
import { join } from 'node:path';
import type { DiskSpace } from '../disk-space.ts';
import { topics as allTopics, type TopicDefinition } from '../topics.ts';
import { type LogThread, startLogThread } from './embedded-client.ts';
import { keepRoom } from './embedded-room.ts';
import {
  type CommittedOffset,
  type Extent,
  GroupInUseError,
  type Log,
  LogFullError,
  type NewRecord,
  type PartitionReader,
  type PartitionTail,
  type ResumePlace,
} from './log.ts';
import { placeWithin } from './place-within.ts';

export interface EmbeddedLogOptions {
  /** An existing directory; the log is `log.db` in it. */
  readonly directory: string;
  /** Default: every topic of the product. */
  readonly topics?: readonly TopicDefinition[];
  readonly retentionIntervalMs?: number;
  /** While it is low, what everybody has read goes at once. */
  readonly disk?: Pick<DiskSpace, 'isLow'>;
  /** Told in a sentence when nothing can be deleted, a disk that is full to the last byte say. */
  readonly report?: (sentence: string) => void;
  /** Told when the thread has ended by itself: from then on every call rejects, and only a new process helps. */
  readonly onDeath?: (error: Error) => void;
}

const maxQueuedBytes = 64 * 2 ** 20;
const maxMetadataBytes = 4096;

export const openEmbeddedLog = async ({
  directory,
  topics = allTopics,
  retentionIntervalMs = 30_000,
  disk = { isLow: () => false },
  report = () => {},
  onDeath = () => {},
}: EmbeddedLogOptions): Promise<Log> => {
  const thread = await startLogThread({ path: join(directory, 'log.db'), topics }, onDeath);
  const logId = await thread.ask<string>({ do: 'identify' });
  const ends = new Map<string, number>();
  const waiters = new Set<() => void>();
  const closing = new AbortController();
  /** Groups that have joined: what they have not read is kept. */
  const readers = new Map<string, Set<string>>();
  /** Members that hold a topic now, by group and topic. */
  const holding = new Map<string, number>();
  let queuedBytes = 0;

  for (const { name } of topics) ends.set(name, (await extentOf(thread, name)).endOffset);
  const endOf = (topic: string): number => {
    const end = ends.get(topic);
    if (end === undefined) throw new Error(`There is no topic ${topic}: declare it in kernel/topics.ts.`);
    return end;
  };

  const waitFor = (topic: string, offset: number, timeoutMs: number, signals: readonly AbortSignal[]): Promise<void> =>
    new Promise((resolve) => {
      if (endOf(topic) > offset || signals.some(({ aborted }) => aborted)) return resolve();
      const check = (): void => {
        if (endOf(topic) > offset) done();
      };
      const done = (): void => {
        clearTimeout(timer);
        waiters.delete(check);
        for (const signal of signals) signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      waiters.add(check);
      // Not AbortSignal.any: a signal that lives as long as the process remembers each one made of it.
      for (const signal of signals) signal.addEventListener('abort', done, { once: true });
    });

  /** By topic that somebody reads: the offset from which on somebody has still to read it. */
  const unreadFrom = async (): Promise<Record<string, number>> => {
    const from: Record<string, number> = {};
    for (const [group, groupTopics] of readers) {
      for (const topic of groupTopics) {
        const { offset } = await committedOf(thread, group, topic);
        from[topic] = Math.min(from[topic] ?? Number.MAX_SAFE_INTEGER, offset);
      }
    }
    return from;
  };
  const room = keepRoom({
    topics: topics.map(({ name }) => name),
    unreadFrom,
    isLow: disk.isLow,
    step: (retain) => thread.ask<boolean>({ do: 'retain', retain }),
    report,
    intervalMs: retentionIntervalMs,
  });

  const appendNow = (topic: string, records: readonly NewRecord[]): Promise<number> => {
    // A copy of exactly these bytes: the sender's may share memory with others, and must stay the sender's.
    const owned = records.map((record) => ({ ...record, value: new Uint8Array(record.value) }));
    const transfer = owned.map((record) => record.value.buffer);
    return thread.ask({ do: 'append', append: { topic, records: owned } }, transfer);
  };

  return {
    async append(topic, records) {
      endOf(topic);
      const bytes = sizeOf(records);
      if (queuedBytes + bytes > maxQueuedBytes && queuedBytes > 0) {
        throw new LogFullError('The log has more waiting to be written than it may hold in memory.');
      }
      queuedBytes += bytes;
      try {
        const first = await appendNow(topic, records).catch(async (error: unknown) => {
          if (!(error instanceof LogFullError)) throw error;
          // What has been read is kept only while there is room for it.
          await room.makeNow();
          return appendNow(topic, records);
        });
        ends.set(topic, Math.max(endOf(topic), first + records.length));
        for (const check of waiters) check();
      } finally {
        queuedBytes -= bytes;
      }
    },

    async join(group, names, hold) {
      const leaving = new AbortController();
      const signal = AbortSignal.any([leaving.signal, closing.signal]);
      const held = names.map((topic) => {
        endOf(topic);
        readers.set(group, (readers.get(group) ?? new Set()).add(topic));
        room.joined();
        return hold(partitionReader(thread, logId, group, topic, signal, waitFor));
      });
      const settled = Promise.allSettled(held);
      const count = (change: number): void => {
        for (const topic of names) holding.set(`${group} ${topic}`, (holding.get(`${group} ${topic}`) ?? 0) + change);
      };
      count(1);
      return async () => {
        if (leaving.signal.aborted) return;
        leaving.abort();
        await settled;
        count(-1);
      };
    },

    async tail(topic, _partition, from) {
      const { startOffset, endOffset } = await extentOf(thread, topic);
      let position = from === 'start' ? startOffset : from === 'end' ? endOffset : from;
      const tail: PartitionTail = {
        get position() {
          return position;
        },
        async next(limits) {
          const end = endOf(topic);
          const records = await thread.ask<Awaited<ReturnType<PartitionTail['next']>>>({
            do: 'read',
            topic,
            offset: position,
            limits,
          });
          const last = records.at(-1);
          // Where nothing is left before the end, it was deleted: there is nothing to come back for.
          position = last ? last.offset + 1 : Math.max(position, end);
          return records;
        },
        wait: (timeoutMs, signal) =>
          waitFor(topic, position, timeoutMs, signal ? [signal, closing.signal] : [closing.signal]),
      };
      return tail;
    },

    partitionsOf: async () => 1,
    logIdOf: async () => logId,
    firstOffset: 1,
    extentOf: (topic) => extentOf(thread, topic),
    offsetAt: (topic, _partition, timeMs) => thread.ask({ do: 'offset at', topic, timeMs }),

    lagOf: (group, names) =>
      Promise.all(
        names.map(async (topic) => {
          const { offset: committedOffset } = await committedOf(thread, group, topic);
          const endOffset = endOf(topic);
          return { topic, partition: 0, committedOffset, endOffset, lag: Math.max(0, endOffset - committedOffset) };
        }),
      ),

    async placeOf(group, topic) {
      endOf(topic);
      return committedOf(thread, group, topic);
    },

    async moveGroup(group, topic, places) {
      endOf(topic);
      if (holding.get(`${group} ${topic}`)) throw new GroupInUseError(`${group} is reading ${topic}: stop it first.`);
      for (const { offset, metadata } of places) await thread.ask({ do: 'commit', group, topic, offset, metadata });
    },

    retain: room.make,
    ping: () => thread.ask({ do: 'ping' }),

    async close() {
      room.close();
      closing.abort();
      await thread.close();
    },
  };
};

const partitionReader = (
  thread: LogThread,
  logId: string,
  group: string,
  topic: string,
  signal: AbortSignal,
  waitFor: (topic: string, offset: number, timeoutMs: number, signals: readonly AbortSignal[]) => Promise<void>,
): PartitionReader => ({
  logId,
  topic,
  partition: 0,
  signal,
  committed: () => committedOf(thread, group, topic),
  read: (offset, limits) => thread.ask({ do: 'read', topic, offset, limits }),
  waitFor: (offset, timeoutMs) => waitFor(topic, offset, timeoutMs, [signal]),
  async commit(offset, metadata) {
    if (Buffer.byteLength(metadata) > maxMetadataBytes) {
      throw new Error(`Commit metadata may have ${maxMetadataBytes} bytes at most.`);
    }
    await thread.ask({ do: 'commit', group, topic, offset, metadata });
  },
});

const extentOf = (thread: LogThread, topic: string): Promise<Extent> => thread.ask({ do: 'extent', topic });

const committedOf = async (thread: LogThread, group: string, topic: string): Promise<ResumePlace> => {
  const [found, extent] = await Promise.all([
    thread.ask<CommittedOffset | undefined>({ do: 'committed', group, topic }),
    extentOf(thread, topic),
  ]);
  return placeWithin(found, extent);
};

const sizeOf = (records: readonly NewRecord[]): number =>
  records.reduce((sum, record) => sum + record.value.byteLength + 256, 0);
