/** How many records retention took before they were read: whoever is too slow for it must not lose them unsaid. */
import type { Log, LogRecord } from '../log/log.ts';

/**
 * Of those from `from` to the last of `records`, which were read from there on, as far as offsets tell. Nothing is asked
 * as long as there is no gap between them.
 */
export const deletedUnread = async (
  log: Pick<Log, 'extentOf'>,
  { topic, partition }: { readonly topic: string; readonly partition: number },
  from: number,
  records: readonly LogRecord[],
): Promise<number> => {
  const end = (records.at(-1)?.offset ?? from - 1) + 1;
  if (end - from === records.length) return 0;
  // A gap where the log still keeps records is none of retention's doing.
  const { startOffset } = await log.extentOf(topic, partition);
  const deletedTo = Math.min(startOffset, end);
  const read = records.filter(({ offset }) => offset < deletedTo).length;
  return Math.max(0, deletedTo - from - read);
};

/** What a processor fails with, once, that had read further than the log goes now. */
export const lostByLog = (topic: string, records: number): Error =>
  new Error(`the log has lost ${records} records of ${topic} that were read before: it is read on from its end`);
