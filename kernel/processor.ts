/**
 * The two kinds of processor. A sink turns log records into rows; a decider folds the events of a key into state and
 * decides what follows. The runner (`runner/`) gives both order, batches, retries, dead letters and telemetry of their own.
 */
import type { LogRecord } from './log/log.ts';
import type { Queries } from './state/database.ts';
import type { TopicDefinition } from './topics.ts';

/**
 * A batch whose extent was recorded on the log before it was handed out: after a crash the same batch, with the same
 * `token`, comes again. Whoever writes rows passes the token on, so that nothing is stored twice.
 */
export interface Batch {
  readonly token: string;
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly LogRecord[];
}

/** What became of a record that was not kept. Every record has exactly one outcome; those not named here were kept. */
export type Outcome =
  | { readonly kind: 'dropped'; readonly offset: number; readonly reason: string }
  | { readonly kind: 'dead-letter'; readonly offset: number; readonly reason: string };

export interface Sink {
  readonly kind: 'sink';
  readonly name: string;
  readonly reads: TopicDefinition;
  readonly limits: BatchLimits;
  /** Where its rows go; without it, the sink cannot be replayed. */
  readonly rows?: SinkRows;
  /**
   * Stores the batch. Must be idempotent under `batch.token`. A throw means: try again later. A `RejectedBatchError`
   * means: this data will never be taken; the runner then finds the records at fault by writing ever smaller parts.
   *
   * @param mayStore of a sink that makes rows ahead: given while the batch before is still being stored. Until it resolves
   * nothing may be stored, and nothing ever when it rejects.
   */
  write(batch: Batch, mayStore?: Promise<void>): Promise<readonly Outcome[]>;
  /** It heeds `mayStore`, so that rows of a batch are made while those of the one before are stored. */
  readonly makesRowsAhead?: boolean;
}

/** Names of the topics that a processor reads. */
export const topicsOf = (processor: Pick<Sink, 'kind' | 'reads'> | Pick<Decider<never, never>, 'kind' | 'reads'>) =>
  (processor.kind === 'sink' ? [processor.reads] : processor.reads).map(({ name }) => name);

/** What a replay removes before it writes rows again: a table, what its views make of it, and what else the sink writes. */
export interface SinkRows {
  readonly table: string;
  /** Which rows are this sink's, as a condition, of each table that others fill as well: table → SQL. */
  readonly shared?: Readonly<Record<string, string>>;
}

export interface BatchLimits {
  readonly maxRecords: number;
  /** Bytes of stored values, before decompression. */
  readonly maxBytes: number;
  /** How long the first record of a batch may wait for company. */
  readonly lingerMs: number;
}

/** The store understood the batch and refuses it for good, or what is left of it after some was stored. */
export class RejectedBatchError extends Error {
  override readonly name = 'RejectedBatchError';
  /** Offsets of records that were stored before: written again under another token they would be there twice. */
  readonly stored: readonly number[];
  constructor(message: string, stored: readonly number[] = []) {
    super(message);
    this.stored = stored;
  }
}

export const defineSink = (sink: Omit<Sink, 'kind'>): Sink => ({ kind: 'sink', ...sink });

/** An event as a decider sees it: parsed, and with the time it happened in it. */
export interface Message<Event> {
  readonly topic: string;
  readonly key: string;
  readonly event: Event;
}

export interface Emission {
  readonly topic: TopicDefinition;
  readonly key: string;
  readonly value: unknown;
}

export interface Decision<State> {
  /** The very same object when nothing changed: then nothing is written. */
  readonly state: State;
  readonly emit: readonly Emission[];
  /** Why the event was not taken into account; absent when it was. */
  readonly dropped?: string;
}

/** Where a decider keeps its states: rows that it alone writes and that the API reads. All inside of one transaction. */
export interface StateStore<State> {
  /** States of those keys that have one. */
  load(queries: Queries, keys: readonly string[]): Promise<ReadonlyMap<string, State>>;
  save(queries: Queries, changes: readonly StateChange<State>[]): Promise<void>;
  /** Forgets every state, so that a replay can build them anew. */
  clear(queries: Queries): Promise<void>;
}

export interface StateChange<State> {
  readonly key: string;
  /** As loaded, or the initial state. */
  readonly before: State;
  readonly after: State;
}

export interface Decider<State, Event> {
  readonly kind: 'decider';
  readonly name: string;
  readonly reads: readonly TopicDefinition[];
  readonly writes: readonly TopicDefinition[];
  /** Parses a record's value. @throws when it is not the event it should be: the record becomes a dead letter. */
  parse(record: LogRecord, topic: string): Event;
  readonly store: StateStore<State>;
  /** State of a key that has none yet. */
  readonly initial: State;
  /** Pure: no clock, no network, no disk. */
  decide(state: State, message: Message<Event>): Decision<State>;
}

export const defineProcessor = <State, Event>(decider: Omit<Decider<State, Event>, 'kind'>): Decider<State, Event> => ({
  kind: 'decider',
  ...decider,
});
