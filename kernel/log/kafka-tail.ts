/** A cursor over one partition, without a group. Of a topic that is deleted and created again it goes on with the new one. */
import type { KafkaReader } from './kafka-reader.ts';
import type { PartitionTail } from './log.ts';

/** @param open the reader of the topic as it is now: `known` itself while it still is. */
export const openTail = async (
  open: (known?: KafkaReader) => KafkaReader,
  from: 'start' | 'end' | number,
  closing: AbortSignal,
): Promise<PartitionTail> => {
  let reader = open();
  const { startOffset, endOffset } = await reader.extent();
  let position = from === 'start' ? startOffset : from === 'end' ? endOffset : Math.max(from, startOffset);

  const readNow: PartitionTail['next'] = async (limits) => {
    const now = open(reader);
    if (now !== reader) {
      position = (await now.extent()).startOffset;
      reader = now;
    }
    const { records, nextOffset } = await reader.read(position, limits);
    position = nextOffset;
    return records;
  };

  return {
    get position() {
      return position;
    },
    async next(limits) {
      try {
        return await readNow(limits);
      } catch (error) {
        if (open(reader) === reader) throw error;
        return readNow(limits);
      }
    },
    async wait(timeoutMs, signal) {
      if (open(reader) === reader) await reader.waitFor(position, timeoutMs, signal ? [signal, closing] : [closing]);
    },
  };
};
