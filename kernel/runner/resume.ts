/**
 * Where a sink goes on. Usually at its place; after a crash at the batch that was begun; and where the log has lost
 * records meanwhile, that is settled first, told and counted, by a commit of its own.
 */
import type { Log, PartitionReader } from '../log/log.ts';
import { lostByLog } from './deleted-unread.ts';
import type { ProcessorMeter } from './meter.ts';
import { formatNote, noteAt, type PlaceNote, parseNote, type ReplayNote } from './note.ts';

export interface Resumption {
  /** The place that is committed; records before `offset` are no longer on the log. */
  readonly from: number;
  readonly offset: number;
  /** Empty when no batch was begun. */
  readonly begun: Omit<PlaceNote, 'replay'>;
  readonly replay: ReplayNote | undefined;
}

/** @returns undefined when something was settled and the place is another now: ask again. */
export const resume = async (
  partition: PartitionReader,
  log: Pick<Log, 'extentOf'>,
  meter: ProcessorMeter,
): Promise<Resumption | undefined> => {
  const { topic } = partition;
  const { offset, metadata, deleted, beyondEnd } = await partition.committed();
  const { replay, ...noted } = parseNote(metadata);
  if (replay?.removing) throw new Error('a replay was begun and not finished: run it again');
  if (beyondEnd > 0) {
    await partition.commit(offset, '');
    meter.failed(lostByLog(topic, beyondEnd));
    return undefined;
  }
  const begun = noted.end !== undefined && (noted.left ?? noted.end) > offset ? noted : {};
  if (deleted > 0 && begun.end === undefined) {
    // Said at once: the next record may be long in coming.
    await partition.commit(offset, noteAt(offset, replay));
    meter.lost(topic, deleted);
    return undefined;
  }
  const from = offset - deleted;
  if (begun.end !== undefined && begun.left === undefined) {
    const { endOffset } = await log.extentOf(topic, partition.partition);
    if (endOffset < begun.end) {
      // Noted before anything is appended there, which is no part of the batch.
      await partition.commit(from, formatNote({ ...begun, ...(replay && { replay }), left: endOffset }));
      meter.failed(lostByLog(topic, begun.end - endOffset));
      return undefined;
    }
  }
  return { from, offset, begun, replay };
};
