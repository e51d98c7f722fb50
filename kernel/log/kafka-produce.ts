/** One produce request, and the request that names who produces. */
import { type Connection, initProducerIdV4, produceV10, Writer } from '@platformatic/kafka';
import type { KafkaCluster } from './kafka-cluster.ts';
import { answerOf, errorName, refuse } from './kafka-errors.ts';
import type { KafkaPartition } from './kafka-metadata.ts';

export interface EncodedBatch extends KafkaPartition {
  readonly encoded: Buffer;
}

/** Who writes to a partition. The broker drops a batch that it has had from the same one, and refuses one out of turn. */
export interface ProducerIdentity {
  readonly producerId: bigint;
  readonly epoch: number;
}

const allInSyncReplicas = -1;
/** How long the leader waits for the others before it says that they are late; less than we wait for its answer. */
const replicationTimeoutMs = 5_000;

/** The outcome of each batch, in their order: Kafka's name of the error, or NONE. */
export const produceOnce = (connection: Connection, batches: readonly EncodedBatch[]): Promise<string[]> =>
  answerOf(
    new Promise<produceV10.ProduceResponse>((resolve, reject) => {
      const { key, version } = produceV10.api;
      connection.send(
        key,
        version,
        () => requestFor(batches),
        produceV10.parseResponse,
        true,
        true,
        (error, answer) => {
          if (error) reject(error);
          else resolve(answer!);
        },
      );
    }),
  ).then(({ responses }) => {
    const codes = new Map(
      responses.flatMap(({ name, partitionResponses }) =>
        partitionResponses.map(({ index, errorCode }) => [`${name}/${index}`, errorCode] as const),
      ),
    );
    return batches.map(({ topic, partition }) => errorName(codes.get(`${topic}/${partition}`) ?? -1));
  });

export const newIdentity = (cluster: KafkaCluster): Promise<ProducerIdentity> =>
  cluster.atAny(async (connection) => {
    const answer = await answerOf(initProducerIdV4.api.async(connection, null, 60_000));
    refuse(answer.errorCode, 'a producer id');
    return { producerId: answer.producerId, epoch: answer.producerEpoch };
  });

/** Produce request, version 10: https://kafka.apache.org/protocol#The_Messages_Produce */
const requestFor = (batches: readonly EncodedBatch[]): Writer =>
  Writer.create()
    .appendString(null)
    .appendInt16(allInSyncReplicas)
    .appendInt32(replicationTimeoutMs)
    .appendArray([...Map.groupBy(batches, ({ topic }) => topic)], (writer, [topic, ofTopic]) => {
      writer.appendString(topic).appendArray(ofTopic, (writer, { partition, encoded }) => {
        writer
          .appendInt32(partition)
          .appendUnsignedVarInt(encoded.byteLength + 1)
          .append(encoded);
      });
    })
    .appendTaggedFields();
