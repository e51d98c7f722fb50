/** A partition as a processor sees it while its member of the group holds it. */
import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaCluster } from './kafka-cluster.ts';
import type { PartitionEnds } from './kafka-ends.ts';
import { isPassing } from './kafka-errors.ts';
import { isFenced, isStaleEpoch } from './kafka-heartbeat.ts';
import type { Holding } from './kafka-member.ts';
import { commitOnce, committedOffsets, UnansweredCommitError } from './kafka-offsets.ts';
import { createReader } from './kafka-reader.ts';
import { type CommittedOffset, type PartitionReader, PartitionTakenError } from './log.ts';
import { placeWithin } from './place-within.ts';

export interface HeldPartition {
  readonly cluster: KafkaCluster;
  readonly ends: PartitionEnds;
  /** With the prefix. */
  readonly group: string;
  /** Without it. */
  readonly topic: string;
  readonly holding: Holding;
  readonly signal: AbortSignal;
}

const maxMetadataBytes = 4096;
const commitTimeoutMs = 15_000;

export const holdPartition = ({ cluster, ends, group, topic, holding, signal }: HeldPartition): PartitionReader => {
  const { place } = holding;
  const reader = createReader(cluster, ends, place, signal);

  const taken = (cause?: unknown): PartitionTakenError =>
    new PartitionTakenError(`${topic}/${place.partition} was taken away from ${group}.`, { cause });

  const commitNow = async (committed: CommittedOffset): Promise<void> => {
    const committer = holding.committer();
    if (committer === undefined) throw taken();
    try {
      await commitOnce(cluster, group, committer, place, committed);
    } catch (error) {
      // The coordinator has counted on without us: asked again, it says how far, or that we are out.
      if (isStaleEpoch(error) || isFenced(error)) await holding.renew();
      if (error instanceof UnansweredCommitError) holding.abandon();
      else if (!isFenced(error)) throw error;
      throw taken(error);
    }
  };

  return {
    logId: `${cluster.clusterId()}/${place.topicId}`,
    topic,
    partition: place.partition,
    signal,
    async committed() {
      const [found] = await committedOffsets(cluster, group, [place]);
      return placeWithin(found, await reader.extentAround(found?.offset));
    },
    read: async (offset, limits) => (await reader.read(offset, limits)).records,
    waitFor: (offset, timeoutMs) => reader.waitFor(offset, timeoutMs, [signal]),
    async commit(offset, metadata) {
      if (Buffer.byteLength(metadata) > maxMetadataBytes) {
        throw new Error(`Commit metadata may have ${maxMetadataBytes} bytes at most.`);
      }
      const untilMs = performance.now() + commitTimeoutMs;
      for (let waitMs = 20; ; waitMs = Math.min(1_000, 2 * waitMs)) {
        try {
          return await commitNow({ offset, metadata });
        } catch (error) {
          // Its cause may pass, but the partition does not come back.
          if (error instanceof PartitionTakenError) throw error;
          if (!isPassing(error) || performance.now() + waitMs > untilMs) throw error;
          await delay(waitMs);
        }
      }
    },
  };
};
