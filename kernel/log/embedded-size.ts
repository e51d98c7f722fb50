/**
 * How many bytes a topic of the embedded log holds. Known at once after a start: the sum is saved with every deletion
 * and now and then besides, together with the offset up to which it counts; only what came after that is summed again.
 */
import type { DatabaseSync } from 'node:sqlite';
import { tableOf } from './embedded-file.ts';

export interface Size {
  readonly bytes: number;
  add(bytes: number): void;
  /** To be called in the commit that deletes, and may be in any: saves the sum of all records before `endOffset`. */
  save(endOffset: number): void;
  /** True when so much was added that summing it again would delay a start. */
  readonly saveIsDue: boolean;
  /** Returns what to call after a rollback: what was counted since did not happen. */
  mark(): () => void;
}

const recordsPerSave = 10_000;

export const openSize = (db: DatabaseSync, topic: string): Size => {
  const select = db.prepare('SELECT bytes, end_offset FROM sizes WHERE topic = ?');
  const saved = select.get(topic) as { bytes: number; end_offset: number } | undefined;
  const sum = db.prepare(
    `SELECT coalesce(sum(length(value)), 0) AS bytes, count(*) AS records FROM ${tableOf(topic)} WHERE offset >= ?`,
  );
  const since = sum.get(saved?.end_offset ?? 0) as { bytes: number; records: number };
  const upsert = db.prepare('INSERT OR REPLACE INTO sizes VALUES (?, ?, ?)');
  let bytes = (saved?.bytes ?? 0) + since.bytes;
  let unsaved = since.records;

  return {
    get bytes() {
      return bytes;
    },
    add(more) {
      bytes += more;
      unsaved++;
    },
    save(endOffset) {
      upsert.run(topic, bytes, endOffset);
      unsaved = 0;
    },
    get saveIsDue() {
      return unsaved >= recordsPerSave;
    },
    mark() {
      const before = { bytes, unsaved };
      return () => {
        ({ bytes, unsaved } = before);
      };
    },
  };
};
