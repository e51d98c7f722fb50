/** Which partition a record goes to. */
import { murmur2 } from '@platformatic/kafka';

export interface Partitioner {
  /** `isWell`: whether what goes there is being stored. */
  partitionFor(
    topic: string,
    key: string,
    bytes: number,
    partitions: number,
    isWell: (partition: number) => boolean,
  ): number;
}

/** Records without a key stay together for this long, so that they are stored and read in few large batches. */
const stickMs = 1_000;
const stickBytes = 2 ** 20;

interface Stay {
  readonly partition: number;
  readonly untilMs: number;
  bytes: number;
}

export const createPartitioner = (): Partitioner => {
  const stays = new Map<string, Stay>();
  return {
    partitionFor(topic, key, bytes, partitions, isWell) {
      if (key !== '') return partitionOfKey(key, partitions);
      let stay = stays.get(topic);
      if (
        stay === undefined ||
        stay.bytes >= stickBytes ||
        stay.untilMs < performance.now() ||
        !isWell(stay.partition)
      ) {
        stay = { partition: chooseAny(partitions, isWell), untilMs: performance.now() + stickMs, bytes: 0 };
        stays.set(topic, stay);
      }
      stay.bytes += bytes;
      return stay.partition;
    },
  };
};

/** As Kafka's own producers do it, so that a key has one partition whoever writes it. */
export const partitionOfKey = (key: string, partitions: number): number => (murmur2(key) & 0x7fffffff) % partitions;

const chooseAny = (partitions: number, isWell: (partition: number) => boolean): number => {
  const all = Array.from({ length: partitions }, (_, i) => i);
  const well = all.filter(isWell);
  const choice = well.length > 0 ? well : all;
  return choice[Math.floor(Math.random() * choice.length)]!;
};
