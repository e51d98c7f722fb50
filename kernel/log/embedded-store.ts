/**
 * The SQLite file behind the embedded log: one table per topic, one row per record. Everything here is synchronous
 * and runs in a thread of its own (`embedded-thread.ts`), because every commit waits for the disk.
 */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { reached } from '../steps.ts';
import type { TopicDefinition } from '../topics.ts';
import { openLogFile } from './embedded-file.ts';
import { openTable, type Table } from './embedded-table.ts';
import type { CommittedOffset, Extent, LogRecord, NewRecord, ReadLimits } from './log.ts';

export interface Store {
  /** Names this file for ever: one that takes its place, with offsets from the start, has another. */
  readonly id: string;
  /** Appends all of the groups in one durable commit; answers the first offset of each. */
  append(groups: readonly AppendGroup[]): number[];
  read(topic: string, offset: number, limits: ReadLimits): LogRecord[];
  /** Offset of the oldest kept record, and the one the next append will get. */
  extent(topic: string): Extent;
  /** Offset of the oldest kept record appended at or after `timeMs`; the end when there is none. */
  offsetAt(topic: string, timeMs: number): number;
  committed(group: string, topic: string): CommittedOffset | undefined;
  commit(group: string, topic: string, offset: number, metadata: string): void;
  /**
   * Deletes some of what may go: as much as takes a moment, so that appends never wait long. Answers whether there is more.
   */
  retain(retain: Retain): boolean;
  /** True when the topic holds as much as it may. */
  isFull(topic: string): boolean;
  close(): void;
}

export interface AppendGroup {
  readonly topic: string;
  readonly records: readonly NewRecord[];
}

export interface Retain {
  readonly nowMs: number;
  /** By topic that somebody reads: from this offset on it has still to be read, and stays. */
  readonly keepFrom: Readonly<Record<string, number>>;
  /** What everybody has read goes at once, and its room is given back to the disk. */
  readonly diskIsLow: boolean;
}

/** How long a step of `retain` may take, commit not counted. */
const stepMs = 20;

/** One topic may hold this share of the disk, however much it may hold elsewhere. */
const diskShare = 0.1;

export const openStore = (path: string, topics: readonly TopicDefinition[]): Store => {
  const db = openLogFile(path);
  const { id } = db.prepare('SELECT id FROM identity').get() as { id: string };
  const { bsize, blocks } = statfsSync(dirname(path));
  // One commit for all tables: each would wait for the disk.
  db.exec('BEGIN');
  const tables = new Map(
    topics.map((topic) => [
      topic.name,
      openTable(db, topic, Math.min(topic.retentionBytes, bsize * blocks * diskShare)),
    ]),
  );
  db.exec('COMMIT');
  const table = (topic: string): Table => {
    const found = tables.get(topic);
    if (!found) throw new Error(`There is no topic ${topic}: declare it in kernel/topics.ts.`);
    return found;
  };
  const begin = db.prepare('BEGIN IMMEDIATE');
  const end = db.prepare('COMMIT');
  const undo = db.prepare('ROLLBACK');
  const inOneCommit = <Result>(work: () => Result): Result => {
    const marks = [...tables.values()].map((each) => each.mark());
    begin.run();
    try {
      const result = work();
      end.run();
      return result;
    } catch (error) {
      // A full disk has rolled back by itself.
      if (db.isTransaction) undo.run();
      for (const undoCount of marks) undoCount();
      throw error;
    }
  };
  const selectOffset = db.prepare('SELECT next_offset, metadata FROM offsets WHERE consumer_group = ? AND topic = ?');
  const upsertOffset = db.prepare('INSERT OR REPLACE INTO offsets VALUES (?, ?, ?, ?)');
  const selectFree = db.prepare('PRAGMA freelist_count');
  const freePages = (): number => (selectFree.get() as { freelist_count: number }).freelist_count;
  /** Answers whether there is more. */
  const giveBack = (): boolean => {
    const before = freePages();
    if (before === 0) return false;
    db.exec(`PRAGMA incremental_vacuum(${pagesPerStep})`);
    const left = freePages();
    // A file of an earlier version keeps its pages, for itself.
    if (left > 0) return left < before;
    // Only now does the file become smaller, and the write-ahead log with it.
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return false;
  };

  return {
    id,
    append(groups) {
      const offsets = inOneCommit(() => {
        const nowMs = Date.now();
        const first = groups.map(({ topic, records }) => table(topic).append(records, nowMs));
        reached('log: records written');
        return first;
      });
      reached('log: committed');
      return offsets;
    },
    read: (topic, offset, limits) => table(topic).read(offset, limits),
    extent: (topic) => table(topic).extent(),
    offsetAt: (topic, timeMs) => table(topic).offsetAt(timeMs),
    committed(group, topic) {
      const row = selectOffset.get(group, topic) as { next_offset: number; metadata: string } | undefined;
      return row && { offset: row.next_offset, metadata: row.metadata };
    },
    commit(group, topic, offset, metadata) {
      upsertOffset.run(group, topic, offset, metadata);
    },
    retain({ nowMs, keepFrom, diskIsLow }) {
      const deadlineMs = performance.now() + stepMs;
      const more = inOneCommit(() =>
        // Every topic has its turn, also after one that could go on for long.
        [...tables]
          .map(([topic, each]) => each.forget({ nowMs, keepFrom: keepFrom[topic], diskIsLow }, deadlineMs))
          .some(Boolean),
      );
      return more || (diskIsLow && giveBack());
    },
    isFull: (topic) => table(topic).isFull(),
    close() {
      try {
        db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      } catch {
        // No room for it: the next start reads what was written ahead.
      }
      db.close();
    },
  };
};

/** 8 MiB, a few hundredths of a second. */
const pagesPerStep = 512;
