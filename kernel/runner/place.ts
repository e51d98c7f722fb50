/** Where a decider stands in a partition. It is kept with its state, so that both move together or not at all. */

import { type Log, PartitionTakenError } from '../log/log.ts';
import { placeWithin } from '../log/place-within.ts';
import type { Queries } from '../state/database.ts';
import { and, eq, sql } from '../state/drizzle.ts';
import { processorOffsets } from '../state/tables.ts';
import type { Source } from './outbox.ts';

export type Place = Omit<Source, 'logId'>;

export interface FoundPlace {
  /** Where to go on. */
  readonly offset: number;
  /** How many offsets before it were deleted since the place was saved. */
  readonly deleted: number;
  /** How far beyond the log's end the saved place was: the log has lost so many records, and `offset` is its end. */
  readonly beyondEnd: number;
}

/**
 * A decider that never ran begins with the oldest record, and so does one whose log was replaced, or whose place was
 * deleted; one whose place is beyond the end goes on there: then the new place is saved, so that only one member says so.
 * @throws PartitionTakenError when another member was quicker.
 */
export const findPlace = async (queries: Queries, log: Log, source: Source): Promise<FoundPlace> => {
  const { startOffset, endOffset } = await log.extentOf(source.topic, source.partition);
  const [saved] = await queries.select().from(processorOffsets).where(isOf(source));
  const isOfThisLog = saved?.logId === source.logId || (saved?.logId === '' && saved.nextOffset <= endOffset);
  const found = saved && isOfThisLog ? { offset: saved.nextOffset, metadata: '' } : undefined;
  const { offset, deleted, beyondEnd } = placeWithin(found, { startOffset, endOffset });
  if (saved?.nextOffset === offset && saved.logId === source.logId) return { offset, deleted, beyondEnd };
  const moved = saved
    ? await queries
        .update(processorOffsets)
        .set({ nextOffset: offset, logId: source.logId })
        .where(
          and(isOf(source), eq(processorOffsets.logId, saved.logId), eq(processorOffsets.nextOffset, saved.nextOffset)),
        )
        .returning()
    : await queries.insert(processorOffsets).values(rowOf(source, offset)).onConflictDoNothing().returning();
  if (moved.length === 0)
    throw new PartitionTakenError(`another member of the group found its place in ${source.topic}`);
  return { offset, deleted, beyondEnd };
};

/** For a replay, while nobody reads. Which log the place is in stays as it was. */
export const setPlace = async (queries: Queries, place: Place, offset: number): Promise<void> => {
  await queries
    .insert(processorOffsets)
    .values(rowOf({ ...place, logId: '' }, offset))
    .onConflictDoUpdate({ target: primaryKey, set: { nextOffset: offset } });
};

/** Undefined for a decider that never ran. */
export const savedPlace = async (queries: Queries, place: Place): Promise<number | undefined> =>
  (await queries.select().from(processorOffsets).where(isOf(place)))[0]?.nextOffset;

/**
 * Moves on from `from` to `to`, and holds the place until the transaction ends.
 * @throws PartitionTakenError when another member moved meanwhile: the partition was taken from us and we have not noticed yet.
 */
export const movePlace = async (queries: Queries, source: Source, from: number, to: number): Promise<void> => {
  const moved = await queries
    .update(processorOffsets)
    .set({ nextOffset: to })
    .where(and(isOf(source), eq(processorOffsets.logId, source.logId), eq(processorOffsets.nextOffset, from)))
    .returning();
  if (moved.length === 0) {
    throw new PartitionTakenError(`${source.topic} was read on from ${from} by another member of the group`);
  }
};

/**
 * Keeps others from deciding on these keys until the transaction ends: partitions of two topics can hold the same key.
 * Locks are shared by several keys, so that their number has a limit, and taken in order, so that nobody waits in a circle.
 */
export const lockKeys = async (queries: Queries, processor: string, keys: readonly string[]): Promise<void> => {
  await queries.execute(sql`
    select pg_advisory_xact_lock(hashtext(${processor}), number)
    from (select distinct hashtext(key) & 63 as number
          from jsonb_array_elements_text(${JSON.stringify(keys)}::jsonb) as key order by 1) as locks`);
};

const rowOf = ({ processor, topic, partition, logId }: Source, nextOffset: number) => ({
  processor,
  topic,
  partition,
  logId,
  nextOffset,
});

const primaryKey = [processorOffsets.processor, processorOffsets.topic, processorOffsets.partition];

const isOf = ({ processor, topic, partition }: Place) =>
  and(
    eq(processorOffsets.processor, processor),
    eq(processorOffsets.topic, topic),
    eq(processorOffsets.partition, partition),
  );
