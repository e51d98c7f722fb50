/**
 * A copy of the embedded log as it is at one moment, made while it is being written to: a second connection, whose
 * transaction goes on seeing that moment. Synchronous; `embedded-copy-thread.ts` keeps it off the main thread.
 */
import { openLogFile } from './embedded-file.ts';

export interface LogCopy {
  /** Adds up to the bytes of values that a copy would hold. In steps, as `write`. */
  measure(keepFrom: KeepFrom): Generator<number>;
  /** The moment. */
  begin(): void;
  /** Writes what there was at that moment, in steps that take an instant each: bytes of values. */
  write(keepFrom: KeepFrom): Generator<number>;
  close(): void;
}

/** By topic: the first offset that is copied. Of topics that are not named everything is. */
export type KeepFrom = Readonly<Record<string, number>>;

/** What one step takes: some ten milliseconds of work. A thread that is in a statement ends with it, not before. */
const stepBytes = 16 * 2 ** 20;
const stepRecords = 10_000;

interface Range {
  readonly first: number;
  readonly last: number;
  readonly bytes: number;
}

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

  /** One for each step. */
  function* rangesOf(table: string, from: number): Generator<Range> {
    const sizes = db.prepare(
      `SELECT offset, length(value) AS bytes FROM source.${table} WHERE offset >= ? ORDER BY offset LIMIT ${stepRecords}`,
    );
    for (let first = from; ; ) {
      let last = -1;
      let bytes = 0;
      for (const row of sizes.iterate(first) as Iterable<{ offset: number; bytes: number }>) {
        last = row.offset;
        bytes += row.bytes;
        if (bytes >= stepBytes) break;
      }
      if (last < 0) return;
      yield { first, last, bytes };
      first = last + 1;
    }
  }

  return {
    *measure(keepFrom) {
      for (const { topic, table } of topics()) {
        for (const { bytes } of rangesOf(table, keepFrom[topic] ?? 0)) yield bytes;
      }
    },
    begin() {
      db.exec('BEGIN');
      // A transaction sees the moment of its first read.
      db.prepare('SELECT id FROM source.identity').get();
    },
    *write(keepFrom) {
      db.exec(`
        DELETE FROM identity; INSERT INTO identity SELECT * FROM source.identity;
        INSERT INTO offsets SELECT * FROM source.offsets`);
      for (const { topic, name, table, sql } of topics()) {
        db.exec(sql);
        const copy = db.prepare(`INSERT INTO main.${table} SELECT * FROM source.${table} WHERE offset BETWEEN ? AND ?`);
        for (const { first, last, bytes } of rangesOf(table, keepFrom[topic] ?? 0)) {
          copy.run(first, last);
          yield bytes;
        }
        // Offsets go on where they were, also where no record is left.
        db.prepare('DELETE FROM main.sqlite_sequence WHERE name = ?').run(name);
        db.prepare('INSERT INTO main.sqlite_sequence SELECT * FROM source.sqlite_sequence WHERE name = ?').run(name);
      }
      db.exec('COMMIT');
    },
    close: () => db.close(),
  };
};
