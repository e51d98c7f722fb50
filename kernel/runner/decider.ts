/**
 * Runs a decider over its topics. State, place and what is to be appended are saved in one transaction; then the outbox
 * goes to the log. After any failure the runner does what it does at a start: look where it stands, empty the outbox.
 */
import { type Log, type PartitionReader, PartitionTakenError } from '../log/log.ts';
import type { BatchLimits, Decider } from '../processor.ts';
import type { Database } from '../state/database.ts';
import { reached } from '../steps.ts';
import { backOff } from './back-off.ts';
import { readBatch } from './batch.ts';
import { decideAndSave } from './decide-and-save.ts';
import { DecisionError } from './decisions.ts';
import { deletedUnread, lostByLog } from './deleted-unread.ts';
import type { ProcessorMeter } from './meter.ts';
import { emptyOutbox, type Source } from './outbox.ts';
import { findPlace } from './place.ts';

export interface DeciderRun<State, Event> {
  readonly decider: Decider<State, Event>;
  readonly log: Log;
  readonly database: Database;
  readonly meter: ProcessorMeter;
}

/** Joins the decider's group; the returned function leaves it after the batch in hand. */
export const runDecider = <State, Event>(run: DeciderRun<State, Event>): Promise<() => Promise<void>> =>
  run.log.join(
    run.decider.name,
    run.decider.reads.map(({ name }) => name),
    (partition) => holdPartition(run, partition),
  );

const limits: BatchLimits = { maxRecords: 500, maxBytes: 4 * 2 ** 20, lingerMs: 0 };

/** How often a batch is decided before what makes the decider throw becomes a dead letter. */
const maxTries = 3;

const holdPartition = async <State, Event>(
  { decider, log, database, meter }: DeciderRun<State, Event>,
  partition: PartitionReader,
): Promise<void> => {
  const source: Source = {
    processor: decider.name,
    logId: partition.logId,
    topic: partition.topic,
    partition: partition.partition,
  };
  const retry = backOff(partition.signal);
  let offset: number | undefined;
  let throws = 0;
  while (!partition.signal.aborted) {
    try {
      if (offset === undefined) {
        const found = await findPlace(database.queries, log, source);
        meter.lost(source.topic, found.deleted);
        if (found.beyondEnd > 0) meter.failed(lostByLog(source.topic, found.beyondEnd));
        // After it: a member that was cut off, and saved before the place was found, leaves its outbox to us.
        await emptyOutbox(database.queries, log, source);
        offset = found.offset;
        await partition.commit(offset, '');
      }
      const records = await readBatch(partition, offset, limits, undefined);
      if (records.length === 0) continue;
      reached('decider: batch read');
      const lost = await deletedUnread(log, source, offset, records);
      const batch = { from: offset, records, lastTry: throws >= maxTries - 1 };
      await decideAndSave(decider, database, meter, source, batch);
      meter.lost(source.topic, lost);
      reached('decider: committed');
      await emptyOutbox(database.queries, log, source);
      reached('decider: outbox emptied');
      offset = records.at(-1)!.offset + 1;
      // The group's place on the log is for lag and retention; the one that counts is in the database.
      await partition.commit(offset, '');
      reached('decider: place noted');
      retry.reset();
      throws = 0;
    } catch (error) {
      if (partition.signal.aborted) return;
      if (error instanceof DecisionError) throws++;
      offset = undefined;
      if (!(error instanceof PartitionTakenError)) meter.failed(error);
      await retry.wait();
    }
  }
};
