/** Offsets as the cluster keeps them: where partitions begin and end, and where groups stand. */
import { listOffsetsV9, offsetCommitV9, offsetFetchV9 } from '@platformatic/kafka';
import { type KafkaCluster, untilAnswered } from './kafka-cluster.ts';
import { answerOf, errorName, isPassingName, KafkaError, refuse } from './kafka-errors.ts';
import type { KafkaPartition } from './kafka-metadata.ts';
import type { CommittedOffset, Extent } from './log.ts';

/** Instead of a time. */
const theStart = -2;
const theEnd = -1;

/**
 * For each partition the offset of the oldest record taken at or after `timeMs`, Unix milliseconds; -1 where there is
 * none. The first and the next offset for `theStart` and `theEnd`.
 */
export const offsetsAt = async (
  cluster: KafkaCluster,
  partitions: readonly KafkaPartition[],
  timeMs: number,
): Promise<number[]> => {
  const found = new Map<string, number>();
  await untilAnswered(cluster, async () => {
    const missing = partitions.filter((partition) => !found.has(keyOf(partition)));
    const byLeader = Map.groupBy(missing, (partition) => cluster.leaderOf(partition));
    const asked = await Promise.allSettled(
      [...byLeader].map(([leader, led]) => listAt(cluster, leader, led, timeMs, found)),
    );
    const failed = asked.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  });
  return partitions.map((partition) => found.get(keyOf(partition))!);
};

export const extentsOf = async (cluster: KafkaCluster, partitions: readonly KafkaPartition[]): Promise<Extent[]> => {
  const [starts, ends] = await Promise.all([
    offsetsAt(cluster, partitions, theStart),
    offsetsAt(cluster, partitions, theEnd),
  ]);
  return partitions.map((_, i) => ({ startOffset: starts[i]!, endOffset: ends[i]! }));
};

/** Where the group stands in each partition; undefined where it never committed. */
export const committedOffsets = async (
  cluster: KafkaCluster,
  group: string,
  partitions: readonly KafkaPartition[],
): Promise<(CommittedOffset | undefined)[]> => {
  const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([name, of]) => ({
    name,
    partitionIndexes: of.map(({ partition }) => partition),
  }));
  const answer = await untilAnswered(cluster, () =>
    cluster.atCoordinator(group, async (connection) => {
      const request = { groupId: group, memberId: null, memberEpoch: -1, topics };
      const { groups } = await answerOf(offsetFetchV9.api.async(connection, [request], false));
      refuse(groups[0]!.errorCode, `the offsets of ${group}`);
      for (const { partitions } of groups[0]!.topics) {
        for (const { errorCode } of partitions) refuse(errorCode, `the offsets of ${group}`);
      }
      return groups[0]!;
    }),
  );
  return partitions.map(({ topic, partition }) => {
    const found = answer.topics
      .find(({ name }) => name === topic)
      ?.partitions.find(({ partitionIndex }) => partitionIndex === partition);
    if (found === undefined || found.committedOffset < 0n) return undefined;
    return { offset: Number(found.committedOffset), metadata: found.metadata ?? '' };
  });
};

/** Who commits: a member as the coordinator knows it. */
export interface Committer {
  readonly memberId: string;
  readonly epoch: number;
}

/**
 * The coordinator did not answer a commit, and may yet get to it: perhaps after a later one, which it would undo. So
 * whoever sent it must not commit again as the same member.
 */
export class UnansweredCommitError extends Error {
  override readonly name = 'UnansweredCommitError';
}

/** Asks once. @throws KafkaError when the coordinator refuses, UnansweredCommitError when it has been told and is silent. */
export const commitOnce = (
  cluster: KafkaCluster,
  group: string,
  { memberId, epoch }: Committer,
  { topic, partition }: KafkaPartition,
  { offset, metadata }: CommittedOffset,
): Promise<void> =>
  cluster.atCoordinator(group, async (connection) => {
    const place = { partitionIndex: partition, committedOffset: BigInt(offset), committedMetadata: metadata };
    const topics = [{ name: topic, partitions: [{ ...place, committedLeaderEpoch: -1 }] }];
    const asked = offsetCommitV9.api.async(connection, group, epoch, memberId, null, topics);
    const answer = await answerOf(asked).catch((cause: unknown) => {
      throw new UnansweredCommitError(`Kafka did not answer a commit of ${group}.`, { cause });
    });
    refuse(answer.topics[0]!.partitions[0]!.errorCode, `an offset of ${group}`);
  });

const listAt = async (
  cluster: KafkaCluster,
  leader: number | undefined,
  partitions: readonly KafkaPartition[],
  timeMs: number,
  found: Map<string, number>,
): Promise<void> => {
  if (leader === undefined) throw new KafkaError('LEADER_NOT_AVAILABLE', keyOf(partitions[0]!));
  const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([name, of]) => ({
    name,
    partitions: of.map(({ partition }) => ({
      partitionIndex: partition,
      currentLeaderEpoch: -1,
      timestamp: BigInt(Math.floor(timeMs)),
    })),
  }));
  await cluster.atBroker(leader, 'control', async (connection) => {
    const answer = await answerOf(listOffsetsV9.api.async(connection, -1, 0, topics));
    let failed: KafkaError | undefined;
    for (const { name, partitions } of answer.topics) {
      for (const { partitionIndex, errorCode, offset } of partitions) {
        const place = keyOf({ topic: name, partition: partitionIndex });
        if (errorCode === 0) found.set(place, Number(offset));
        // Of two errors, the one that does not pass counts.
        else if (failed === undefined || isPassingName(failed.code))
          failed = new KafkaError(errorName(errorCode), place);
      }
    }
    if (failed) throw failed;
  });
};

const keyOf = ({ topic, partition }: KafkaPartition): string => `${topic}/${partition}`;
