/**
 * Writes a batch, and finds the records at fault where the store refuses it for good: the batch is halved until those
 * are alone, so that only they become dead letters. Not one by one: each write of a large batch's records would be an
 * insert of its own, and the store forgets old tokens.
 */
import type { LogRecord } from '../log/log.ts';
import { type Batch, type Outcome, RejectedBatchError, type Sink } from '../processor.ts';

/**
 * @param begin rejects when the partition is another member's now: this can take long, and nothing is written after.
 * @param write of the whole batch
 */
export const writeOrIsolate = async (
  sink: Sink,
  batch: Batch,
  begin: () => Promise<void>,
  write: () => Promise<readonly Outcome[]> = () => sink.write(batch),
): Promise<readonly Outcome[]> => {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof RejectedBatchError)) throw error;
    const stored = new Set(error.stored);
    const left = batch.records.filter(({ offset }) => !stored.has(offset));
    if (left.length <= 1) return left.map((record) => rejected(record, error));
    const outcomes: Outcome[] = [];
    const middle = Math.ceil(left.length / 2);
    for (const records of [left.slice(0, middle), left.slice(middle)]) {
      const token = `${batch.token}/${records[0]!.offset}-${records.at(-1)!.offset + 1}`;
      await begin();
      outcomes.push(...(await writeOrIsolate(sink, { ...batch, token, records }, begin)));
    }
    return outcomes;
  }
};

const rejected = (record: LogRecord, error: Error): Outcome => ({
  kind: 'dead-letter',
  offset: record.offset,
  reason: `the store refuses it: ${error.message.slice(0, 500)}`,
});
