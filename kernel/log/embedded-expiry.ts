/** What goes out of a topic of the embedded log, and when: the oldest records first, or all but the newest of each key. */
import type { DatabaseSync } from 'node:sqlite';
import { deadLettersTopic, type TopicDefinition } from '../topics.ts';
import { tableOf } from './embedded-file.ts';

export interface Retention {
  readonly nowMs: number;
  /** Records from this offset on have still to be read by somebody; undefined when nobody reads the topic as a group. */
  readonly keepFrom: number | undefined;
  /** The disk is nearly full: what everybody has read goes, however young. */
  readonly diskIsLow: boolean;
}

/** Deletes until nothing more may go or until `deadlineMs` of performance.now(). */
export type Forget = (retention: Retention, storedBytes: number, deadlineMs: number) => Forgotten;

export interface Forgotten {
  readonly bytes: number;
  /** There is more to delete. */
  readonly more: boolean;
}

export interface StoredSize {
  readonly offset: number;
  readonly appended_at_ms: number;
  readonly bytes: number;
}

/** Records looked at together: few enough to stop in time, enough to be quick. */
const chunk = 128;

/** From the oldest on: what is too old, and anything while the topic holds more than it may. */
export const expiry = (db: DatabaseSync, topic: TopicDefinition, limitBytes: number): Forget => {
  const table = tableOf(topic.name);
  const oldest = db.prepare(
    `SELECT offset, appended_at_ms, length(value) AS bytes FROM ${table} ORDER BY offset LIMIT ${chunk}`,
  );
  const removeTo = db.prepare(`DELETE FROM ${table} WHERE offset <= ?`);
  let shrinking = false;

  return (retention, storedBytes, deadlineMs) => {
    const target = limitBytes - Math.floor(limitBytes / slackShare);
    let freed = 0;
    while (performance.now() < deadlineMs) {
      const stored = storedBytes - freed;
      shrinking = stored >= limitBytes || (shrinking && stored > target);
      const records = oldest.all() as unknown as StoredSize[];
      const gone = howMany(records, topic, retention, shrinking ? stored - target : 0);
      if (gone === 0) return { bytes: freed, more: false };
      removeTo.run(records[gone - 1]!.offset);
      for (const { bytes } of records.slice(0, gone)) freed += bytes;
      if (gone < chunk) return { bytes: freed, more: false };
    }
    return { bytes: freed, more: true };
  };
};

/** A topic that is full gives up this share more than it must, so that not every append has to ask for room. */
const slackShare = 64;

/** How many of the oldest records may go. */
export const howMany = (
  records: readonly StoredSize[],
  topic: Pick<TopicDefinition, 'name' | 'retentionHours'>,
  { nowMs, keepFrom, diskIsLow }: Retention,
  excessBytes: number,
): number => {
  const oldestKeptMs = nowMs - topic.retentionHours * 3_600_000;
  // Dead letters wait for a person, and a processor that has read one has not dealt with it.
  const dropRead = diskIsLow && keepFrom !== undefined && topic.name !== deadLettersTopic.name;
  let freed = 0;
  let gone = 0;
  for (const { offset, appended_at_ms, bytes } of records) {
    if (offset >= (keepFrom ?? Number.POSITIVE_INFINITY)) break;
    if (!dropRead && freed >= excessBytes && appended_at_ms >= oldestKeptMs) break;
    freed += bytes;
    gone++;
  }
  return gone;
};

/** Keeps the newest record of each key. */
export const compaction = (db: DatabaseSync, topic: TopicDefinition): Forget => {
  const table = tableOf(topic.name);
  db.exec(`CREATE INDEX IF NOT EXISTS "key of ${topic.name}" ON ${table} (key, offset)`);
  const remove = db.prepare(`DELETE FROM ${table} WHERE offset IN (
    SELECT older.offset FROM ${table} AS older
    WHERE EXISTS (SELECT 1 FROM ${table} AS newer WHERE newer.key = older.key AND newer.offset > older.offset)
    LIMIT ${chunk}) RETURNING length(value) AS bytes`);
  return (_retention, _storedBytes, deadlineMs) => {
    let freed = 0;
    while (performance.now() < deadlineMs) {
      const removed = remove.all() as { bytes: number }[];
      for (const { bytes } of removed) freed += bytes;
      if (removed.length < chunk) return { bytes: freed, more: false };
    }
    return { bytes: freed, more: true };
  };
};
