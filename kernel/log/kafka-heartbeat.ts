/** What a member of a consumer group and its coordinator tell each other, every few seconds (KIP-848). */
import { consumerGroupHeartbeatV1 } from '@platformatic/kafka';
import type { KafkaCluster } from './kafka-cluster.ts';
import { namesIn } from './kafka-errors.ts';

/** Instead of an epoch: to join, and to leave. */
export const joiningEpoch = 0;
export const leavingEpoch = -1;

export interface Membership {
  readonly group: string;
  readonly memberId: string;
  /** With the prefix. */
  readonly topics: readonly string[];
}

export interface TopicPartitions {
  readonly topicId: string;
  readonly partitions: readonly number[];
}

export interface HeartbeatAnswer {
  readonly epoch: number;
  readonly intervalMs: number;
  /** What the member should hold from now on; undefined when that has not changed. */
  readonly assigned: readonly TopicPartitions[] | undefined;
}

/** How long the coordinator waits for a member to let go of a partition before it counts as gone. */
const rebalanceTimeoutMs = 45_000;

/** Asks once. `owned`: what the member has not let go of yet. */
export const heartbeat = async (
  cluster: KafkaCluster,
  { group, memberId, topics }: Membership,
  epoch: number,
  owned: readonly TopicPartitions[],
): Promise<HeartbeatAnswer> => {
  const holding = owned.map(({ topicId, partitions }) => ({ topicId, partitions: [...partitions] }));
  const names = [...topics];
  const { async: ask } = consumerGroupHeartbeatV1.api;
  const answer = await cluster.atCoordinator(
    group,
    // Without an instance, a rack, a pattern of topics and an assignor of our own choice.
    (to) => ask(to, group, memberId, epoch, null, null, rebalanceTimeoutMs, names, null, null, holding),
    'heartbeat',
  );
  const { memberEpoch, heartbeatIntervalMs, assignment } = answer;
  return { epoch: memberEpoch, intervalMs: heartbeatIntervalMs, assigned: assignment?.topicPartitions };
};

const fencing = new Set(['UNKNOWN_MEMBER_ID', 'FENCED_MEMBER_EPOCH', 'GROUP_ID_NOT_FOUND', 'ILLEGAL_GENERATION']);

/** The group goes on without this member: nothing that it holds is its own any more. */
export const isFenced = (error: unknown): boolean => namesIn(error).some((name) => fencing.has(name));

export const isStaleEpoch = (error: unknown): boolean => namesIn(error).includes('STALE_MEMBER_EPOCH');
