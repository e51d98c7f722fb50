/** Keeps which decisions of others a decider has seen, in the transaction in which it moves its place. */

import type { LogRecord } from '../log/log.ts';
import type { Queries } from '../state/database.ts';
import { and, eq, inArray, sql } from '../state/drizzle.ts';
import { processorMarks } from '../state/tables.ts';
import { type Mark, markOf } from './decision-id.ts';
import type { Source } from './outbox.ts';

/** Marks of the sources that have decisions among these records. */
export const loadMarks = async (
  queries: Queries,
  reader: Source,
  records: readonly LogRecord[],
): Promise<readonly Mark[]> => {
  const sources = new Set(records.flatMap((record) => markOf(record, reader.logId)?.source ?? []));
  if (sources.size === 0) return [];
  const rows = await queries
    .select()
    .from(processorMarks)
    .where(
      and(
        eq(processorMarks.processor, reader.processor),
        eq(processorMarks.topic, reader.topic),
        eq(processorMarks.partition, reader.partition),
        inArray(processorMarks.source, [...sources]),
      ),
    );
  return rows.map(({ source, lastOffset, lastIndex }) => ({ source, offset: lastOffset, index: lastIndex }));
};

export const saveMarks = async (queries: Queries, reader: Source, marks: readonly Mark[]): Promise<void> => {
  if (marks.length === 0) return;
  const { processor, topic, partition } = reader;
  await queries
    .insert(processorMarks)
    .values(
      marks.map(({ source, offset, index }) => ({
        processor,
        topic,
        partition,
        source,
        lastOffset: offset,
        lastIndex: index,
      })),
    )
    .onConflictDoUpdate({
      target: [processorMarks.processor, processorMarks.topic, processorMarks.partition, processorMarks.source],
      set: { lastOffset: sql`excluded.last_offset`, lastIndex: sql`excluded.last_index` },
    });
};
