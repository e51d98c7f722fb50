/** One partition of `otlp.logs` as followers read it: a little at a time, jumping ahead when too late. */
import type { Log, LogRecord, PartitionTail } from '../../kernel/log/log.ts';
import type { Tenant } from '../../kernel/telemetry/client.ts';
import { logsTopic, onlyForHeader, otlpHeaders } from '../../kernel/topics.ts';
import type { LineCounts, LogsFollower } from './logs.ts';
import { type LiveRow, liveRowReader } from './rows.ts';

export interface LivePartition extends Pick<PartitionTail, 'wait'> {
  /** Offers lines until there are none or it is `untilMs` by `performance.now()`. Returns whether there are none. */
  work(untilMs: number): Promise<boolean>;
  /** Lines offered and lines skipped since this was asked last. */
  takeCounts(): LineCounts;
}

export interface LivePartitionOptions {
  readonly log: Log;
  readonly partition: number;
  readonly from: 'start' | 'end';
  readonly followers: ReadonlySet<LogsFollower>;
  /** Told about records that cannot be read. */
  readonly report: (error: unknown) => void;
  readonly nowMs: () => number;
}

const readLimits = { maxRecords: 50, maxBytes: 2 ** 20 };
/** What is older than this when its turn comes is no longer live. */
const maxLagMs = 2_000;

export const openLivePartition = async (options: LivePartitionOptions): Promise<LivePartition> => {
  const { log, partition, from, followers, report, nowMs } = options;
  const readRows = liveRowReader();
  let tail = await log.tail(logsTopic.name, partition, from);
  let records: LogRecord[] = [];
  let lines: { readonly rows: Iterator<LiveRow>; readonly record: LogRecord; left: number } | undefined;
  let linesPerRecord = 1;
  let [shown, skipped] = [0, 0];

  const open = async (record: LogRecord): Promise<void> => {
    if (!isFollowed(record, followers)) return;
    const left = Number(record.headers[otlpHeaders.records] ?? 1);
    linesPerRecord += (left - linesPerRecord) / 8;
    try {
      lines = { rows: (await readRows(record, partition))[Symbol.iterator](), record, left };
    } catch (error) {
      skipped += left;
      report(error);
    }
  };

  const offerLines = (untilMs: number): void => {
    const { rows, record } = lines!;
    const interested = [...followers].filter(({ tenant }) => belongsTo(record, tenant));
    for (let next = rows.next(); ; next = rows.next()) {
      if (next.done) {
        lines = undefined;
        return;
      }
      for (const follower of interested) follower.offer(next.value);
      shown++;
      lines!.left--;
      if (performance.now() >= untilMs) return;
    }
  };

  const jumpToEnd = async (): Promise<void> => {
    const end = await log.tail(logsTopic.name, partition, 'end');
    // Nobody has looked into what is skipped: it is taken to be like what was read.
    skipped += Math.round((records.length + Math.max(0, end.position - tail.position)) * linesPerRecord);
    skipped += Math.max(0, lines?.left ?? 0);
    tail = end;
    records = [];
    lines = undefined;
  };

  return {
    wait: (timeoutMs, signal) => tail.wait(timeoutMs, signal),
    async work(untilMs) {
      while (performance.now() < untilMs) {
        const current = lines?.record ?? records[0];
        if (current !== undefined && nowMs() - current.timestampMs > maxLagMs) await jumpToEnd();
        else if (lines !== undefined) offerLines(untilMs);
        else if (records.length > 0) await open(records.shift()!);
        else {
          records = await tail.next(readLimits);
          if (records.length === 0) return true;
        }
      }
      return false;
    },
    takeCounts() {
      const counts = { shown, skipped };
      shown = skipped = 0;
      return counts;
    },
  };
};

/** What was put back for one processor, after it had failed there, is no new line. */
const isFollowed = (record: LogRecord, followers: ReadonlySet<LogsFollower>): boolean =>
  record.headers[onlyForHeader] === undefined && [...followers].some(({ tenant }) => belongsTo(record, tenant));

const belongsTo = ({ headers }: LogRecord, { org, project }: Tenant): boolean =>
  headers[otlpHeaders.org] === org && headers[otlpHeaders.project] === project;
