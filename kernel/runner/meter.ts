/**
 * What a processor counts of itself since its start, wherever it ends up: our own telemetry, /metrics, the Pipeline
 * page. And what it tells a person, which must not go round for ever: what it says becomes a log record, and a log
 * record that is not kept would make it say so again.
 */
import type { LogRecord } from '../log/log.ts';
import { type Batch, type Decider, type Outcome, type Sink, topicsOf } from '../processor.ts';
import { reasonOf } from '../reason-of.ts';
import { countDistribution, powersOfTwo } from '../reports/distribution.ts';
import type { ProcessorReport } from '../reports/instance-report.ts';
import { ownTenant } from '../tenants.ts';
import { otlpHeaders } from '../topics.ts';
import { isPassedOver } from './pass-over.ts';

export interface ProcessorMeter {
  wrote(batch: Batch, outcomes: readonly Outcome[], elapsedMs: number): void;
  /** Of records that were never read, because the log had deleted them. Before `wrote` of what was read instead of them. */
  lost(topic: string, records: number): void;
  failed(error: unknown): void;
}

/** A processor of this process, as others see it. */
export interface ObservedProcessor {
  report(): ProcessorReport;
}

type Measured = Pick<Sink, 'kind' | 'name' | 'reads'> | Pick<Decider<never, never>, 'kind' | 'name' | 'reads'>;

/** Bounds of `batchRecords`: 1, 2, 4 … 16,384 records. */
const batchRecordsBounds = powersOfTwo(16_384);
/** Bounds of `batchMs`: 1, 2, 4 … 65,536 milliseconds. */
const batchMsBounds = powersOfTwo(65_536);

/** Counts in memory, and tells a person about outages and about what was not kept. */
export const countingMeter = (
  processor: Measured,
  tell: (message: string) => void,
): ProcessorMeter & ObservedProcessor => {
  const { kind, name } = processor;
  const topics = topicsOf(processor);
  const dropped = countReasons();
  const deadLettered = countReasons();
  const batchRecords = countDistribution(batchRecordsBounds);
  const batchMs = countDistribution(batchMsBounds);
  let kept = 0;
  let bytes = 0;
  let lastBatchAtMs = 0;
  let failures = 0;
  let lastError = '';
  let lastErrorAtMs = 0;
  /** What was told of the outage under way; a line for each try would be noise. */
  let told: string | undefined;
  /** Who is too slow for the log's retention loses some before every batch. */
  let losing: 'no' | 'before this batch' | 'before the last batch' = 'no';

  return {
    wrote({ records }, outcomes, elapsedMs) {
      told = undefined;
      losing = losing === 'before this batch' ? 'before the last batch' : 'no';
      lastBatchAtMs = Date.now();
      kept += records.length - outcomes.length;
      bytes += records.reduce((sum, { value }) => sum + value.byteLength, 0);
      batchRecords.add(records.length);
      batchMs.add(elapsedMs);
      for (const { kind, reason } of outcomes) (kind === 'dropped' ? dropped : deadLettered).add(reason);
      const worthTelling = tellable(records, outcomes);
      // One line a batch: the counters have the number, the dead letters each reason.
      if (worthTelling[0]) {
        tell(
          `${name} set aside or dropped ${worthTelling.length} of ${records.length} records, the first because: ${worthTelling[0].reason.slice(0, maxToldLength)}`,
        );
      }
    },
    lost(topic, records) {
      if (records === 0) return;
      dropped.add(deletedUnread, records);
      if (losing === 'no')
        tell(`${name} lost ${records} records of ${topic}: the log had deleted them before they were read`);
      losing = 'before this batch';
    },
    failed(error) {
      failures++;
      lastError = reasonOf(error);
      lastErrorAtMs = Date.now();
      if (lastError !== told) tell(`${name} failed and will try again: ${lastError}`);
      told = lastError;
    },
    report: () => ({
      name,
      kind,
      topics,
      kept,
      dropped: dropped.read(),
      deadLettered: deadLettered.read(),
      bytes,
      lastBatchAtMs,
      failures,
      lastError,
      lastErrorAtMs,
      batchRecords: batchRecords.read(),
      batchMs: batchMs.read(),
    }),
  };
};

/** Of our own telemetry nothing is told: its counters and dead letters have it. Nor of what is passed over. */
const tellable = (records: readonly LogRecord[], outcomes: readonly Outcome[]): readonly Outcome[] => {
  if (outcomes.length === 0) return outcomes;
  const isOwn = ({ headers }: LogRecord): boolean => headers[otlpHeaders.project] === ownTenant.project;
  const own = new Set(records.filter(isOwn).map(({ offset }) => offset));
  return outcomes.filter(({ offset, reason }) => !own.has(offset) && !isPassedOver(reason));
};

const deletedUnread = 'deleted before it was read';

const maxToldLength = 300;
const maxReasons = 50;
const maxReasonLength = 100;

/** Counts by what is general about a reason: what stands before its first colon. */
const countReasons = () => {
  const counts = new Map<string, number>();
  return {
    add(reason: string, records = 1): void {
      const general = reason.split(': ', 1)[0]!.slice(0, maxReasonLength);
      const name = counts.has(general) || counts.size < maxReasons ? general : 'other';
      counts.set(name, (counts.get(name) ?? 0) + records);
    },
    read: (): Readonly<Record<string, number>> => Object.fromEntries(counts),
  };
};
