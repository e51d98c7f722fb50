/** Where a decider stands in a partition. It is kept with its state, so that both move together or not at all. */
import { and, eq, sql } from 'drizzle-orm';
import type { Log } from '../log/log.ts';
import type { Queries } from '../state/database.ts';
import { processorOffsets } from '../state/tables.ts';
import type { Source } from './outbox.ts';

/**
 * The offset to go on from. A decider that never ran begins with the oldest record, and so does one whose log was
 * replaced by a shorter one.
 */
export const findPlace = async (queries: Queries, log: Log, source: Source): Promise<number> => {
  const { position: oldest } = await log.tail(source.topic, source.partition, 'start');
  const { position: end } = await log.tail(source.topic, source.partition, 'end');
  const [saved] = await queries.select().from(processorOffsets).where(isOf(source));
  const offset = saved === undefined || saved.nextOffset > end ? oldest : Math.max(saved.nextOffset, oldest);
  if (saved?.nextOffset !== offset) {
    await queries
      .insert(processorOffsets)
      .values({ ...source, nextOffset: offset })
      .onConflictDoUpdate({ target: primaryKey, set: { nextOffset: offset } });
  }
  return offset;
};

/**
 * Moves on from `from` to `to`, and holds the place until the transaction ends.
 * @throws Error when another member moved meanwhile: the partition was taken from us and we have not noticed yet.
 */
export const movePlace = async (queries: Queries, source: Source, from: number, to: number): Promise<void> => {
  const moved = await queries
    .update(processorOffsets)
    .set({ nextOffset: to })
    .where(and(isOf(source), eq(processorOffsets.nextOffset, from)))
    .returning();
  if (moved.length === 0) throw new Error(`${source.topic} was read on from ${from} by another member of the group`);
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

const primaryKey = [processorOffsets.processor, processorOffsets.topic, processorOffsets.partition];

const isOf = ({ processor, topic, partition }: Source) =>
  and(
    eq(processorOffsets.processor, processor),
    eq(processorOffsets.topic, topic),
    eq(processorOffsets.partition, partition),
  );
