/** Sets aside what could not be processed, with the reason and the bytes, so that a person can look and try again. */
import type { Log, LogRecord } from '../log/log.ts';
import type { Batch, Outcome } from '../processor.ts';
import { deadLetterHeaders, deadLettersTopic } from '../topics.ts';

/** Durable once resolved. At least once: a crash between this and the commit of the batch writes them again. */
export const appendDeadLetters = async (
  log: Log,
  processor: string,
  batch: Batch,
  outcomes: readonly Outcome[],
): Promise<void> => {
  const reasons = new Map(outcomes.filter(({ kind }) => kind === 'dead-letter').map((o) => [o.offset, o.reason]));
  if (reasons.size === 0) return;
  const letters = batch.records
    .filter((record) => reasons.has(record.offset))
    .map((record) => asDeadLetter(record, processor, batch.topic, batch.partition, reasons.get(record.offset)!));
  await log.append(deadLettersTopic.name, letters);
};

export const asDeadLetter = (
  record: LogRecord,
  processor: string,
  topic: string,
  partition: number,
  reason: string,
) => ({
  key: processor,
  headers: {
    ...record.headers,
    [deadLetterHeaders.processor]: processor,
    [deadLetterHeaders.reason]: reason.slice(0, 1000),
    [deadLetterHeaders.topic]: topic,
    [deadLetterHeaders.partition]: String(partition),
    [deadLetterHeaders.offset]: String(record.offset),
  },
  value: record.value,
});
