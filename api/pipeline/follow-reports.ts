/** Follows what all processes report, in memory: from a little back, then as it comes. Lives through a log that is away. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log, LogRecord, PartitionTail } from '../../kernel/log/log.ts';
import { parseReport } from '../../kernel/reports/parse-report.ts';
import { instanceReportsTopic } from '../../kernel/topics.ts';
import type { Instances } from './instances.ts';

export interface ReportsFollower {
  /** When everything that had been reported was read for the first time, Unix milliseconds; undefined before. */
  caughtUpMs(): number | undefined;
  close(): Promise<void>;
}

const backMs = 20 * 60_000;
const readLimits = { maxRecords: 200, maxBytes: 4 * 2 ** 20 };
const waitMs = 60_000;
const retryMs = 1_000;

export const followReports = (log: Log, instances: Instances, now: () => number): ReportsFollower => {
  const closing = new AbortController();
  let caughtUpMs: number | undefined;
  let tail: PartitionTail | undefined;

  const hear = ({ value, timestampMs }: LogRecord): void => {
    const report = parseReport(value);
    // What was waiting here was heard when the log took it; after that, clocks of other hosts have no say.
    if (report) instances.hear(report, caughtUpMs === undefined ? Math.min(timestampMs, now()) : now());
  };
  const readOn = async (): Promise<void> => {
    tail ??= await log.tail(
      instanceReportsTopic.name,
      0,
      await log.offsetAt(instanceReportsTopic.name, 0, now() - backMs),
    );
    const records = await tail.next(readLimits);
    for (const record of records) hear(record);
    if (records.length > 0) return;
    caughtUpMs ??= now();
    await tail.wait(waitMs, closing.signal);
  };
  const follow = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        await readOn();
      } catch {
        // The log is away, which its own ping tells; the tail keeps its place.
        await sleep(retryMs, undefined, { signal: closing.signal }).catch(() => {});
      }
    }
  };
  const following = follow();
  return {
    caughtUpMs: () => caughtUpMs,
    async close() {
      closing.abort();
      await following;
    },
  };
};
