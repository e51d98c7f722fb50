/**
 * The SQLite file behind the embedded log: one table per topic, one row per record. Everything here is synchronous
 * and runs in a thread of its own (`embedded-thread.ts`), because every commit waits for the disk.
 */
import { DatabaseSync } from 'node:sqlite';
import type { TopicDefinition } from '../topics.ts';
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
   * Deletes some of what is too old or too much, but nothing from `keepFrom[topic]` on: somebody has still to read that.
   * Answers whether there is more to delete.
   */
  retain(nowMs: number, keepFrom: Readonly<Record<string, number>>): boolean;
  /** True when the topic holds as much as it may. */
  isFull(topic: string): boolean;
  close(): void;
}

export interface AppendGroup {
  readonly topic: string;
  readonly records: readonly NewRecord[];
}

/** The file was written by a newer program; nothing was touched. */
export class NewerLogError extends Error {
  override readonly name = 'NewerLogError';
}

const schemaVersion = 1;

export const openStore = (path: string, topics: readonly TopicDefinition[]): Store => {
  const db = new DatabaseSync(path);
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > schemaVersion) {
    db.close();
    throw new NewerLogError(
      `it is at version ${version}, this program knows ${schemaVersion}: start a newer Syntra, or choose another directory with SYNTRA_DATA_DIR.`,
    );
  }
  db.exec(`
    PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA page_size = 16384;
    PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4096; PRAGMA journal_size_limit = 268435456;
    PRAGMA user_version = ${schemaVersion};
    CREATE TABLE IF NOT EXISTS offsets (
      consumer_group TEXT, topic TEXT, next_offset INTEGER NOT NULL, metadata TEXT NOT NULL,
      PRIMARY KEY (consumer_group, topic)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS identity (id TEXT NOT NULL);
    INSERT INTO identity SELECT lower(hex(randomblob(8))) WHERE NOT EXISTS (SELECT 1 FROM identity);`);
  const { id } = db.prepare('SELECT id FROM identity').get() as { id: string };
  const tables = new Map(topics.map((topic) => [topic.name, openTable(db, topic)]));
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

  return {
    id,
    append: (groups) =>
      inOneCommit(() => {
        const nowMs = Date.now();
        return groups.map(({ topic, records }) => table(topic).append(records, nowMs));
      }),
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
    retain: (nowMs, keepFrom) =>
      [...tables]
        .map(([topic, each]) => {
          const limits = { nowMs, keepFrom: keepFrom[topic] ?? Number.MAX_SAFE_INTEGER };
          return inOneCommit(() => each.deleteSome(limits));
        })
        .some(Boolean),
    isFull: (topic) => table(topic).isFull(),
    close() {
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      db.close();
    },
  };
};
