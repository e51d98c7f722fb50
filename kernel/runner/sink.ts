/**
 * Runs a sink over its topic. What makes a crash harmless: before a batch is written, its extent is committed to the
 * log beside the place it starts at; whoever comes after finds the note and writes the same batch again, under the same
 * token, which the store then ignores if it had it.
 */
import { type Log, type LogRecord, type PartitionReader, PartitionTakenError } from '../log/log.ts';
import { type Batch, type Outcome, RejectedBatchError, type Sink } from '../processor.ts';
import { reached } from '../steps.ts';
import { backOff } from './back-off.ts';
import { readBatch } from './batch.ts';
import { deletedUnread, lostByLog } from './deleted-unread.ts';
import type { ProcessorMeter } from './meter.ts';
import { formatNote, parseNote, type ReplayNote } from './note.ts';
import { passOver, whyNotOf } from './pass-over.ts';
import { appendDeadLetters, outcomeOfRefused } from './set-aside.ts';

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
        if (!(error instanceof PartitionTakenError)) meter.failed(error);
        await retry.wait();
      }
    }
  });

const writeNextBatch = async (sink: Sink, partition: PartitionReader, log: Log, meter: ProcessorMeter) => {
  const { offset, metadata, deleted, beyondEnd } = await partition.committed();
  const note = parseNote(metadata);
  if (note.replay?.removing) throw new Error(`a replay of ${sink.name} was begun and not finished: run it again`);
  const { topic, partition: number, logId } = partition;
  if (beyondEnd > 0) {
    await partition.commit(offset, '');
    meter.failed(lostByLog(topic, beyondEnd));
    return;
  }
  const begun = note.end !== undefined && (note.left ?? note.end) > offset ? note : {};
  if (deleted > 0 && begun.end === undefined) {
    // Said at once: the next record may be long in coming.
    await partition.commit(offset, noteAt(offset, note.replay));
    meter.lost(topic, deleted);
    return;
  }
  if (begun.end !== undefined && begun.left === undefined) {
    const { endOffset } = await log.extentOf(topic, number);
    if (endOffset < begun.end) {
      // Noted before anything is appended there, which is no part of the batch.
      await partition.commit(offset - deleted, formatNote({ ...begun, left: endOffset }));
      meter.failed(lostByLog(topic, begun.end - endOffset));
      return;
    }
  }
  const records = await readBatch(partition, offset, sink.limits, begun.left ?? begun.end);
  if (records.length === 0) return;
  reached('sink: batch read');
  const from = offset - deleted;
  // Not by what is left of a batch that was begun: if it was stored, it must be known again.
  const first = begun.first ?? records[0]!.offset;
  const end = begun.end ?? records.at(-1)!.offset + 1;
  const lost = await deletedUnread(log, partition, from, records);
  // A member that is no longer one is refused here, and so never begins to write.
  const begin = () =>
    partition.commit(from, formatNote({ ...begun, ...(note.replay && { replay: note.replay }), first, end }));
  await begin();
  reached('sink: extent noted');
  const again = note.replay ? `/replay-${note.replay.id}` : '';
  const batch: Batch = {
    token: `${sink.name}/${logId}/${topic}/${number}/${first}-${end}${again}`,
    topic,
    partition: number,
    records,
  };
  const startedMs = performance.now();
  const { taken, outcomes: passedOver } = passOver(records, whyNotOf(sink.name, note.replay));
  const written = taken.length === 0 ? [] : await writeOrIsolate(sink, { ...batch, records: taken }, begin);
  reached('sink: rows stored');
  const outcomes = [...passedOver, ...written.map((outcome) => letGo(batch, outcome))];
  await untilDone(partition, meter, () => appendDeadLetters(log, sink.name, logId, batch, outcomes));
  reached('sink: dead letters appended');
  const next = begun.left ?? end;
  await untilDone(partition, meter, () => partition.commit(next, noteAt(next, note.replay)));
  reached('sink: place moved');
  meter.lost(topic, lost);
  meter.wrote(batch, outcomes, performance.now() - startedMs);
};

/** What is noted beside a place at which nothing is begun. */
const noteAt = (offset: number, replay: ReplayNote | undefined): string =>
  replay !== undefined && offset < replay.until ? formatNote({ replay }) : '';

/**
 * Tries again in place what follows on an insert. Were the rows sent again each time, then for as long as it fails, and
 * the store may have forgotten their token by the time it does not.
 */
const untilDone = async (
  { signal }: PartitionReader,
  meter: ProcessorMeter,
  work: () => Promise<void>,
): Promise<void> => {
  const retry = backOff(signal);
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || error instanceof PartitionTakenError) throw error;
      meter.failed(error);
      await retry.wait();
    }
  }
};

const letGo = ({ topic }: Batch, outcome: Outcome): Outcome =>
  outcome.kind === 'dropped' ? outcome : outcomeOfRefused(topic, outcome.offset, outcome.reason);

/**
 * A batch that is refused for good is halved until those at fault are alone, so that only they become dead letters. Not
 * one by one: each write of a large batch's records would be an insert of its own, and the store forgets old tokens.
 * @param begin rejects when the partition is another member's now: this can take long, and nothing is written after.
 */
const writeOrIsolate = async (sink: Sink, batch: Batch, begin: () => Promise<void>): Promise<readonly Outcome[]> => {
  try {
    return await sink.write(batch);
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
