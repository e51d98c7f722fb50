/**
 * Dead letters of records that a replay reads again are forgotten: those that fail again are filed anew, and those that
 * do not are stored, so that putting them back would store them twice. Their rows are the state of a decider, so this is
 * a decision behind the letters, as those of people are: also of a letter that nobody has filed yet, and for whoever
 * reads the topic anew.
 */

import { decisionRecord, extentOfLetters, lettersAreFiledBy, lettersArePutBackBy } from '../letter-on-log.ts';
import type { Log, LogRecord } from '../log/log.ts';
import { OperatorError } from '../operator-error.ts';
import type { Queries } from '../state/database.ts';
import { and, eq, gte, lt, or } from '../state/drizzle.ts';
import { deadLetters } from '../state/tables.ts';
import {
  deadLetterDecisionHeader,
  deadLetterHeaders,
  deadLetterRetriesTopic,
  deadLettersTopic,
  otlpHeaders,
  retryOfHeader,
} from '../topics.ts';

/** Records of one partition that are read again. */
export interface ReadAgain {
  readonly partition: number;
  readonly from: number;
  readonly until: number;
  /** Those before this offset are passed over that were received before `sinceMs`, Unix milliseconds. */
  readonly stored: number;
  readonly sinceMs: number;
}

export interface LettersOf {
  readonly processor: string;
  readonly topic: string;
  readonly ranges: readonly ReadAgain[];
}

/** @throws OperatorError while one of them is on its way back. */
export const refuseWhileRetrying = async (queries: Queries, log: Log, letters: LettersOf): Promise<void> => {
  const { ids, isAsked } = await findLetters(log, letters);
  const onTheirWay = await queries
    .select({ id: deadLetters.letterId })
    .from(deadLetters)
    .where(and(isInRange(letters), eq(deadLetters.status, 'retrying')))
    .limit(1);
  const toPutBack = ids.length === 0 ? [] : await log.lagOf(lettersArePutBackBy, [deadLetterRetriesTopic.name]);
  if (isAsked || onTheirWay.length > 0 || toPutBack.some(({ lag }) => lag > 0)) throw areOnTheirWay(letters);
};

/** Those that were given up stay so. @throws OperatorError when somebody has asked for one of them meanwhile. */
export const forgetLetters = async (log: Log, letters: LettersOf): Promise<void> => {
  const { ids, isAsked } = await findLetters(log, letters);
  if (isAsked) throw areOnTheirWay(letters);
  const decisions = ids.map((id) => decisionRecord(id, { decision: 'replayed' }));
  if (decisions.length > 0) await log.append(deadLettersTopic.name, decisions);
};

const areOnTheirWay = ({ processor }: LettersOf): OperatorError =>
  new OperatorError(`Dead letters of ${processor} are being put back: let Syntra run until they are, then replay.`);

interface FoundLetters {
  readonly ids: readonly string[];
  /** Whether somebody asked for one of them to be put back, of which the rows cannot know yet. */
  readonly isAsked: boolean;
}

const findLetters = async (log: Log, letters: LettersOf): Promise<FoundLetters> => {
  const logId = await log.logIdOf(letters.topic);
  const { offset: decidedUntil } = await log.placeOf(lettersAreFiledBy, deadLettersTopic.name, 0);
  const { startOffset, endOffset } = await extentOfLetters(log);
  const ids = new Set<string>();
  let isAsked = false;
  const tail = await log.tail(deadLettersTopic.name, 0, startOffset);
  while (tail.position < endOffset) {
    const records = await tail.next(readLimits);
    if (records.length === 0) break;
    for (const record of records) {
      const decision = record.headers[deadLetterDecisionHeader];
      if (decision === undefined && isOf(record, logId, letters, ids)) ids.add(record.key);
      if (decision === 'retry' && record.offset >= decidedUntil && ids.has(record.key)) isAsked = true;
    }
  }
  return { ids: [...ids], isAsked };
};

const readLimits = { maxRecords: 1000, maxBytes: 2 ** 24 };

/** @param ids of letters before it. */
const isOf = (
  { headers }: LogRecord,
  logId: string,
  { processor, topic, ranges }: LettersOf,
  ids: ReadonlySet<string>,
): boolean => {
  if (headers[deadLetterHeaders.processor] !== processor) return false;
  // A topic that took the place of another has other records at its offsets.
  if (headers[deadLetterHeaders.topic] !== topic || headers[deadLetterHeaders.log] !== logId) return false;
  // A copy that failed again is not read again itself: its original is, or nothing.
  const original = headers[retryOfHeader];
  if (original !== undefined && !ids.has(original)) return false;
  const [partition, offset] = [Number(headers[deadLetterHeaders.partition]), Number(headers[deadLetterHeaders.offset])];
  const receivedAtMs = Number(headers[otlpHeaders.receivedAt]);
  return ranges.some(
    (range) =>
      range.partition === partition &&
      offset >= range.from &&
      offset < range.until &&
      (offset >= range.stored || receivedAtMs >= range.sinceMs),
  );
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
