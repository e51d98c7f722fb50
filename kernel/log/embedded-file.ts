/**
 * The SQLite file of the embedded log and how it is opened: large pages, because records are, and one write-ahead log
 * that is synced with every commit.
 */
import { DatabaseSync } from 'node:sqlite';

/** The file was written by a newer program; nothing was touched. */
export class NewerLogError extends Error {
  override readonly name = 'NewerLogError';
}

/** 2: sizes are kept in a table. */
const schemaVersion = 2;

/** Makes the file, or brings it to this version. @throws NewerLogError, or SQLite's error when it cannot be used */
export const openLogFile = (path: string): DatabaseSync => {
  const db = new DatabaseSync(path);
  try {
    const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
    if (version > schemaVersion) {
      throw new NewerLogError(
        `it is at version ${version}, this program knows ${schemaVersion}: start a newer Syntra, or choose another directory with SYNTRA_DATA_DIR.`,
      );
    }
    // Writes nothing without need: the disk may be full.
    if (version === 0) db.exec(ofNewFiles);
    db.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 1024; PRAGMA journal_size_limit = 67108864;`);
    if (version < schemaVersion) db.exec(schema);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
};

/**
 * Counts only before there is anything in the file. With 16 KiB appending takes half the CPU of 4 KiB; and pages that
 * are not needed any more can be given back to the disk.
 */
const ofNewFiles = 'PRAGMA page_size = 16384; PRAGMA auto_vacuum = INCREMENTAL;';

const schema = `
  BEGIN;
  CREATE TABLE IF NOT EXISTS offsets (
    consumer_group TEXT, topic TEXT, next_offset INTEGER NOT NULL, metadata TEXT NOT NULL,
    PRIMARY KEY (consumer_group, topic)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS sizes (topic TEXT PRIMARY KEY, bytes INTEGER NOT NULL, end_offset INTEGER NOT NULL)
    WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS identity (id TEXT NOT NULL);
  INSERT INTO identity SELECT lower(hex(randomblob(8))) WHERE NOT EXISTS (SELECT 1 FROM identity);
  PRAGMA user_version = ${schemaVersion};
  COMMIT`;

/** The name of a topic's table, quoted. Topics are our own, so no quote is ever in one. */
export const tableOf = (topic: string): string => `"${tableNameOf(topic)}"`;

export const tableNameOf = (topic: string): string => `topic ${topic}`;
