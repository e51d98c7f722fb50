/**
 * Runs a sink over its topic. What makes a crash harmless: before a batch is written, its extent is committed to the
 * log beside the place it starts at; whoever comes after finds the note and writes the same batch again, under the same
 * token, which the store then ignores if it had it.
 */
import { type Log, type PartitionReader, PartitionTakenError } from '../log/log.ts';
import type { Batch, Outcome, Sink } from '../processor.ts';
import { reached } from '../steps.ts';
import { backOff } from './back-off.ts';
import { readBatch } from './batch.ts';
import { deletedUnread } from './deleted-unread.ts';
import { writeOrIsolate } from './isolate.ts';
import type { ProcessorMeter } from './meter.ts';
import { formatNote, noteAt } from './note.ts';
import { passOver, whyNotOf } from './pass-over.ts';
import { resume } from './resume.ts';
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
  const resumption = await resume(partition, log, meter);
  if (resumption === undefined) return;
  const { from, offset, begun, replay } = resumption;
  const { topic, partition: number, logId } = partition;
  const records = await readBatch(partition, offset, sink.limits, begun.left ?? begun.end);
  if (records.length === 0) return;
  reached('sink: batch read');
  // Not by what is left of a batch that was begun: if it was stored, it must be known again.
  const first = begun.first ?? records[0]!.offset;
  const end = begun.end ?? records.at(-1)!.offset + 1;
  const lost = await deletedUnread(log, partition, from, records);
  // A member that is no longer one is refused here, and so never begins to write.
  const begin = () => partition.commit(from, formatNote({ ...begun, ...(replay && { replay }), first, end }));
  await begin();
  reached('sink: extent noted');
  const again = replay ? `/replay-${replay.id}` : '';
  const batch: Batch = {
    token: `${sink.name}/${logId}/${topic}/${number}/${first}-${end}${again}`,
    topic,
    partition: number,
    records,
  };
  const startedMs = performance.now();
  const { taken, outcomes: passedOver } = passOver(records, whyNotOf(sink.name, replay));
  const written = taken.length === 0 ? [] : await writeOrIsolate(sink, { ...batch, records: taken }, begin);
  reached('sink: rows stored');
  const outcomes = [...passedOver, ...written.map((outcome) => letGo(batch, outcome))];
  await untilDone(partition, meter, () => appendDeadLetters(log, sink.name, logId, batch, outcomes));
  reached('sink: dead letters appended');
  const next = begun.left ?? end;
  await untilDone(partition, meter, () => partition.commit(next, noteAt(next, replay)));
  reached('sink: place moved');
  meter.lost(topic, lost);
  meter.wrote(batch, outcomes, performance.now() - startedMs);
};

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
