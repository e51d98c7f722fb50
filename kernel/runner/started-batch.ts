/** A batch on its way through a sink, which may make its rows before it may store them. */
import type { PartitionReader } from '../log/log.ts';
import type { Batch, Outcome, Sink } from '../processor.ts';
import { readBatch } from './batch.ts';
import { writeOrIsolate } from './isolate.ts';
import { passOver, whyNotOf } from './pass-over.ts';
import type { Resumption } from './resume.ts';

export interface StartedBatch {
  readonly batch: Batch;
  /** From its first record to after its last. */
  readonly extent: { readonly first: number; readonly end: number };
  /**
   * Stores it, its extent being noted; what the store refuses for good is found record by record.
   * @param begin notes it again, and rejects when the partition is another member's now
   */
  store(begin: () => Promise<void>): Promise<readonly Outcome[]>;
  /** It will not be stored. */
  drop(): void;
}

/**
 * Reads the batch that comes next, and begins to make its rows where the sink makes them ahead.
 * @returns undefined when nothing came for a while
 */
export const startBatch = async (
  sink: Sink,
  reader: PartitionReader,
  { offset, begun, replay }: Omit<Resumption, 'from'>,
): Promise<StartedBatch | undefined> => {
  const records = await readBatch(reader, offset, sink.limits, begun.left ?? begun.end);
  if (records.length === 0) return undefined;
  // Not by what is left of a batch that was begun: if it was stored, it must be known again.
  const first = begun.first ?? records[0]!.offset;
  const end = begun.end ?? records.at(-1)!.offset + 1;
  const { topic, partition, logId } = reader;
  const again = replay ? `/replay-${replay.id}` : '';
  const token = `${sink.name}/${logId}/${topic}/${partition}/${first}-${end}${again}`;
  const { taken, outcomes: passedOver } = passOver(records, whyNotOf(sink.name, replay));
  const toWrite: Batch = { token, topic, partition, records: taken };
  const mayStore = Promise.withResolvers<void>();
  const isAhead = sink.makesRowsAhead === true && taken.length > 0;
  const written = isAhead ? sink.write(toWrite, mayStore.promise) : undefined;
  // Whoever stores it hears of what failed; of a batch that is dropped nobody needs to.
  for (const promise of [mayStore.promise, written]) promise?.catch(() => {});
  return {
    batch: { ...toWrite, records },
    extent: { first, end },
    async store(begin) {
      mayStore.resolve();
      if (taken.length === 0) return passedOver;
      return [...passedOver, ...(await writeOrIsolate(sink, toWrite, begin, () => written ?? sink.write(toWrite)))];
    },
    drop: () => mayStore.reject(new Error('The batch was dropped before it was stored.')),
  };
};
