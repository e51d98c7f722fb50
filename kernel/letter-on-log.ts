/** One dead letter on the log: how it is found, what it was before, and how a decision about it is written down. */
import type { Extent, Log, LogRecord, NewRecord } from './log/log.ts';
import {
  type DeadLetterDecision,
  deadLetterDecisionHeader,
  deadLetterHeaders,
  deadLettersTopic,
  decisionIdHeader,
  onlyForHeader,
  retryOfHeader,
} from './topics.ts';

/** The processors that dead letters have, by what they are to them. */
export const lettersAreFiledBy = 'file-dead-letters';
export const lettersArePutBackBy = 'put-back-dead-letters';

/** Which letters the log still keeps, by their offsets. */
export const extentOfLetters = (log: Pick<Log, 'extentOf'>): Promise<Extent> =>
  log.extentOf(deadLettersTopic.name, partition);

/** Why a letter cannot be put back that the log does not keep. */
export const bytesAreGone = 'Its bytes are gone: the log keeps them for 14 days, and less where there are very many.';

/** The letter at this offset of `dead-letters`; undefined when the log does not keep it any more, or never had it there. */
export const readLetter = async (log: Log, id: string, offset: number): Promise<LogRecord | undefined> => {
  const { startOffset, endOffset } = await extentOfLetters(log);
  if (offset < startOffset || offset >= endOffset) return undefined;
  const tail = await log.tail(deadLettersTopic.name, partition, offset);
  const [record] = await tail.next({ maxRecords: 1, maxBytes: 1 });
  // A log that took the place of another has other records at its offsets.
  const isIt = record?.offset === offset && record.key === id && record.headers[deadLetterDecisionHeader] === undefined;
  return isIt ? record : undefined;
};

/** The record it was, for the processor that could not take it and for no other. */
export const putBackRecord = ({ key: id, headers, value }: LogRecord): NewRecord => ({
  key: headers[deadLetterHeaders.key] ?? '',
  headers: {
    ...Object.fromEntries(Object.entries(headers).filter(([name]) => !ofTheLetter.has(name))),
    [onlyForHeader]: headers[deadLetterHeaders.processor] ?? '',
    [retryOfHeader]: id,
  },
  value,
});

export const decisionRecord = (id: string, decision: DeadLetterDecision): NewRecord => ({
  key: id,
  headers: { [deadLetterDecisionHeader]: decision.decision },
  value: Buffer.from(JSON.stringify(decision)),
});

/** The topic is declared with one. */
const partition = 0;

const ofTheLetter: ReadonlySet<string> = new Set([...Object.values(deadLetterHeaders), decisionIdHeader]);
