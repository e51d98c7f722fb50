/**
 * A copy of the embedded log as it is at one moment, made while it is being written to: a second connection, whose
 * transaction goes on seeing that moment. Synchronous; `embedded-copy-thread.ts` keeps it off the main thread.
 */
import { openLogFile } from './embedded-file.ts';

export interface LogCopy {
  /** Bytes of values that a copy would hold. */
  measure(keepFrom: KeepFrom): number;
  /** The moment. */
  begin(): void;
  /** Writes what there was at that moment. */
  write(keepFrom: KeepFrom): void;
  close(): void;
}

/** By topic: the first offset that is copied. Of topics that are not named everything is. */
export type KeepFrom = Readonly<Record<string, number>>;

/**
 * The file at `to` is made, with the id of the one at `from`: it is the same log, and the places and tokens that other
 * stores know it by stay true.
 */
export const openLogCopy = (from: string, to: string): LogCopy => {
  const db = openLogFile(to);
  // What is cut off is thrown away, so there is nothing to roll back to.
  db.exec('PRAGMA journal_mode = DELETE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF');
  db.prepare('ATTACH ? AS source').run(from);
  const tables = db.prepare(`SELECT name, sql FROM source.sqlite_schema WHERE type = 'table' AND name LIKE 'topic %'`);
  const topics = () =>
    (tables.all() as { name: string; sql: string }[]).map(({ name, sql }) => ({
      topic: name.slice('topic '.length),
      name,
      table: `"${name}"`,
      sql,
    }));

  return {
    measure(keepFrom) {
      let bytes = 0;
      for (const { topic, table } of topics()) {
        const sum = db.prepare(
          `SELECT coalesce(sum(length(value)), 0) AS bytes FROM source.${table} WHERE offset >= ?`,
        );
        bytes += (sum.get(keepFrom[topic] ?? 0) as { bytes: number }).bytes;
      }
      return bytes;
    },
    begin() {
      db.exec('BEGIN');
      // A transaction sees the moment of its first read.
      db.prepare('SELECT id FROM source.identity').get();
    },
    write(keepFrom) {
      db.exec(`
        DELETE FROM identity; INSERT INTO identity SELECT * FROM source.identity;
        INSERT INTO offsets SELECT * FROM source.offsets`);
      for (const { topic, name, table, sql } of topics()) {
        db.exec(sql);
        db.prepare(`INSERT INTO main.${table} SELECT * FROM source.${table} WHERE offset >= ?`).run(
          keepFrom[topic] ?? 0,
        );
        // Offsets go on where they were, also where no record is left.
        db.prepare('DELETE FROM main.sqlite_sequence WHERE name = ?').run(name);
        db.prepare('INSERT INTO main.sqlite_sequence SELECT * FROM source.sqlite_sequence WHERE name = ?').run(name);
      }
      db.exec('COMMIT');
    },
    close: () => db.close(),
  };
};
