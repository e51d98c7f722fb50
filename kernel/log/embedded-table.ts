/** One topic of the embedded log: a table of records. */
import type { DatabaseSync } from 'node:sqlite';
import type { TopicDefinition } from '../topics.ts';
import { compaction, expiry, type Retention } from './embedded-expiry.ts';
import { tableNameOf, tableOf } from './embedded-file.ts';
import { openSize } from './embedded-size.ts';
import type { Extent, LogRecord, NewRecord, ReadLimits } from './log.ts';

export interface Table {
  append(records: readonly NewRecord[], nowMs: number): number;
  read(offset: number, limits: ReadLimits): LogRecord[];
  extent(): Extent;
  offsetAt(timeMs: number): number;
  /** Deletes what may go, until `deadlineMs` of performance.now(); answers whether there is more. */
  forget(retention: Retention, deadlineMs: number): boolean;
  isFull(): boolean;
  /** Returns what to call after a rollback: what was counted since did not happen. */
  mark(): () => void;
}

/** @param limitBytes what it may hold */
export const openTable = (db: DatabaseSync, topic: TopicDefinition, limitBytes: number): Table => {
  const name = tableOf(topic.name);
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
  const selectNewest = db.prepare(`SELECT appended_at_ms FROM ${name} ORDER BY offset DESC LIMIT 1`);
  const size = openSize(db, topic.name);
  const forget = topic.cleanup === 'compact' ? compaction(db, topic) : expiry(db, topic, limitBytes);
  let newestMs = (selectNewest.get() as { appended_at_ms: number } | undefined)?.appended_at_ms ?? 0;

  const extent = (): Extent => {
    const last = (selectLast.get(tableNameOf(topic.name)) as { offset: number } | undefined)?.offset ?? 0;
    const start = (selectStart.get() as { offset: number | null }).offset;
    return { startOffset: start ?? last + 1, endOffset: last + 1 };
  };

  return {
    append(records, nowMs) {
      // A clock that is set back must not make a later record the older one: places are found by time.
      newestMs = Math.max(newestMs, nowMs);
      let first = 0;
      let last = 0;
      for (const record of records) {
        const { lastInsertRowid } = insert.run(newestMs, record.key, JSON.stringify(record.headers), record.value);
        last = Number(lastInsertRowid);
        first ||= last;
        size.add(record.value.byteLength);
      }
      if (size.saveIsDue) size.save(last + 1);
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
    forget(retention, deadlineMs) {
      const { bytes, more } = forget(retention, size.bytes, deadlineMs);
      if (bytes > 0) {
        size.add(-bytes);
        size.save(extent().endOffset);
      }
      return more;
    },
    isFull: () => size.bytes >= limitBytes,
    mark: () => size.mark(),
  };
};

interface Row {
  readonly offset: number;
  readonly appended_at_ms: number;
  readonly key: string;
  readonly headers: string;
  readonly value: Uint8Array;
}
