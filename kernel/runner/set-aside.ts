/** Sets aside what could not be processed, with the reason and the bytes, so that a person can look and try again. */
import { createHash } from 'node:crypto';
import type { Log, LogRecord, NewRecord } from '../log/log.ts';
import type { Batch, Outcome } from '../processor.ts';
import { deadLetterHeaders, deadLettersTopic, decisionIdHeader, onlyForHeader } from '../topics.ts';

/** The partition a record was read from. */
export interface ReadFrom {
  readonly logId: string;
  readonly topic: string;
  readonly partition: number;
}

/** Durable once resolved. At least once: a crash between this and the commit of the batch writes them again, under the same ids. */
export const appendDeadLetters = async (
  log: Log,
  processor: string,
  logId: string,
  batch: Batch,
  outcomes: readonly Outcome[],
): Promise<void> => {
  const reasons = new Map(outcomes.filter(({ kind }) => kind === 'dead-letter').map((o) => [o.offset, o.reason]));
  if (reasons.size === 0) return;
  const from: ReadFrom = { logId, topic: batch.topic, partition: batch.partition };
  const letters = batch.records
    .filter((record) => reasons.has(record.offset))
    .map((record) => asDeadLetter(record, processor, from, reasons.get(record.offset)!));
  await log.append(deadLettersTopic.name, letters);
};

export const asDeadLetter = (record: LogRecord, processor: string, from: ReadFrom, reason: string): NewRecord => {
  // Whose decision the record was, and whom it was put back for, matters to who reads its topic and not to who reads
  // dead letters.
  const { [decisionIdHeader]: _, [onlyForHeader]: __, ...headers } = record.headers;
  return {
    key: deadLetterIdOf(processor, from, record.offset),
    headers: {
      ...headers,
      [deadLetterHeaders.processor]: processor,
      [deadLetterHeaders.reason]: reason.slice(0, 1000),
      [deadLetterHeaders.log]: from.logId,
      [deadLetterHeaders.topic]: from.topic,
      [deadLetterHeaders.partition]: String(from.partition),
      [deadLetterHeaders.offset]: String(record.offset),
      [deadLetterHeaders.key]: record.key,
    },
    value: record.value,
  };
};

/** A dead letter that fails again is let go, with the reason: as another dead letter it would come back for ever. */
export const outcomeOfRefused = (topic: string, offset: number, reason: string): Outcome => ({
  kind: topic === deadLettersTopic.name ? 'dropped' : 'dead-letter',
  offset,
  reason,
});

/** The same for the same record of the same processor, however often it is set aside. */
export const deadLetterIdOf = (processor: string, { logId, topic, partition }: ReadFrom, offset: number): string =>
  `dlt_${createHash('sha256')
    .update(JSON.stringify([processor, logId, topic, partition, offset]))
    .digest('hex')
    .slice(0, 24)}`;
