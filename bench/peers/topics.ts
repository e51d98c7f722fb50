/** Topics in the form that the peers read and write: a message is a request, uncompressed, in a batch compressed with zstd. */
import { Admin, ListOffsetTimestamps, ProduceAcks, Producer } from '@platformatic/kafka';

export interface PeerTopics {
  create(name: string): Promise<void>;
  append(name: string, requests: readonly Uint8Array[]): Promise<void>;
  /** Records ever appended to any topic of the broker that nobody deletes from. */
  countRecords(name: string): Promise<number>;
  close(): Promise<void>;
}

/** As many as the topics of the product have. */
const partitions = 8;
const appendsInFlight = 16;

export const openPeerTopics = (broker: string): PeerTopics => {
  const admin = new Admin({ clientId: 'peers', bootstrapBrokers: [broker] });
  const producer = new Producer({
    clientId: 'peers',
    bootstrapBrokers: [broker],
    acks: ProduceAcks.ALL,
    compression: 'zstd',
    timeout: 60_000,
  });
  return {
    async create(name) {
      const configs = [{ name: 'max.message.bytes', value: String(16 * 2 ** 20) }];
      await admin.createTopics({ topics: [name], partitions, replicas: 1, configs });
    },
    append: (topic, requests) =>
      eachOf(requests, appendsInFlight, async (value, i) => {
        await producer.send({ messages: [{ topic, partition: i % partitions, value: Buffer.from(value) }] });
      }),
    async countRecords(name) {
      const wanted = Array.from({ length: partitions }, (_, partitionIndex) => ({
        partitionIndex,
        timestamp: ListOffsetTimestamps.LATEST,
      }));
      const [topic] = await admin.listOffsets({ topics: [{ name, partitions: wanted }] });
      return topic!.partitions.reduce((sum, { offset }) => sum + Number(offset), 0);
    },
    async close() {
      await producer.close(true);
      await admin.close();
    },
  };
};

/** `lanes` at a time, each taking the next as soon as its last is done. */
export const eachOf = async <Item>(
  items: readonly Item[],
  lanes: number,
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> => {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      await work(items[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
};
