/** A cursor over one partition, without a group. */
import type { KafkaReader } from './kafka-reader.ts';
import type { PartitionTail } from './log.ts';

export const openTail = async (
  reader: KafkaReader,
  from: 'start' | 'end' | number,
  closing: AbortSignal,
): Promise<PartitionTail> => {
  const { startOffset, endOffset } = await reader.extent();
  let position = from === 'start' ? startOffset : from === 'end' ? endOffset : Math.max(from, startOffset);
  return {
    get position() {
      return position;
    },
    async next(limits) {
      const { records, nextOffset } = await reader.read(position, limits);
      position = nextOffset;
      return records;
    },
    wait: (timeoutMs, signal) => reader.waitFor(position, timeoutMs, signal ? [signal, closing] : [closing]),
  };
};
