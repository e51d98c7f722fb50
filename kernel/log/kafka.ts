/**
 * The log on Apache Kafka 4: what an installation of several processes shares. Unlike the embedded one it deletes by
 * age and size what has not been read, too: `retention.ms` and `retention.bytes` of its topics are the operator's.
 */
import type { KafkaConfig } from '../config-stores.ts';
import { settledWithin } from '../settled-within.ts';
import { topics as allTopics, type TopicDefinition } from '../topics.ts';
import { openCluster } from './kafka-cluster.ts';
import { createEnds } from './kafka-ends.ts';
import { operatorErrorIn } from './kafka-errors.ts';
import { holdPartition } from './kafka-holding.ts';
import { createMember, type Member } from './kafka-member.ts';
import type { KafkaPartition } from './kafka-metadata.ts';
import { moveOffsets } from './kafka-move.ts';
import { committedOffsets, extentsOf, offsetsAt } from './kafka-offsets.ts';
import { createProducer, requireProducerRights } from './kafka-producer.ts';
import { createReader, type KafkaReader } from './kafka-reader.ts';
import { openTail } from './kafka-tail.ts';
import { prepareTopics } from './kafka-topics.ts';
import type { Log } from './log.ts';
import { placeWithin } from './place-within.ts';

export interface KafkaLogOptions {
  readonly kafka: KafkaConfig;
  /** Default: every topic of the product. */
  readonly topics?: readonly TopicDefinition[];
  /** How long to wait at the start for brokers that are starting too. */
  readonly startTimeoutMs?: number;
  /** Told of what goes wrong behind the scenes and is tried again, such as a group's coordinator that is away. */
  readonly onTrouble?: (error: Error) => void;
}

const closeTimeoutMs = 10_000;

/** @throws OperatorError when the cluster cannot be reached or refuses what we need; the message says what to do. */
export const openKafkaLog = async ({
  kafka,
  topics = allTopics,
  startTimeoutMs = 60_000,
  onTrouble = () => {},
}: KafkaLogOptions): Promise<Log> => {
  const { prefix } = kafka;
  const cluster = openCluster(kafka);
  try {
    await prepareTopics(cluster, kafka, topics, startTimeoutMs);
    await requireProducerRights(cluster);
  } catch (error) {
    await cluster.close();
    throw operatorErrorIn(error) ?? error;
  }
  const declared = new Set(topics.map(({ name }) => name));
  const ends = createEnds(cluster);
  const producer = createProducer(cluster);
  const members = new Set<Member>();
  const closing = new AbortController();

  const nameOf = (topic: string): string => {
    if (!declared.has(topic)) throw new Error(`There is no topic ${topic}: declare it in kernel/topics.ts.`);
    return prefix + topic;
  };
  const partitionOf = (topic: string, partition: number): KafkaPartition => ({ topic: nameOf(topic), partition });
  const partitionsOf = (topic: string): KafkaPartition[] =>
    cluster.topic(nameOf(topic)).leaders.map((_, partition) => partitionOf(topic, partition));
  /** `known` as long as it reads the topic that has the name now. */
  const readerOf = (topic: string, partition: number, known?: KafkaReader): KafkaReader => {
    const { name, id } = cluster.topic(nameOf(topic));
    if (known?.place.topicId === id) return known;
    return createReader(cluster, ends, { topic: name, topicId: id, partition }, closing.signal);
  };

  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    closing.abort();
    const finished = Promise.allSettled([...members].map((member) => member.leave())).then(() => producer.close());
    await settledWithin(finished, closeTimeoutMs);
    ends.close();
    await cluster.close();
  };

  return {
    append: async (topic, records) => producer.append(nameOf(topic), records),

    async join(group, names, hold) {
      if (closing.signal.aborted) throw new Error('The log is closed.');
      const member = createMember(cluster, {
        group: prefix + group,
        topics: names.map(nameOf),
        onTrouble,
        async hold(holding) {
          const topic = holding.place.topic.slice(prefix.length);
          const signal = AbortSignal.any([holding.signal, closing.signal]);
          await hold(holdPartition({ cluster, ends, group: prefix + group, topic, holding, signal }));
        },
      });
      members.add(member);
      const leave = async (): Promise<void> => {
        await member.leave();
        members.delete(member);
      };
      await member.joined.catch(async (error: unknown) => {
        await leave();
        throw error;
      });
      return leave;
    },

    tail: async (topic, partition, from) =>
      openTail((known) => readerOf(topic, partition, known), from, closing.signal),
    partitionsOf: async (topic) => cluster.topic(nameOf(topic)).leaders.length,
    logIdOf: async (topic) => `${cluster.clusterId()}/${cluster.topic(nameOf(topic)).id}`,
    firstOffset: 0,

    async extentOf(topic, partition) {
      const [extent] = await extentsOf(cluster, [partitionOf(topic, partition)]);
      return extent!;
    },

    async offsetAt(topic, partition, timeMs) {
      const [offset] = await offsetsAt(cluster, [partitionOf(topic, partition)], timeMs);
      if (offset! >= 0) return offset!;
      const [extent] = await extentsOf(cluster, [partitionOf(topic, partition)]);
      return extent!.endOffset;
    },

    async lagOf(group, names) {
      const partitions = names.flatMap((topic) => partitionsOf(topic).map((place) => ({ ...place, bare: topic })));
      const [committed, extents] = await Promise.all([
        committedOffsets(cluster, prefix + group, partitions),
        extentsOf(cluster, partitions),
      ]);
      return partitions.map(({ bare, partition }, i) => {
        const { endOffset } = extents[i]!;
        const { offset: committedOffset } = placeWithin(committed[i], extents[i]!);
        return { topic: bare, partition, committedOffset, endOffset, lag: endOffset - committedOffset };
      });
    },

    async placeOf(group, topic, partition) {
      const place = partitionOf(topic, partition);
      const [[committed], [extent]] = await Promise.all([
        committedOffsets(cluster, prefix + group, [place]),
        extentsOf(cluster, [place]),
      ]);
      return placeWithin(committed, extent!);
    },

    moveGroup: async (group, topic, places) => moveOffsets(cluster, prefix + group, nameOf(topic), places),

    /** The broker deletes and compacts by itself, as the topics' settings say. */
    retain: async () => {},

    async ping() {
      const { topics, refused } = await cluster.look([...declared].map(nameOf));
      for (const refusal of refused.values()) throw operatorErrorIn(refusal) ?? refusal;
      for (const name of [...declared].map(nameOf)) {
        const topic = topics.find((topic) => topic.name === name);
        if (topic === undefined) throw new Error(`There is no topic ${name} any more.`);
        if (topic.leaders.every((leader) => leader < 0)) throw new Error(`No broker leads a partition of ${name}.`);
      }
    },

    close() {
      closed ??= close();
      return closed;
    },
  };
};
