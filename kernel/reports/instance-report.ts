/** What each process tells all others about itself, on the topic `instance.reports`. Counts are since its start. */
import type { Role } from '../config.ts';

export interface InstanceReport {
  /** Of one run of one process. */
  readonly instance: string;
  readonly host: string;
  readonly pid: number;
  readonly roles: readonly Role[];
  readonly version: string;
  readonly startedAtMs: number;
  readonly atMs: number;
  /** 1 for the first of this instance, then one more each time: clocks may be set back, this is not. */
  readonly sequence: number;
  /** True in the last report of a process that ends in order. */
  readonly stopping: boolean;
  readonly process: ProcessReport;
  /** The disk under the embedded stores; null where there are none. */
  readonly disk: DiskReport | null;
  readonly stores: readonly StoreReport[];
  readonly processors: readonly ProcessorReport[];
  /** Null in a process that takes nothing in. */
  readonly ingest: IngestReport | null;
}

export interface ProcessReport {
  readonly rssBytes: number;
  readonly cpuSeconds: number;
  readonly eventLoopDelayP99Ms: number;
}

export interface DiskReport {
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** With less than this free, nothing new is accepted. */
  readonly reserveBytes: number;
}

export interface StoreReport {
  readonly name: 'log' | 'telemetry' | 'state';
  /** e.g. SQLite, Kafka, chDB, ClickHouse, PostgreSQL. */
  readonly engine: string;
  readonly answers: boolean;
  readonly pingMs: number;
  /** One sentence, without secrets; empty while it answers. */
  readonly error: string;
}

export interface ProcessorReport {
  readonly name: string;
  readonly kind: 'sink' | 'decider';
  readonly topics: readonly string[];
  readonly kept: number;
  /** Records by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly deadLettered: Readonly<Record<string, number>>;
  readonly bytes: number;
  readonly failures: number;
  readonly lastError: string;
  /** Unix milliseconds; 0 when it never failed. */
  readonly lastErrorAtMs: number;
  /** When it last wrote a batch, Unix milliseconds; 0 when it never did. */
  readonly lastBatchAtMs: number;
  readonly batchRecords: Distribution;
  readonly batchMs: Distribution;
}

/** `counts[i]` values were at most `bounds[i]`; one more count for those beyond the last bound. */
export interface Distribution {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
}

export interface IngestReport {
  readonly accepted: Readonly<Record<'traces' | 'logs' | 'metrics', number>>;
  readonly bytes: number;
  /** Records taken out of requests, by reason. */
  readonly rejected: Readonly<Record<string, number>>;
  /** Requests not taken, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  readonly inFlightBytes: number;
  /** Why nothing new is taken, in a sentence for people; null while it is. */
  readonly notAccepting: string | null;
  /** Those that sent something in the last 15 minutes, the busiest first, 1,000 at most. */
  readonly projects: readonly ProjectIngestReport[];
}

export interface ProjectIngestReport {
  readonly project: string;
  /** Records taken, over the last minute. */
  readonly recordsPerSecond: number;
  /** Arrival of the newest record taken, Unix milliseconds; null before the first. */
  readonly newestMs: number | null;
  readonly rejected: readonly { readonly reason: string; readonly records: number }[];
}
