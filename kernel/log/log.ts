/**
 * The log: the one durable thing between the way in and everything that reads. Words are Kafka's, and so are the
 * promises. Adapters: `embedded.ts` (SQLite, one process) and `kafka.ts`. Both pass `test-log-contract.ts`.
 */
import { OperatorError } from '../operator-error.ts';

/** A record to append. `key` decides the partition and the order; an empty key means any partition, any order. */
export interface NewRecord {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Uint8Array;
}

/** A stored record. `offset` grows by at least one per record of a partition and is never reused. */
export interface LogRecord extends NewRecord {
  readonly offset: number;
  /** When the log took it, Unix milliseconds. */
  readonly timestampMs: number;
}

export interface ReadLimits {
  readonly maxRecords: number;
  /** Sum of value bytes; the first record is returned whatever its size. */
  readonly maxBytes: number;
}

/** What a group last committed: `offset` is the next record to read; `metadata` is the committer's own note (at most 4 KiB). */
export interface CommittedOffset {
  readonly offset: number;
  readonly metadata: string;
}

/** Where a group reads on. */
export interface ResumePlace extends CommittedOffset {
  /**
   * How many offsets before `offset` the group never came to, because the log deleted them: what it committed is
   * `offset - deleted`. Its note stays what it was.
   */
  readonly deleted: number;
  /**
   * How many offsets beyond the log's end the group had come to: the log has lost them, as after an unclean election or
   * on a restored disk. `offset` is the end then, and there is no note.
   */
  readonly beyondEnd: number;
}

/** One partition of a topic, held by one member of a consumer group until `signal` aborts. */
export interface PartitionReader {
  /** Names the log that the offsets are of: one that takes its place, with offsets from the start, has another. */
  readonly logId: string;
  readonly topic: string;
  readonly partition: number;
  /** Aborts when the partition is taken away or the log closes. */
  readonly signal: AbortSignal;
  /**
   * Where the group stands; at the oldest kept record when it never committed or its place has been deleted, at the end
   * when it is beyond it.
   */
  committed(): Promise<ResumePlace>;
  /**
   * Records from `offset` on, in order; an empty array when there are none yet. What was deleted is left out: whoever
   * must know compares offsets.
   */
  read(offset: number, limits: ReadLimits): Promise<LogRecord[]>;
  /** Resolves when a record at or after `offset` exists, after `timeoutMs`, or when the signal aborts. */
  waitFor(offset: number, timeoutMs: number): Promise<void>;
  /** Durable once resolved. @throws PartitionTakenError when another member holds the partition now. */
  commit(offset: number, metadata: string): Promise<void>;
}

/** A group's place in one partition of a topic. */
export interface GroupPlace extends CommittedOffset {
  readonly partition: number;
}

export interface Extent {
  readonly startOffset: number;
  readonly endOffset: number;
}

export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  readonly committedOffset: number;
  readonly endOffset: number;
  readonly lag: number;
}

export interface Log {
  /**
   * Durable once resolved: all of the records, those of one key in order. When it rejects, none of them was stored, or,
   * where the log went away in the middle, some may have been: of each partition the first ones, never one without
   * those before it.
   * @throws LogFullError when it cannot take more now: the sender should retry later.
   */
  append(topic: string, records: readonly NewRecord[]): Promise<void>;
  /**
   * Joins consumer group `group`. `hold` is called once for every partition this member is given and must return
   * soon after the partition's signal aborts. Resolves when this member has joined; the returned function leaves the group.
   */
  join(
    group: string,
    topics: readonly string[],
    hold: (partition: PartitionReader) => Promise<void>,
  ): Promise<() => Promise<void>>;
  /** Reads outside of any group: for live views, for tables held in memory, for replay. */
  tail(topic: string, partition: number, from: 'start' | 'end' | number): Promise<PartitionTail>;
  partitionsOf(topic: string): Promise<number>;
  /** Names the log that a topic's offsets are of, as it does for those who read. */
  logIdOf(topic: string): Promise<string>;
  /** The offset that a partition's very first record got: one that starts beyond it has lost records. */
  readonly firstOffset: number;
  /** Offset of the oldest kept record, and the one the next append will get. */
  extentOf(topic: string, partition: number): Promise<Extent>;
  /** Offset of the oldest kept record taken at or after `timeMs`, Unix milliseconds; the end when there is none. */
  offsetAt(topic: string, partition: number, timeMs: number): Promise<number>;
  /** Lag of every partition the group reads. */
  lagOf(group: string, topics: readonly string[]): Promise<PartitionLag[]>;
  /** Where a group stands, asked from outside of it; as `PartitionReader.committed`. */
  placeOf(group: string, topic: string, partition: number): Promise<ResumePlace>;
  /**
   * Sets a group's places in a topic, so that it reads on from there, and its notes: all of them or none.
   * @throws GroupInUseError while it has members.
   */
  moveGroup(group: string, topic: string, places: readonly GroupPlace[]): Promise<void>;
  /** Deletes what retention no longer keeps; compacts compacted topics. Called by a timer of the adapter and by tests. */
  retain(nowMs: number): Promise<void>;
  /** Rejects when the log cannot answer; used by /readyz. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** A cursor of its own, without a group. */
export interface PartitionTail {
  readonly position: number;
  /** The next records; an empty array when caught up. */
  next(limits: ReadLimits): Promise<LogRecord[]>;
  /** Resolves when there is more to read, after `timeoutMs`, or when `signal` aborts. */
  wait(timeoutMs: number, signal?: AbortSignal): Promise<void>;
}

/** The log cannot take the records now, but may later: disk full, queue full, broker away. Senders should retry. */
export class LogFullError extends Error {
  override readonly name = 'LogFullError';
}

/** The partition is another member's now, and its signal is about to abort: whoever throws this has changed nothing. */
export class PartitionTakenError extends Error {
  override readonly name = 'PartitionTakenError';
}

/** Somebody reads as this group: its place is theirs to move. */
export class GroupInUseError extends OperatorError {
  override readonly name = 'GroupInUseError';
}
