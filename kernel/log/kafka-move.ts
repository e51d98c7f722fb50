/** Sets the places of a group that nobody reads as. In one request: the coordinator takes all of them or none. */
import { offsetCommitV9 } from '@platformatic/kafka';
import { type KafkaCluster, untilAnswered } from './kafka-cluster.ts';
import { answerOf, KafkaError, refuse } from './kafka-errors.ts';
import { GroupInUseError, type GroupPlace } from './log.ts';

/** @throws GroupInUseError while the group has members. */
export const moveOffsets = async (
  cluster: KafkaCluster,
  group: string,
  topic: string,
  places: readonly GroupPlace[],
): Promise<void> => {
  const partitions = places.map(({ partition, offset, metadata }) => ({
    partitionIndex: partition,
    committedOffset: BigInt(offset),
    committedMetadata: metadata,
    committedLeaderEpoch: -1,
  }));
  try {
    await untilAnswered(cluster, () =>
      cluster.atCoordinator(group, async (connection) => {
        // Not a member: the coordinator takes the commits of nobody only while the group has none.
        const asked = offsetCommitV9.api.async(connection, group, -1, '', null, [{ name: topic, partitions }]);
        const answer = await answerOf(asked);
        for (const { errorCode } of answer.topics[0]!.partitions) refuse(errorCode, `the offsets of ${group}`);
      }),
    );
  } catch (error) {
    const inUse = error instanceof KafkaError && /UNKNOWN_MEMBER_ID|ILLEGAL_GENERATION|_MEMBER_EPOCH/.test(error.code);
    if (inUse) throw new GroupInUseError(`${group} is reading ${topic}: stop it first.`, { cause: error });
    throw error;
  }
};
