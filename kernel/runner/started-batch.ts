/** A batch on its way through a sink, which may make its rows before it may store them. */
import type { LogRecord, PartitionReader } from '../log/log.ts';
import type { Batch, Outcome, Sink } from '../processor.ts';
import { writeOrIsolate } from './isolate.ts';
import type { ReplayNote } from './note.ts';
import { passOver, whyNotOf } from './pass-over.ts';

export interface StartedBatch {
  readonly batch: Batch;
  readonly extent: BatchExtent;
  /**
   * Stores it, its extent being noted; what the store refuses for good is found record by record.
   * @param begin notes it again, and rejects when the partition is another member's now
   */
  store(begin: () => Promise<void>): Promise<readonly Outcome[]>;
  /** It will not be stored. */
  drop(): void;
}

export interface BatchExtent {
  readonly first: number;
  /** After its last record. */
  readonly end: number;
}

/** Of a sink that makes rows ahead, `write` begins at once. */
export const startBatch = (
  sink: Sink,
  { topic, partition, logId }: Pick<PartitionReader, 'topic' | 'partition' | 'logId'>,
  records: readonly LogRecord[],
  extent: BatchExtent,
  replay?: ReplayNote,
): StartedBatch => {
  const again = replay ? `/replay-${replay.id}` : '';
  const token = `${sink.name}/${logId}/${topic}/${partition}/${extent.first}-${extent.end}${again}`;
  const { taken, outcomes: passedOver } = passOver(records, whyNotOf(sink.name, replay));
  const toWrite: Batch = { token, topic, partition, records: taken };
  const mayStore = Promise.withResolvers<void>();
  const isAhead = sink.makesRowsAhead === true && taken.length > 0;
  const written = isAhead ? sink.write(toWrite, mayStore.promise) : undefined;
  // Whoever stores it hears of what failed; of a batch that is dropped nobody needs to.
  for (const promise of [mayStore.promise, written]) promise?.catch(() => {});
  return {
    batch: { ...toWrite, records },
    extent,
    async store(begin) {
      mayStore.resolve();
      if (taken.length === 0) return passedOver;
      return [...passedOver, ...(await writeOrIsolate(sink, toWrite, begin, () => written ?? sink.write(toWrite)))];
    },
    drop: () => mayStore.reject(new Error('The batch was dropped before it was stored.')),
  };
};
