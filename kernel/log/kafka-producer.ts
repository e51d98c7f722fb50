/**
 * Appends to Kafka: durable on all in-sync replicas, each record once and in order, however often requests are repeated.
 * Appends that arrive while a request is under way share the next one.
 */
import { type KafkaCluster, untilAnswered } from './kafka-cluster.ts';
import { describeError, isPassingName } from './kafka-errors.ts';
import { createPartitioner } from './kafka-partitioner.ts';
import { newIdentity, produceOnce } from './kafka-produce.ts';
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
import { maxRecordBytes } from './kafka-topics.ts';
import { LogFullError, type NewRecord } from './log.ts';

export interface KafkaProducer {
  /** `topic` with the prefix. @throws LogFullError when the cluster cannot take the records now. */
  append(topic: string, records: readonly NewRecord[]): Promise<void>;
  /** What was appended before is stored or refused when it resolves. */
  close(): Promise<void>;
}

const maxQueuedBytes = 64 * 2 ** 20;
const appendTimeoutMs = 10_000;
const lingerMs = 2;
/** How often retries and deadlines are looked at while anything waits. */
const tickMs = 50;
const maxRequestBytes = 8 * 2 ** 20;
/** A broker that has owed an answer for this long gets no records that may as well go elsewhere. */
const silentMs = 1_000;
/** How long a partition that failed gets none of those, after its last try. */
const shunnedMs = 5_000;

export const createProducer = (cluster: KafkaCluster): KafkaProducer => {
  const queues = new Map<string, PartitionQueue>();
  /** Queues with something in them, those that had their turn last at the end. */
  const active = new Set<PartitionQueue>();
  /** Since when brokers have owed an answer. */
  const sending = new Map<number, number>();
  const partitioner = createPartitioner();
  let queuedBytes = 0;
  let lingering = false;
  let ticking: NodeJS.Timeout | undefined;
  let closing = false;
  let emptied = (): void => {};

  const queueOf = (topic: string, partition: number): PartitionQueue => {
    const key = `${topic}/${partition}`;
    const queue = queues.get(key) ?? createQueue(topic, partition);
    queues.set(key, queue);
    return queue;
  };

  const flush = (): void => {
    const turns = new Map<number, PartitionQueue[]>();
    let lost = false;
    for (const queue of active) {
      if (queue.busy || queue.retryAtMs > performance.now()) continue;
      const leader = cluster.leaderOf(queue);
      if (leader === undefined) {
        batchDelayed(queue, 'no broker leads the partition');
        lost = true;
      } else if (!sending.has(leader)) {
        turns.set(leader, [...(turns.get(leader) ?? []), queue]);
      }
    }
    if (lost) cluster.refresh().catch(() => {});
    for (const [leader, candidates] of turns) void send(leader, fitting(candidates));
  };

  const send = async (leader: number, taken: readonly PartitionQueue[]): Promise<void> => {
    sending.set(leader, performance.now());
    for (const queue of taken) queue.busy = true;
    try {
      await Promise.all(taken.map(async (queue) => (queue.identity ??= await newIdentity(cluster))));
      // Some may have been given up while they waited for an identity.
      const left = taken.filter((queue) => !isEmpty(queue));
      if (left.length === 0) return;
      const batches = left.map(nextBatch);
      const outcomes = await cluster.atBroker(leader, 'produce', (connection) => produceOnce(connection, batches));
      for (const [i, queue] of left.entries()) queuedBytes -= batchAnswered(queue, outcomes[i]!);
      if (outcomes.some(leaderMayHaveMoved)) cluster.refresh().catch(() => {});
    } catch (error) {
      for (const queue of taken) batchDelayed(queue, describeError(error));
      // Not to be sent to the same broker before somebody was asked whether it still leads.
      await cluster.refresh().catch(() => {});
    } finally {
      sending.delete(leader);
      for (const queue of taken) {
        queue.busy = false;
        queuedBytes -= dropSettled(queue);
        active.delete(queue);
        if (!isEmpty(queue)) active.add(queue);
      }
      if (active.size > 0) flush();
      else rest();
    }
  };

  const tick = (): void => {
    const now = performance.now();
    for (const queue of active) {
      const late = (append: PendingAppend): boolean => !append.settled && append.deadlineMs <= now;
      const why = queue.lastError === '' ? 'no answer' : queue.lastError;
      for (const { append } of [...(queue.batch?.records ?? []), ...queue.records]) {
        // They are in the order in which they came.
        if (append.deadlineMs > now) break;
        if (late(append))
          append.settle(new LogFullError(`Kafka has not stored it in ${appendTimeoutMs / 1000} s: ${why}.`));
      }
      queuedBytes -= dropSettled(queue);
      if (isEmpty(queue)) active.delete(queue);
    }
    if (active.size > 0) flush();
    else rest();
  };

  const rest = (): void => {
    clearInterval(ticking);
    ticking = undefined;
    emptied();
  };

  const enqueue = (topic: string, records: readonly NewRecord[], append: PendingAppend): void => {
    const { leaders } = cluster.topic(topic);
    const isWell = (partition: number): boolean => {
      const leader = leaders[partition]!;
      const now = performance.now();
      const isSilent = now - (sending.get(leader) ?? Number.POSITIVE_INFINITY) > silentMs;
      const queue = queues.get(`${topic}/${partition}`);
      // Not for ever: when nothing goes there any more, nobody learns that it is well again.
      const fails = queue !== undefined && queue.failures > 0 && now < queue.retryAtMs + shunnedMs;
      return leader >= 0 && !isSilent && !fails;
    };
    for (const record of records) {
      const bytes = sizeOf(record);
      const queue = queueOf(topic, partitioner.partitionFor(topic, record.key, bytes, leaders.length, isWell));
      queue.records.push({ record, bytes, append });
      active.add(queue);
      queuedBytes += bytes;
    }
    ticking ??= setInterval(tick, tickMs);
    if (lingering) return;
    lingering = true;
    setTimeout(() => {
      lingering = false;
      flush();
    }, lingerMs);
  };

  return {
    async append(topic, records) {
      if (closing) throw new Error('The log is closed.');
      if (records.length === 0) return;
      if (records.some((record) => sizeOf(record) > maxRecordBytes)) {
        throw new Error(`A record may have ${maxRecordBytes} bytes at most, with its headers.`);
      }
      // Not already when this one would be too much: then none that is large would come in among many that are small.
      if (queuedBytes >= maxQueuedBytes) {
        throw new LogFullError('More waits to be written to Kafka than may be held in memory.');
      }
      await new Promise<void>((resolve, reject) => {
        const append: PendingAppend = {
          left: records.length,
          deadlineMs: performance.now() + appendTimeoutMs,
          settled: false,
          settle(error) {
            if (append.settled) return;
            append.settled = true;
            if (error) reject(error);
            else resolve();
          },
        };
        enqueue(topic, records, append);
      });
    },

    async close() {
      closing = true;
      if (active.size > 0) {
        await new Promise<void>((resolve) => {
          emptied = resolve;
        });
      }
    },
  };
};

