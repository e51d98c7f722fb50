/** Dead letters and what was decided about them: the state of `processors/file-dead-letters.ts`. */

import { extentOfLetters } from '../letter-on-log.ts';
import type { Log } from '../log/log.ts';
import type { StateStore } from '../processor.ts';
import { deadLettersTopic } from '../topics.ts';
import type { Queries } from './database.ts';
import { count, eq, inArray, sql } from './drizzle.ts';
import { deadLetters } from './tables.ts';

export interface FiledLetter {
  readonly id: string;
  readonly org: string;
  readonly project: string;
  readonly processor: string;
  readonly reason: string;
  /** Where it was read. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly setAsideAtMs: number;
  /** Of the value, as it is on the log. */
  readonly sizeBytes: number;
  /** Spans, log records or points in it; null where it is no telemetry. */
  readonly records: number | null;
  /** open: nobody has decided yet. retrying: being put back. retried: it was put back. discarded: somebody gave it up. */
  readonly status: 'open' | 'retrying' | 'retried' | 'discarded';
  readonly decidedAtMs: number | null;
  readonly retryOf: string | null;
  /** Its offset in `dead-letters`. */
  readonly letterOffset: number;
  readonly attempts: number;
  /** While retrying: what the attempt appended lies at or beyond these offsets of the topic's partitions. */
  readonly endOffsets: readonly number[] | null;
  /** Why the last attempt did not put it back. */
  readonly failure: string | null;
}

/**
 * By the letter's id; null for a letter that was never filed, or whose record a replay reads again. Rows that nobody
 * will ask for any more go when others come.
 * @param manyRows from how many on those go, too, whose bytes the log has dropped.
 */
export const filedLetters = (log: Pick<Log, 'extentOf'>, manyRows = 100_000): StateStore<FiledLetter | null> => ({
  async load(queries, ids) {
    const rows = await queries
      .select()
      .from(deadLetters)
      .where(inArray(deadLetters.letterId, [...ids]));
    return new Map(rows.map((row) => [row.letterId, asLetter(row)]));
  },

  async save(queries, changes) {
    const rows = changes.flatMap(({ after }) => (after === null ? [] : [asRow(after)]));
    if (rows.length > 0) {
      await queries
        .insert(deadLetters)
        .values(rows)
        .onConflictDoUpdate({ target: deadLetters.letterId, set: whatChanges });
    }
    const gone = changes.flatMap(({ key, after }) => (after === null ? [key] : []));
    if (gone.length > 0) await queries.delete(deadLetters).where(inArray(deadLetters.letterId, gone));
    await pruneOld(queries);
    await pruneLost(queries, log, manyRows);
  },

  async clear(queries) {
    await queries.delete(deadLetters);
  },
});

/** The rest of a letter stays as it was filed. */
const whatChanges = {
  status: sql`excluded.status`,
  decidedAt: sql`excluded.decided_at`,
  attempts: sql`excluded.attempts`,
  endOffsets: sql`excluded.end_offsets`,
  failure: sql`excluded.failure`,
};

/**
 * Takes away what is decided on and whose bytes the log has dropped, and all of a month ago; twice as many at a time as
 * a batch can add. By the database's own clock: a letter's time may be anything.
 */
const pruneOld = async (queries: Queries): Promise<void> => {
  const hours = sql`make_interval(hours => ${deadLettersTopic.retentionHours})`;
  await queries.execute(sql`
    delete from dead_letters where letter_id in (
      select letter_id from dead_letters
      where set_aside_at < now() - ${hours}
        and (status in ('retried', 'discarded') or set_aside_at < now() - interval '30 days')
      order by set_aside_at limit 1000)`);
};

/** Where there are many rows, takes away those that nobody can have put back any more. */
const pruneLost = async (queries: Queries, log: Pick<Log, 'extentOf'>, manyRows: number): Promise<void> => {
  const { rows } = await queries.execute<{ many: number }>(
    sql`select count(*)::int as many from (select from dead_letters limit ${manyRows + 1}) as enough`,
  );
  if (rows[0]!.many <= manyRows) return;
  const { startOffset } = await extentOfLetters(log);
  await queries.execute(sql`
    delete from dead_letters where letter_offset < ${startOffset} and letter_id in (
      select letter_id from dead_letters order by set_aside_at limit 1000)`);
};

/** Of every organisation and project: for those who operate the installation. */
export const countOpenLetters = async (queries: Queries): Promise<number> => {
  const rows = await queries.select({ letters: count() }).from(deadLetters).where(eq(deadLetters.status, 'open'));
  return rows[0]!.letters;
};

export const asLetter = (row: typeof deadLetters.$inferSelect): FiledLetter => ({
  id: row.letterId,
  org: row.orgId,
  project: row.projectId,
  processor: row.processor,
  reason: row.reason,
  topic: row.topic,
  partition: row.recordPartition,
  offset: row.recordOffset,
  setAsideAtMs: row.setAsideAt.getTime(),
  sizeBytes: row.sizeBytes,
  records: row.records,
  status: row.status,
  decidedAtMs: row.decidedAt?.getTime() ?? null,
  retryOf: row.retryOf,
  letterOffset: row.letterOffset,
  attempts: row.attempts,
  endOffsets: row.endOffsets,
  failure: row.failure,
});

const asRow = (letter: FiledLetter): typeof deadLetters.$inferInsert => ({
  letterId: letter.id,
  orgId: letter.org,
  projectId: letter.project,
  processor: letter.processor,
  reason: letter.reason,
  topic: letter.topic,
  recordPartition: letter.partition,
  recordOffset: letter.offset,
  setAsideAt: new Date(letter.setAsideAtMs),
  sizeBytes: letter.sizeBytes,
  records: letter.records,
  status: letter.status,
  decidedAt: letter.decidedAtMs === null ? null : new Date(letter.decidedAtMs),
  retryOf: letter.retryOf,
  letterOffset: letter.letterOffset,
  attempts: letter.attempts,
  endOffsets: letter.endOffsets,
  failure: letter.failure,
});
