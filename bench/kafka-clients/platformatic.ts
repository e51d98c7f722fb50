/** @platformatic/kafka: its producer, and its wire protocol's Fetch called by ourselves, partition by partition. */
import { ConnectionPool, fetchV17, ProduceAcks, Producer } from '@platformatic/kafka';
import { type BenchClient, type Compression, fetchBytes } from './client.ts';

export const connectPlatformatic = async (
  bootstrap: readonly string[],
  compression: Compression,
): Promise<BenchClient> => {
  const producer = new Producer({
    clientId: 'bench',
    bootstrapBrokers: [...bootstrap],
    acks: ProduceAcks.ALL,
    idempotent: true,
    compression,
    timeout: 30_000,
  });
  return {
    append: async (topic, partition, records) => {
      await producer.send({
        messages: records.map(({ key, headers, value }) => ({
          topic,
          partition,
          key: Buffer.from(key),
          value,
          headers: new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
        })),
      });
    },
    readAll: async (topic, partitions, records) => {
      const { topics, brokers } = await producer.metadata({ topics: [topic] });
      const { id, partitions: leaders } = topics.get(topic)!;
      let seen = 0;
      let bytes = 0;
      const readPartition = async (partition: number) => {
        const pool = new ConnectionPool(`bench-${partition}`, { requestTimeout: 30_000 });
        const connection = await pool.get(brokers.get(leaders[partition]!.leader)!);
        let offset = 0n;
        while (seen < records) {
          const wanted = {
            topicId: id,
            partitions: [
              {
                partition,
                currentLeaderEpoch: -1,
                fetchOffset: offset,
                lastFetchedEpoch: -1,
                partitionMaxBytes: fetchBytes,
              },
            ],
          };
          const fetched = await fetchV17.api.async(connection, 100, 1, fetchBytes, 1, 0, -1, [wanted], [], '');
          for (const batch of fetched.responses[0]?.partitions[0]?.records ?? []) {
            for (const { value, offsetDelta } of batch.records) {
              if (batch.firstOffset + BigInt(offsetDelta) < offset) continue;
              bytes += value!.length;
              seen += 1;
            }
            offset = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
          }
        }
        await pool.close();
      };
      await Promise.all(Array.from({ length: partitions }, (_, partition) => readPartition(partition)));
      return bytes;
    },
    close: () => producer.close(true),
  };
};
