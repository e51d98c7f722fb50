/** What brokers say of topics, and which of it is taken for true: one may be behind the others. */
import type { metadataV12 } from '@platformatic/kafka';
import { errorName, isPassingName, KafkaError } from './kafka-errors.ts';

export interface KafkaTopic {
  /** As the cluster knows it, with the prefix. */
  readonly name: string;
  /** One that takes its place has another. */
  readonly id: string;
  /** Broker that leads each partition; -1 where none does. */
  readonly leaders: readonly number[];
  /** Which leader of each partition that is: a later one has a larger number. */
  readonly leaderEpochs: readonly number[];
}

export interface KafkaPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A partition of the topic that has this id. */
export interface KafkaPlace extends KafkaPartition {
  readonly topicId: string;
}

export interface KnownTopics {
  readonly topics: readonly KafkaTopic[];
  /** By name, those that cannot be used until somebody does something about it. */
  readonly refused: ReadonlyMap<string, KafkaError>;
}

/** Topics that are not there, or not yet, are left out. */
export const topicsIn = (answered: readonly metadataV12.MetadataResponseTopic[]): KnownTopics => {
  const topics: KafkaTopic[] = [];
  const refused = new Map<string, KafkaError>();
  for (const { errorCode, name, topicId, partitions } of answered) {
    const error = errorName(errorCode);
    if (errorCode !== 0 && !isPassingName(error)) refused.set(name!, new KafkaError(error, `the topic ${name}`));
    if (errorCode !== 0) continue;
    const inOrder = partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex);
    const leaders = inOrder.map(({ leaderId }) => leaderId);
    topics.push({ name: name!, id: topicId, leaders, leaderEpochs: inOrder.map(({ leaderEpoch }) => leaderEpoch) });
  }
  return { topics, refused };
};

/** Of each partition the later leader: of one topic, what was true of it once does not come back. */
export const newerOf = (known: KafkaTopic | undefined, looked: KafkaTopic): KafkaTopic => {
  if (known?.id !== looked.id) return looked;
  const longer = known.leaders.length > looked.leaders.length ? known : looked;
  const sources = longer.leaders.map((_, i) =>
    (looked.leaderEpochs[i] ?? -1) >= (known.leaderEpochs[i] ?? -1) ? looked : known,
  );
  return {
    ...looked,
    leaders: sources.map(({ leaders }, i) => leaders[i]!),
    leaderEpochs: sources.map(({ leaderEpochs }, i) => leaderEpochs[i]!),
  };
};
