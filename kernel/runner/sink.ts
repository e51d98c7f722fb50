/**
 * Runs a sink over its topic. What makes a crash harmless: before a batch is written, its extent is committed to the
 * log beside the place it starts at; whoever comes after finds the note and writes the same batch again, under the same
 * token, which the store then ignores if it had it.
 */
import type { Log, LogRecord, PartitionReader } from '../log/log.ts';
import { type Batch, type Outcome, RejectedBatchError, type Sink } from '../processor.ts';
import { reached } from '../steps.ts';
import { backOff } from './back-off.ts';
import { readBatch } from './batch.ts';
import { appendDeadLetters } from './dead-letters.ts';
import type { ProcessorMeter } from './meter.ts';

export interface SinkRun {
  readonly sink: Sink;
  readonly log: Log;
  readonly meter: ProcessorMeter;
}

/** Joins the sink's group; the returned function leaves it after the batch in hand. */
export const runSink = ({ sink, log, meter }: SinkRun): Promise<() => Promise<void>> =>
  log.join(sink.name, [sink.reads.name], async (partition) => {
    const retry = backOff(partition.signal);
    while (!partition.signal.aborted) {
      try {
        await writeNextBatch(sink, partition, log, meter);
        retry.reset();
      } catch (error) {
        if (partition.signal.aborted) return;
        meter.failed(error);
        await retry.wait();
      }
    }
  });

const writeNextBatch = async (sink: Sink, partition: PartitionReader, log: Log, meter: ProcessorMeter) => {
  const { offset, metadata } = await partition.committed();
  const intended = parseIntent(metadata);
  const records = await readBatch(partition, offset, sink.limits, intended);
  const first = records[0];
  if (first === undefined) return;
  reached('sink: batch read');
  const end = records.at(-1)!.offset + 1;
  if (intended === undefined) await partition.commit(offset, formatIntent(end));
  reached('sink: extent noted');
  const batch: Batch = {
    token: `${sink.name}/${partition.logId}/${partition.topic}/${partition.partition}/${first.offset}-${end}`,
    topic: partition.topic,
    partition: partition.partition,
    records,
  };
  const startedMs = performance.now();
  reached('sink: rows sent');
  const outcomes = await writeOrIsolate(sink, batch);
  reached('sink: rows stored');
  await appendDeadLetters(log, sink.name, partition.logId, batch, outcomes);
  reached('sink: dead letters appended');
  await partition.commit(end, '');
  reached('sink: place moved');
  meter.wrote(batch, outcomes, performance.now() - startedMs);
};

/**
 * A batch that is refused for good is halved until those at fault are alone, so that only they become dead letters. Not
 * one by one: each write of a large batch's records would be an insert of its own, and the store forgets old tokens.
 */
const writeOrIsolate = async (sink: Sink, batch: Batch): Promise<readonly Outcome[]> => {
  try {
    return await sink.write(batch);
  } catch (error) {
    if (!(error instanceof RejectedBatchError)) throw error;
    const stored = new Set(error.stored);
    const left = batch.records.filter(({ offset }) => !stored.has(offset));
    if (left.length === 1) return [rejected(left[0]!, error)];
    const outcomes: Outcome[] = [];
    const middle = Math.ceil(left.length / 2);
    for (const records of [left.slice(0, middle), left.slice(middle)]) {
      const token = `${batch.token}/${records[0]!.offset}-${records.at(-1)!.offset + 1}`;
      outcomes.push(...(await writeOrIsolate(sink, { ...batch, token, records })));
    }
    return outcomes;
  }
};

const rejected = (record: LogRecord, error: Error): Outcome => ({
  kind: 'dead-letter',
  offset: record.offset,
  reason: `the store refuses it: ${error.message.slice(0, 500)}`,
});

const formatIntent = (end: number): string => `end=${end}`;
const parseIntent = (metadata: string): number | undefined => {
  const match = /^end=(\d+)$/.exec(metadata);
  return match ? Number(match[1]) : undefined;
};
