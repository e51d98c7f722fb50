/** kafkajs, as its documentation has it used: a producer, and a consumer group with manual places. */
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs from 'kafkajs';
import { type BenchClient, type Compression, fetchBytes } from './client.ts';

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;

// It knows zstd by name only.
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: ({ buffer }: { buffer: Buffer }) => promisify(zstdCompress)(buffer),
  decompress: (buffer: Buffer) => promisify(zstdDecompress)(buffer),
});

export const connectKafkajs = async (bootstrap: readonly string[], compression: Compression): Promise<BenchClient> => {
  const kafka = new Kafka({ clientId: 'bench', brokers: [...bootstrap], logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ idempotent: true, allowAutoTopicCreation: false });
  await producer.connect();
  const codec = compression === 'zstd' ? CompressionTypes.ZSTD : CompressionTypes.None;
  return {
    append: async (topic, partition, records) => {
      const messages = records.map(({ key, headers, value }) => ({ key, headers, value, partition }));
      await producer.send({ topic, messages, acks: -1, compression: codec });
    },
    readAll: async (topic, _partitions, records) => {
      const consumer = kafka.consumer({
        groupId: randomUUID(),
        maxBytesPerPartition: fetchBytes,
        maxBytes: fetchBytes,
        maxWaitTimeInMs: 100,
      });
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      const all = Promise.withResolvers<number>();
      let seen = 0;
      let bytes = 0;
      await consumer.run({
        autoCommit: false,
        partitionsConsumedConcurrently: 4,
        eachBatch: async ({ batch }) => {
          for (const { value } of batch.messages) bytes += value!.length;
          seen += batch.messages.length;
          if (seen >= records) all.resolve(bytes);
        },
      });
      const read = await all.promise;
      await consumer.disconnect();
      return read;
    },
    close: () => producer.disconnect(),
  };
};
