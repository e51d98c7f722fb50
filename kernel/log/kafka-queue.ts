/**
 * What waits to be written to one partition. One batch at a time is under way: until its fate is known it is sent again
 * as it was, under the same number, so that it is stored once and in order.
 */
import type { EncodedBatch, ProducerIdentity } from './kafka-produce.ts';
import { encodeBatch } from './kafka-records.ts';
import type { NewRecord } from './log.ts';

/** One call of `append`, or the part of it that is not stored yet. */
export interface PendingAppend {
  left: number;
  readonly deadlineMs: number;
  /** Told once; what is told afterwards is too late. */
  readonly settle: (error?: Error) => void;
  settled: boolean;
}

export interface QueuedRecord {
  readonly record: NewRecord;
  readonly bytes: number;
  readonly append: PendingAppend;
}

interface Batch extends EncodedBatch {
  readonly records: readonly QueuedRecord[];
  /** It may have been stored, though nobody said so. */
  sent: boolean;
}

export interface PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  records: QueuedRecord[];
  batch: Batch | undefined;
  /** In the hands of a request. */
  busy: boolean;
  identity: ProducerIdentity | undefined;
  sequence: number;
  /** In a row. */
  failures: number;
  retryAtMs: number;
  lastError: string;
  maxBatchBytes: number;
}

/** As much as a topic takes in one batch by default, of which a little goes to headers. */
const maxBatchBytes = 900_000;
const maxSequence = 2 ** 31 - 1;
const firstRetryMs = 50;
const maxRetryMs = 1_000;

export const createQueue = (topic: string, partition: number): PartitionQueue => ({
  topic,
  partition,
  records: [],
  batch: undefined,
  busy: false,
  identity: undefined,
  sequence: 0,
  failures: 0,
  retryAtMs: 0,
  lastError: '',
  maxBatchBytes,
});

export const isEmpty = ({ records, batch }: PartitionQueue): boolean => records.length === 0 && batch === undefined;

/** The batch that is under way, or the next one. The queue is not empty and has an identity. */
export const nextBatch = (queue: PartitionQueue): EncodedBatch => {
  if (queue.batch === undefined) {
    let bytes = 0;
    let count = 0;
    for (const { bytes: more } of queue.records) {
      if (count > 0 && bytes + more > queue.maxBatchBytes) break;
      bytes += more;
      count++;
    }
    const records = queue.records.slice(0, count);
    const encoded = encodeBatch(
      records.map(({ record }) => record),
      { ...queue.identity!, sequence: queue.sequence },
    );
    queue.records = queue.records.slice(count);
    queue.batch = { topic: queue.topic, partition: queue.partition, encoded, records, sent: false };
  }
  queue.batch.sent = true;
  return queue.batch;
};

/** The batch is stored. @returns bytes that are no longer queued. */
export const batchStored = (queue: PartitionQueue): number => {
  const { records } = queue.batch!;
  queue.batch = undefined;
  queue.failures = 0;
  // After the largest number comes 0, says Kafka's protocol.
  queue.sequence = (queue.sequence + records.length) % (maxSequence + 1);
  for (const { append } of records) if (--append.left === 0) append.settle();
  return sizeOf(records);
};

/** The batch is to be sent again as it is, after a while. */
export const batchDelayed = (queue: PartitionQueue, error: string): void => {
  queue.lastError = error;
  queue.retryAtMs = Date.now() + Math.min(maxRetryMs, firstRetryMs * 2 ** queue.failures++);
};

/** The batch was not stored, and its records are to be sent in other batches. */
export const batchUndone = (queue: PartitionQueue): void => {
  queue.records = [...queue.batch!.records, ...queue.records];
  queue.batch = undefined;
};

/** The batch will never be stored. @returns bytes that are no longer queued. */
export const batchRefused = (queue: PartitionQueue, error: Error): number => {
  const { records } = queue.batch!;
  queue.batch = undefined;
  for (const { append } of records) append.settle(error);
  return sizeOf(records);
};

/** The partition goes on as somebody new: the broker has lost track of the one before, or has an open question with it. */
export const forgetIdentity = (queue: PartitionQueue): void => {
  queue.identity = undefined;
  queue.sequence = 0;
};

/** Lets go of records whose senders were told that it took too long. @returns bytes that are no longer queued. */
export const dropSettled = (queue: PartitionQueue): number => {
  let bytes = 0;
  if (queue.records[0]?.append.settled) {
    const dropped = queue.records.filter(({ append }) => append.settled);
    queue.records = queue.records.filter(({ append }) => !append.settled);
    bytes += sizeOf(dropped);
  }
  const { batch } = queue;
  if (batch !== undefined && !queue.busy && batch.records.every(({ append }) => append.settled)) {
    queue.batch = undefined;
    if (batch.sent) forgetIdentity(queue);
    bytes += sizeOf(batch.records);
  }
  return bytes;
};

const sizeOf = (records: readonly QueuedRecord[]): number => records.reduce((sum, { bytes }) => sum + bytes, 0);
