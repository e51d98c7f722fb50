/**
 * What makes an insert one block, one part and one token: settings that keep ClickHouse from cutting the rows into
 * several blocks, whose boundaries would have to be the same at a replay.
 */
import { RejectedBatchError } from '../processor.ts';
import { asInsertError } from './clickhouse-errors.ts';
import type { RowsInsert } from './client.ts';

/** For every insert, by whichever way its rows come. Views of views included, each table drops a token it has seen. */
export const insertSettings = (token: string): Readonly<Record<string, string | number>> => ({
  // Or the server would gather rows of several inserts into blocks of its own, under tokens of its own.
  async_insert: 0,
  insert_deduplicate: 1,
  // What 26.2 looks at besides, whatever the user's profile says.
  deduplicate_insert: 'enable',
  insert_deduplication_token: token,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  max_insert_threads: 1,
  max_insert_block_size: 10_000_000,
  min_insert_block_size_rows: 10_000_000,
  min_insert_block_size_bytes: 4_000_000_000,
});

export type InsertSettings = ReturnType<typeof insertSettings>;

/**
 * Inserts by `write`. Where a view cannot take the rows, the table has them all the same, and an insert under any other
 * token would store them twice: so they are sent again under their own, and that view does without; so does a table of
 * derived rows that cannot take them. `onSkippedView` is told why: what can fail there is a mistake of ours.
 * @throws RejectedBatchError when these bytes will never be taken, anything else when a later try may succeed.
 */
export const insertBlock = async (
  { token, isDerived }: Required<Pick<RowsInsert, 'token' | 'isDerived'>>,
  write: (settings: InsertSettings) => Promise<void>,
  onSkippedView: (reason: string) => void,
): Promise<void> => {
  try {
    await write(insertSettings(token));
  } catch (error) {
    const reason = asInsertError(error);
    if (!(reason instanceof RejectedBatchError)) throw reason;
    const isInView = reason.message.includes(whileInView);
    if (isInView) await write({ ...insertSettings(token), materialized_views_ignore_errors: 1 });
    else if (!isDerived) throw reason;
    onSkippedView(reason.message);
  }
};

/** As ClickHouse says of an exception on the way into a view. */
const whileInView = 'while pushing to view';
