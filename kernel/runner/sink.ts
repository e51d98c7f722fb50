/**
 * Runs a sink over its topic. What makes a crash harmless: before a batch is written, its extent is committed to the
 * log beside the place it starts at; whoever comes after finds the note and writes the same batch again, under the same
 * token, which the store then ignores if it had it.
 */
import { type Log, type PartitionReader, PartitionTakenError } from '../log/log.ts';
import type { Batch, Outcome, Sink } from '../processor.ts';
import { reached } from '../steps.ts';
import { backOff } from './back-off.ts';
import { deletedUnread } from './deleted-unread.ts';
import { type LookAhead, lookAhead } from './look-ahead.ts';
import type { ProcessorMeter } from './meter.ts';
import { formatNote, noteAt } from './note.ts';
import { resume } from './resume.ts';
import { appendDeadLetters, outcomeOfRefused } from './set-aside.ts';
import { startBatch } from './started-batch.ts';

export interface SinkRun {
  readonly sink: Sink;
  readonly log: Log;
  readonly meter: ProcessorMeter;
}

/** Joins the sink's group; the returned function leaves it after the batch in hand. */
export const runSink = ({ sink, log, meter }: SinkRun): Promise<() => Promise<void>> =>
  log.join(sink.name, [sink.reads.name], async (partition) => {
    const retry = backOff(partition.signal);
    const ahead = lookAhead(sink, partition);
    while (!partition.signal.aborted) {
      try {
        await writeNextBatch(sink, partition, ahead, log, meter);
        retry.reset();
      } catch (error) {
        ahead.drop();
        if (partition.signal.aborted) return;
        if (!(error instanceof PartitionTakenError)) meter.failed(error);
        await retry.wait();
      }
    }
    ahead.drop();
  });

const writeNextBatch = async (
  sink: Sink,
  partition: PartitionReader,
  ahead: LookAhead,
  log: Log,
  meter: ProcessorMeter,
) => {
  const resumption = await resume(partition, log, meter);
  if (resumption === undefined) return;
  const { from, offset, begun, replay } = resumption;
  const isUsual = begun.end === undefined && replay === undefined;
  const started = (isUsual ? await ahead.take(offset) : undefined) ?? (await startBatch(sink, partition, resumption));
  if (started === undefined) return;
  const { batch, extent } = started;
  reached('sink: batch read');
  const lost = await deletedUnread(log, partition, from, batch.records);
  // A member that is no longer one is refused here, and so never begins to write.
  const begin = () => partition.commit(from, formatNote({ ...begun, ...(replay && { replay }), ...extent }));
  await begin();
  reached('sink: extent noted');
  const startedMs = performance.now();
  if (isUsual) ahead.begin(extent.end);
  const written = await started.store(begin);
  reached('sink: rows stored');
  const outcomes = written.map((outcome) => letGo(batch, outcome));
  await untilDone(partition, meter, () => appendDeadLetters(log, sink.name, partition.logId, batch, outcomes));
  reached('sink: dead letters appended');
  const next = begun.left ?? extent.end;
  await untilDone(partition, meter, () => partition.commit(next, noteAt(next, replay)));
  reached('sink: place moved');
  meter.lost(partition.topic, lost);
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
