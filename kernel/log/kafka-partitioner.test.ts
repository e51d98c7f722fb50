/** Where records go: those with a key as everywhere in Kafka, those without to where they are stored well. */
import { afterEach, expect, test, vi } from 'vitest';
import { createPartitioner, partitionOfKey } from './kafka-partitioner.ts';

afterEach(() => void vi.useRealTimers());

test('a key has the partition that Kafka gives it', () => {
  // org.apache.kafka.common.utils.Utils.murmur2, as tested there.
  const hashes = { '21': -973932308, foobar: -790332482, 'a-little-bit-long-string': -985981536 };
  for (const [key, hash] of Object.entries(hashes)) expect(partitionOfKey(key, 1000)).toBe((hash & 0x7fffffff) % 1000);
});

test('records without a key stay together for a while, then go elsewhere', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const partitioner = createPartitioner();
  const next = (bytes: number): number => partitioner.partitionFor('t', '', bytes, 50, () => true);
  const together = new Set(Array.from({ length: 100 }, () => next(1000)));
  expect(together.size).toBe(1);
  const bySize = new Set(Array.from({ length: 20 }, () => next(2 ** 20)));
  expect(bySize.size).toBeGreaterThan(5);
  const byTime = new Set(
    Array.from({ length: 20 }, () => {
      vi.advanceTimersByTime(2_000);
      return next(1);
    }),
  );
  expect(byTime.size).toBeGreaterThan(5);
});

test('records without a key leave a partition at once where nothing is stored, and keep away from it', () => {
  const partitioner = createPartitioner();
  const first = partitioner.partitionFor('t', '', 1, 3, () => true);
  const others = Array.from({ length: 50 }, () =>
    partitioner.partitionFor('t', '', 2 ** 20, 3, (partition) => partition !== first),
  );
  expect(new Set(others)).toEqual(new Set([0, 1, 2].filter((partition) => partition !== first)));
  expect(partitioner.partitionFor('t', '', 1, 3, () => false)).toBeLessThan(3);
});
