/** Looks for records that were put back before: in each partition from where it ended when somebody asked for them. */
import type { Log } from '../../kernel/log/log.ts';
import { type DeadLetterRetry, retryOfHeader } from '../../kernel/topics.ts';

export interface RetrySearch {
  /** Reads what was appended since the last time. */
  readOn(): Promise<void>;
  /** Whether the letter's record was found. */
  has(id: string): boolean;
  /** Whether the log has dropped records among which it might have been. */
  isBlind(retry: DeadLetterRetry): boolean;
}

export const searchRetries = async (
  log: Log,
  topic: string,
  retries: ReadonlyMap<string, DeadLetterRetry>,
): Promise<RetrySearch> => {
  const found = new Set<string>();
  const partitions = await Promise.all(
    Array.from({ length: await log.partitionsOf(topic) }, async (_, partition) => {
      const { startOffset } = await log.extentOf(topic, partition);
      const from = Math.min(...[...retries.values()].map((retry) => endOf(retry, partition)));
      return { partition, startOffset, tail: await log.tail(topic, partition, Math.max(from, startOffset)) };
    }),
  );
  return {
    async readOn() {
      for (const { partition, tail } of partitions) {
        // What comes while we read is left for the next time: where much is sent, the end runs away from us.
        const { endOffset } = await log.extentOf(topic, partition);
        while (tail.position < endOffset) {
          const records = await tail.next(readLimits);
          if (records.length === 0) break;
          for (const { headers, offset } of records) {
            const id = headers[retryOfHeader];
            const retry = id === undefined ? undefined : retries.get(id);
            if (retry !== undefined && offset >= endOf(retry, partition)) found.add(id!);
          }
        }
      }
    },
    has: (id) => found.has(id),
    isBlind: (retry) => partitions.some(({ partition, startOffset }) => startOffset > endOf(retry, partition)),
  };
};

/** A partition that was not there yet is looked through from its start. */
const endOf = ({ endOffsets }: DeadLetterRetry, partition: number): number => endOffsets[partition] ?? 0;

const readLimits = { maxRecords: 500, maxBytes: 4 * 2 ** 20 };