/** Asked for at the start, so that whoever may not write idempotently learns it then. */
export const requireProducerRights = async (cluster: KafkaCluster): Promise<void> => {
  await untilAnswered(cluster, () => newIdentity(cluster));
};

/** As many as a request may carry; one in any case. */
const fitting = (queues: readonly PartitionQueue[]): PartitionQueue[] => {
  let bytes = 0;
  return queues.filter((queue, i) => {
    const waiting = queue.batch?.encoded.byteLength ?? waitingBytes(queue);
    if (i > 0 && bytes + waiting > maxRequestBytes) return false;
    bytes += waiting;
    return true;
  });
};

const waitingBytes = ({ records, maxBatchBytes }: PartitionQueue): number => {
  let bytes = 0;
  for (const record of records) {
    bytes += record.bytes;
    if (bytes >= maxBatchBytes) break;
  }
  return bytes;
};

const sizeOf = ({ key, headers, value }: NewRecord): number => {
  let bytes = 256 + key.length + value.byteLength;
  for (const name in headers) bytes += name.length + headers[name]!.length;
  return bytes;
};

const leaderMayHaveMoved = (outcome: string): boolean => isPassingName(outcome) && !replicasLate.has(outcome);

/** The leader has it, or will; looking for another leader is of no use. */
const replicasLate = new Set(['NOT_ENOUGH_REPLICAS', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'REQUEST_TIMED_OUT']);
