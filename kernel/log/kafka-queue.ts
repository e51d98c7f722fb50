/**
 * What waits to be written to one partition. One batch at a time is under way: until its fate is known it is sent again
 * as it was, under the same number, so that it is stored once and in order.
 */
import { isPassingName, KafkaError, operatorErrorIn } from './kafka-errors.ts';
import type { EncodedBatch, ProducerIdentity } from './kafka-produce.ts';
import { encodeBatch } from './kafka-records.ts';
import { LogFullError, type NewRecord } from './log.ts';

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
  /** After the second, what is said of one send leaves open whether an earlier one was stored. */
  sends: number;
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
    queue.batch = { topic: queue.topic, partition: queue.partition, encoded, records, sends: 0 };
  }
  queue.batch.sends++;
  return queue.batch;
};

/** What the broker answered about the batch under way, by Kafka's name. @returns bytes that are no longer queued. */
export const batchAnswered = (queue: PartitionQueue, outcome: string): number => {
  const batch = queue.batch!;
  const next = whatFollows(outcome, batch.sends, batch.records.length);
  if (tooLarge.has(outcome)) queue.maxBatchBytes = Math.ceil(batch.encoded.byteLength / 2);
  switch (next) {
    case 'stored':
      return batchStored(queue);
    case 'again':
      batchDelayed(queue, outcome);
      return 0;
    case 'in halves':
      batchUndone(queue);
      return 0;
    case 'as somebody new':
      batchUndone(queue);
      forgetIdentity(queue);
      batchDelayed(queue, outcome);
      return 0;
    case 'later, by its senders':
      return batchRefused(queue, new LogFullError(`Kafka answered ${outcome}, and may have stored it before.`));
    case 'never': {
      const error = new KafkaError(outcome, `records for ${queue.topic}`);
      return batchRefused(queue, operatorErrorIn(error) ?? error);
    }
  }
};

type Next = 'stored' | 'again' | 'in halves' | 'as somebody new' | 'later, by its senders' | 'never';

/**
 * In other batches or under another name only what is not stored for certain: what was sent before, and got no answer
 * or one that leaves it open, would be stored twice.
 */
const whatFollows = (outcome: string, sends: number, records: number): Next => {
  const isOpen = sends > 1;
  if (outcome === 'NONE' || (outcome === 'DUPLICATE_SEQUENCE_NUMBER' && isOpen)) return 'stored';
  if (tooLarge.has(outcome) && records > 1) return isOpen ? 'later, by its senders' : 'in halves';
  if (lostTrack.has(outcome)) return isOpen ? 'later, by its senders' : 'as somebody new';
  return isPassingName(outcome) ? 'again' : 'never';
};

const tooLarge = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);
/** The broker knows another history of this producer than we do. */
const lostTrack = new Set([
  'DUPLICATE_SEQUENCE_NUMBER',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'PRODUCER_FENCED',
]);

/** The batch is to be sent again as it is, after a while. */
export const batchDelayed = (queue: PartitionQueue, error: string): void => {
  queue.lastError = error;
  queue.retryAtMs = performance.now() + Math.min(maxRetryMs, firstRetryMs * 2 ** queue.failures++);
};

const batchStored = (queue: PartitionQueue): number => {
  const { records } = queue.batch!;
  queue.batch = undefined;
  queue.failures = 0;
  queue.retryAtMs = 0;
  // After the largest number comes 0, says Kafka's protocol.
  queue.sequence = (queue.sequence + records.length) % (maxSequence + 1);
  for (const { append } of records) if (--append.left === 0) append.settle();
  return sizeOf(records);
};

/** Its records are to be sent in other batches. */
const batchUndone = (queue: PartitionQueue): void => {
  queue.records = [...queue.batch!.records, ...queue.records];
  queue.batch = undefined;
};

const batchRefused = (queue: PartitionQueue, error: Error): number => {
  const { records } = queue.batch!;
  queue.batch = undefined;
  // Had an earlier send been stored, the broker would take the next batch of the same number for its repeat.
  forgetIdentity(queue);
  for (const { append } of records) append.settle(error);
  return sizeOf(records);
};

/** The partition goes on as somebody new: the broker has lost track of the one before, or has an open question with it. */
const forgetIdentity = (queue: PartitionQueue): void => {
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
    forgetIdentity(queue);
    bytes += sizeOf(batch.records);
  }
  return bytes;
};

const sizeOf = (records: readonly QueuedRecord[]): number => records.reduce((sum, { bytes }) => sum + bytes, 0);
