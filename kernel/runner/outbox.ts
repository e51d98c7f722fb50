/**
 * What deciders decided and the log may not have yet. It is stored with the decision, then appended, then deleted; what
 * a crash leaves behind is appended again by whoever holds the partition next. So it is on the log at least once.
 */

import type { Log } from '../log/log.ts';
import type { Queries } from '../state/database.ts';
import { and, asc, eq, inArray } from '../state/drizzle.ts';
import { processorOutbox } from '../state/tables.ts';
import { reached } from '../steps.ts';
import type { Outgoing } from './decisions.ts';
import type { ReadFrom } from './set-aside.ts';

/** Whose decisions: a processor's, on what it read from one partition. */
export interface Source extends ReadFrom {
  readonly processor: string;
}

export const saveToOutbox = async (queries: Queries, source: Source, outgoing: readonly Outgoing[]): Promise<void> => {
  for (let start = 0; start < outgoing.length; start += rowsPerQuery) {
    await queries.insert(processorOutbox).values(
      outgoing.slice(start, start + rowsPerQuery).map(({ topic, key, headers, value }) => ({
        processor: source.processor,
        sourceTopic: source.topic,
        sourcePartition: source.partition,
        topic,
        key,
        headers,
        value,
      })),
    );
  }
};

/** Resolves when nothing of this source is left. @throws LogFullError when the log cannot take it now. */
export const emptyOutbox = async (queries: Queries, log: Log, source: Source): Promise<void> => {
  for (;;) {
    const rows = await queries
      .select()
      .from(processorOutbox)
      .where(
        and(
          eq(processorOutbox.processor, source.processor),
          eq(processorOutbox.sourceTopic, source.topic),
          eq(processorOutbox.sourcePartition, source.partition),
        ),
      )
      .orderBy(asc(processorOutbox.id))
      .limit(rowsPerQuery);
    if (rows.length === 0) return;
    for (const [topic, records] of Map.groupBy(rows, (row) => row.topic)) {
      await log.append(topic, records);
    }
    reached('decider: outbox appended');
    await queries.delete(processorOutbox).where(
      inArray(
        processorOutbox.id,
        rows.map(({ id }) => id),
      ),
    );
  }
};

const rowsPerQuery = 500;
