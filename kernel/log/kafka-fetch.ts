/** One fetch request. Its answer is read here and not by the library, which would decode all records at once and unchecked. */
import { type Connection, fetchV16, type Reader } from '@platformatic/kafka';
import { errorName, refuse } from './kafka-errors.ts';

export interface FetchFrom {
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  /** The first batch comes whole, however large. */
  readonly maxBytes: number;
}

export interface Fetched {
  readonly topicId: string;
  readonly partition: number;
  /** Kafka's name of what went wrong; NONE when nothing did. */
  readonly error: string;
  /** Offset the next append will get, of what is safe on enough brokers; -1 where it is not known. */
  readonly endOffset: number;
  /** Batches; the first may begin before the offset asked for. */
  readonly records: Buffer;
}

/** Waits up to `maxWaitMs` for a first record. */
export const fetchOnce = (connection: Connection, maxWaitMs: number, from: readonly FetchFrom[]): Promise<Fetched[]> =>
  new Promise((resolve, reject) => {
    const maxBytes = from.reduce((sum, { maxBytes }) => sum + maxBytes, 0);
    const request = (): ReturnType<typeof fetchV16.createRequest> =>
      fetchV16.createRequest(maxWaitMs, 1, maxBytes, 0, 0, -1, topicsOf(from), [], '');
    const { key, version } = fetchV16.api;
    connection.send(key, version, request, readAnswer, true, true, (error, fetched) => {
      if (error) reject(error);
      else resolve(fetched!);
    });
  });

const topicsOf = (from: readonly FetchFrom[]): fetchV16.FetchRequestTopic[] =>
  [...Map.groupBy(from, ({ topicId }) => topicId)].map(([topicId, partitions]) => ({
    topicId,
    partitions: partitions.map(({ partition, offset, maxBytes }) => ({
      partition,
      currentLeaderEpoch: -1,
      fetchOffset: BigInt(offset),
      lastFetchedEpoch: -1,
      partitionMaxBytes: maxBytes,
    })),
  }));

/** Fetch response, version 16: https://kafka.apache.org/protocol#The_Messages_Fetch */
const readAnswer = (_correlationId: number, _key: number, _version: number, reader: Reader): Fetched[] => {
  reader.readInt32();
  refuse(reader.readInt16(), 'a fetch');
  reader.readInt32();
  return reader
    .readArray((r) => {
      const topicId = r.readUUID();
      return r.readArray((r) => readPartition(r, topicId), true, false);
    })
    .flat();
};

const readPartition = (reader: Reader, topicId: string): Fetched => {
  const partition = reader.readInt32();
  const error = errorName(reader.readInt16());
  const endOffset = Number(reader.readInt64());
  reader.readInt64();
  reader.readInt64();
  reader.readNullableArray((r) => [r.readInt64(), r.readInt64()]);
  reader.readInt32();
  const size = reader.readUnsignedVarInt() - 1;
  const records = size > 0 ? reader.buffer.slice(reader.position, reader.position + size) : Buffer.alloc(0);
  reader.skip(Math.max(0, size));
  reader.readTaggedFields();
  return { topicId, partition, error, endOffset, records };
};
