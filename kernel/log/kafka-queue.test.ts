/** What waits for a partition: sent again as it was until its fate is known, and let go of without leaving holes. */
import { expect, test } from 'vitest';
import {
  batchAnswered,
  batchDelayed,
  createQueue,
  dropSettled,
  isEmpty,
  nextBatch,
  type PartitionQueue,
  type PendingAppend,
} from './kafka-queue.ts';
import { decodeBatches } from './kafka-records.ts';

const oneBytes = 400_000;

const queueWith = (...appends: readonly (readonly string[])[]) => {
  const queue: PartitionQueue = createQueue('t', 0);
  queue.identity = { producerId: 5n, epoch: 0 };
  const outcomes: (string | undefined)[] = appends.map(() => undefined);
  const pending = appends.map((texts, i): PendingAppend => {
    const append: PendingAppend = {
      left: texts.length,
      deadlineMs: 0,
      settled: false,
      settle(error) {
        append.settled = true;
        outcomes[i] ??= error?.message ?? 'stored';
      },
    };
    for (const text of texts) {
      queue.records.push({ record: { key: '', headers: {}, value: Buffer.from(text) }, bytes: oneBytes, append });
    }
    return append;
  });
  return { queue, pending, outcomes };
};

const take = (queue: PartitionQueue) => {
  const { encoded } = nextBatch(queue);
  const texts = [...decodeBatches(encoded)].flatMap(({ records }) => records.map(({ value }) => value.toString()));
  return { texts, sequence: encoded.readInt32BE(53), encoded };
};

test('a batch is sent again as it was, and the next one only when it is stored', () => {
  const { queue, outcomes } = queueWith(['a', 'b', 'c'], ['d']);
  const first = take(queue);
  expect(first).toMatchObject({ texts: ['a', 'b'], sequence: 0 });
  batchDelayed(queue, 'late');
  expect(take(queue).encoded).toBe(first.encoded);
  expect(batchAnswered(queue, 'NONE')).toBe(2 * oneBytes);
  expect(take(queue)).toMatchObject({ texts: ['c', 'd'], sequence: 2 });
  expect(outcomes).toEqual([undefined, undefined]);
  batchAnswered(queue, 'NONE');
  expect(outcomes).toEqual(['stored', 'stored']);
  expect(isEmpty(queue)).toBe(true);
});

test('a batch that was not stored is sent in other ones, in the same order and under the same numbers', () => {
  const { queue } = queueWith(['a', 'b'], ['c']);
  take(queue);
  expect(batchAnswered(queue, 'MESSAGE_TOO_LARGE')).toBe(0);
  expect(take(queue)).toMatchObject({ texts: ['a'], sequence: 0 });
  batchAnswered(queue, 'NONE');
  expect(take(queue)).toMatchObject({ texts: ['b'], sequence: 1 });
});

test('of an append that is refused, nothing is stored after what was refused', () => {
  const { queue, outcomes } = queueWith(['a', 'b', 'c'], ['d']);
  take(queue);
  expect(batchAnswered(queue, 'INVALID_RECORD')).toBe(2 * oneBytes);
  expect(dropSettled(queue)).toBe(oneBytes);
  expect(outcomes).toEqual([expect.stringMatching(/INVALID_RECORD/), undefined]);
  queue.identity = { producerId: 6n, epoch: 0 };
  expect(take(queue)).toMatchObject({ texts: ['d'], sequence: 0 });
});

test('the broker, whose answer was lost, cannot take what follows a refusal for a repeat of what it had stored', () => {
  for (const refusal of ['MESSAGE_TOO_LARGE', 'TOPIC_AUTHORIZATION_FAILED', 'INVALID_RECORD']) {
    const { queue, outcomes } = queueWith(['a'], ['b']);
    queue.maxBatchBytes = oneBytes;
    take(queue);
    batchDelayed(queue, 'the answer was lost');
    take(queue);
    batchAnswered(queue, refusal);
    expect(outcomes[0]).not.toBe('stored');
    expect(queue.identity).toBeUndefined();
  }
});

test('of what may be stored already nothing is sent in other batches or under another name: its senders are told', () => {
  for (const answer of ['MESSAGE_TOO_LARGE', 'OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID']) {
    const { queue, outcomes } = queueWith(['a', 'b'], ['c']);
    take(queue);
    batchDelayed(queue, 'the answer was lost');
    take(queue);
    expect(batchAnswered(queue, answer)).toBe(2 * oneBytes);
    expect(outcomes).toEqual([expect.stringContaining(answer), undefined]);
    expect(queue.identity).toBeUndefined();
    queue.identity = { producerId: 6n, epoch: 0 };
    expect(take(queue)).toMatchObject({ texts: ['c'], sequence: 0 });
  }
});

test('what the broker has certainly not stored goes on as somebody new', () => {
  const { queue, outcomes } = queueWith(['a']);
  take(queue);
  expect(batchAnswered(queue, 'OUT_OF_ORDER_SEQUENCE_NUMBER')).toBe(0);
  expect(queue.identity).toBeUndefined();
  queue.identity = { producerId: 6n, epoch: 0 };
  expect(take(queue)).toMatchObject({ texts: ['a'], sequence: 0 });
  batchAnswered(queue, 'NONE');
  expect(outcomes).toEqual(['stored']);
});

test('a batch that was stored at its first send counts as stored when the broker says so at the second', () => {
  const { queue, outcomes } = queueWith(['a']);
  take(queue);
  batchDelayed(queue, 'the answer was lost');
  take(queue);
  batchAnswered(queue, 'DUPLICATE_SEQUENCE_NUMBER');
  expect(outcomes).toEqual(['stored']);
  expect(queue).toMatchObject({ sequence: 1, failures: 0, retryAtMs: 0 });
});

test('what is given up after it was sent leaves an open question behind: the partition goes on as somebody new', () => {
  const { queue, pending } = queueWith(['a', 'b', 'c'], ['d']);
  take(queue);
  queue.busy = true;
  pending[0]!.settle(new Error('too late'));
  expect(dropSettled(queue)).toBe(oneBytes);
  expect(queue.batch).toBeDefined();
  queue.busy = false;
  expect(dropSettled(queue)).toBe(2 * oneBytes);
  expect(queue.identity).toBeUndefined();
  queue.identity = { producerId: 6n, epoch: 0 };
  expect(take(queue)).toMatchObject({ texts: ['d'], sequence: 0 });
});
