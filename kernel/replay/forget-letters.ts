/**
 * Dead letters of records that a replay reads again are forgotten: those that fail again are filed anew, and those that
 * do not are stored, so that putting them back would store them twice.
 */
import { and, eq, gte, inArray, lt, ne, or } from 'drizzle-orm';
import type { Log } from '../log/log.ts';
import { OperatorError } from '../operator-error.ts';
import type { Queries } from '../state/database.ts';
import { deadLetters } from '../state/tables.ts';
import { receivedMsOf, recordsAt } from './log-window.ts';

/** Records of one partition that are read again, but for those received before `sinceMs`. */
export interface ReadAgain {
  readonly partition: number;
  readonly from: number;
  readonly until: number;
}

export interface LettersOf {
  readonly processor: string;
  readonly topic: string;
  readonly ranges: readonly ReadAgain[];
  readonly sinceMs: number;
}

/** @throws OperatorError while one of them is on its way back. */
export const refuseWhileRetrying = async (queries: Queries, letters: LettersOf): Promise<void> => {
  const onTheirWay = await queries
    .select({ id: deadLetters.letterId })
    .from(deadLetters)
    .where(and(isInRange(letters), eq(deadLetters.status, 'retrying')))
    .limit(1);
  if (onTheirWay.length === 0) return;
  throw new OperatorError(
    `Dead letters of ${letters.processor} are being put back: let Syntra run until they are, then replay.`,
  );
};

/** Those that were given up stay so. */
export const forgetLetters = async (queries: Queries, log: Log, letters: LettersOf): Promise<void> => {
  const found = await queries
    .select({ id: deadLetters.letterId, partition: deadLetters.recordPartition, offset: deadLetters.recordOffset })
    .from(deadLetters)
    .where(and(isInRange(letters), ne(deadLetters.status, 'discarded')));
  for (const { id, partition, offset } of found) {
    const [record] = await recordsAt(log, letters.topic, partition, offset, offset + 1);
    if (record?.offset !== offset || receivedMsOf(record) < letters.sinceMs) continue;
    await queries.delete(deadLetters).where(inArray(deadLetters.letterId, [id]));
  }
};

const isInRange = ({ processor, topic, ranges }: LettersOf) =>
  and(
    eq(deadLetters.processor, processor),
    eq(deadLetters.topic, topic),
    or(
      ...ranges.map(({ partition, from, until }) =>
        and(
          eq(deadLetters.recordPartition, partition),
          gte(deadLetters.recordOffset, from),
          lt(deadLetters.recordOffset, until),
        ),
      ),
    ),
  );
