/** One topic of the embedded log: a table of records, and what retention or compaction takes out of it again. */
import type { DatabaseSync } from 'node:sqlite';
import type { TopicDefinition } from '../topics.ts';
import type { Extent, LogRecord, NewRecord, ReadLimits } from './log.ts';

export interface Table {
  append(records: readonly NewRecord[], nowMs: number): number;
  read(offset: number, limits: ReadLimits): LogRecord[];
  extent(): Extent;
  offsetAt(timeMs: number): number;
  /** Deletes a small share of what may go; answers whether there may be more. Small, so that appends never wait long. */
  deleteSome(limits: DeleteLimits): boolean;
  isFull(): boolean;
  /** Returns what to call after a rollback: what was counted since did not happen. */
  mark(): () => void;
}

export interface DeleteLimits {
  readonly nowMs: number;
  /** Records from this offset on have still to be read by somebody. */
  readonly keepFrom: number;
}

const deleteChunk = 256;

export const openTable = (db: DatabaseSync, topic: TopicDefinition): Table => {
  const name = `"topic ${topic.name}"`;
  // AUTOINCREMENT: an offset is never given twice, even when the newest rows were deleted.
  db.exec(`CREATE TABLE IF NOT EXISTS ${name} (
    offset INTEGER PRIMARY KEY AUTOINCREMENT, appended_at_ms INTEGER NOT NULL,
    key TEXT NOT NULL, headers TEXT NOT NULL, value BLOB NOT NULL)`);
  const insert = db.prepare(`INSERT INTO ${name} (appended_at_ms, key, headers, value) VALUES (?, ?, ?, ?)`);
  const select = db.prepare(
    `SELECT offset, appended_at_ms, key, headers, value FROM ${name} WHERE offset >= ? ORDER BY offset LIMIT ?`,
  );
  // No index: asked for by a person who replays, once.
  const selectAt = db.prepare(`SELECT offset FROM ${name} WHERE appended_at_ms >= ? ORDER BY offset LIMIT 1`);
  const selectStart = db.prepare(`SELECT min(offset) AS offset FROM ${name}`);
  const selectLast = db.prepare('SELECT seq AS offset FROM sqlite_sequence WHERE name = ?');
  const selectBytes = db.prepare(`SELECT coalesce(sum(length(value)), 0) AS bytes FROM ${name}`);
  let storedBytes = (selectBytes.get() as { bytes: number }).bytes;
  const forget = topic.cleanup === 'compact' ? compaction(db, name, topic) : expiry(db, name, topic);

  const extent = (): Extent => {
    const last = (selectLast.get(`topic ${topic.name}`) as { offset: number } | undefined)?.offset ?? 0;
    const start = (selectStart.get() as { offset: number | null }).offset;
    return { startOffset: start ?? last + 1, endOffset: last + 1 };
  };

  return {
    append(records, nowMs) {
      let first = 0;
      for (const record of records) {
        const { lastInsertRowid } = insert.run(nowMs, record.key, JSON.stringify(record.headers), record.value);
        first ||= Number(lastInsertRowid);
        storedBytes += record.value.byteLength;
      }
      return first;
    },
    read(offset, { maxRecords, maxBytes }) {
      const records: LogRecord[] = [];
      let bytes = 0;
      for (const row of select.iterate(offset, maxRecords) as Iterable<Row>) {
        bytes += row.value.byteLength;
        if (records.length > 0 && bytes > maxBytes) break;
        records.push({
          offset: row.offset,
          timestampMs: row.appended_at_ms,
          key: row.key,
          headers: JSON.parse(row.headers) as Record<string, string>,
          value: row.value,
        });
      }
      return records;
    },
    extent,
    offsetAt: (timeMs) => (selectAt.get(timeMs) as { offset: number } | undefined)?.offset ?? extent().endOffset,
    deleteSome(limits) {
      const deleted = forget(limits, storedBytes);
      for (const { bytes } of deleted) storedBytes -= bytes;
      return deleted.length === deleteChunk;
    },
    isFull: () => storedBytes >= topic.retentionBytes,
    mark() {
      const before = storedBytes;
      return () => {
        storedBytes = before;
      };
    },
  };
};

interface Row {
  readonly offset: number;
  readonly appended_at_ms: number;
  readonly key: string;
  readonly headers: string;
  readonly value: Uint8Array;
}

type Forget = (limits: DeleteLimits, storedBytes: number) => { bytes: number }[];

/** Keeps the newest record of each key. */
const compaction = (db: DatabaseSync, name: string, topic: TopicDefinition): Forget => {
  db.exec(`CREATE INDEX IF NOT EXISTS "key of ${topic.name}" ON ${name} (key, offset)`);
  const remove = db.prepare(`DELETE FROM ${name} WHERE offset IN (
    SELECT older.offset FROM ${name} AS older
    WHERE EXISTS (SELECT 1 FROM ${name} AS newer WHERE newer.key = older.key AND newer.offset > older.offset)
    LIMIT ${deleteChunk}) RETURNING length(value) AS bytes`);
  return () => remove.all() as { bytes: number }[];
};

/** From the oldest on: what is too old, or anything while the topic holds more than it may. */
const expiry = (db: DatabaseSync, name: string, topic: TopicDefinition): Forget => {
  const remove = db.prepare(`DELETE FROM ${name} WHERE offset IN (
    SELECT offset FROM (SELECT offset, appended_at_ms FROM ${name} ORDER BY offset LIMIT ${deleteChunk})
    WHERE offset < ? AND (? OR appended_at_ms < ?)) RETURNING length(value) AS bytes`);
  return ({ nowMs, keepFrom }, storedBytes) => {
    const tooMuch = storedBytes >= topic.retentionBytes ? 1 : 0;
    return remove.all(keepFrom, tooMuch, nowMs - topic.retentionHours * 3_600_000) as { bytes: number }[];
  };
};
