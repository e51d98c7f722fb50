/** Reads a report back from the log, where processes of an older or newer version may have written it. */
import { z } from 'zod';
import { roles } from '../config.ts';
import type { InstanceReport } from './instance-report.ts';

const count = z.number().nonnegative();
const byReason = z.record(z.string(), count);
const distribution = z.object({ bounds: z.array(z.number()), counts: z.array(count), sum: z.number() });

const instanceReport = z.object({
  instance: z.string().min(1).max(200),
  host: z.string(),
  pid: count,
  roles: z.array(z.enum(roles)),
  version: z.string(),
  startedAtMs: z.number(),
  atMs: z.number(),
  sequence: count,
  stopping: z.boolean(),
  process: z.object({ rssBytes: count, cpuSeconds: count, eventLoopDelayP99Ms: count }),
  disk: z.object({ totalBytes: count, freeBytes: count, reserveBytes: count }).nullable(),
  stores: z.array(
    z.object({
      name: z.enum(['log', 'telemetry', 'state']),
      engine: z.string(),
      answers: z.boolean(),
      pingMs: count,
      error: z.string(),
    }),
  ),
  processors: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['sink', 'decider']),
      topics: z.array(z.string()),
      kept: count,
      dropped: byReason,
      deadLettered: byReason,
      bytes: count,
      failures: count,
      lastError: z.string(),
      lastErrorAtMs: z.number(),
      lastBatchAtMs: z.number(),
      batchRecords: distribution,
      batchMs: distribution,
    }),
  ),
  ingest: z
    .object({
      accepted: z.object({ traces: count, logs: count, metrics: count }),
      bytes: count,
      rejected: byReason,
      refused: byReason,
      inFlightBytes: count,
      notAccepting: z.string().nullable(),
      projects: z.array(
        z.object({
          project: z.string(),
          recordsPerSecond: count,
          newestMs: z.number().nullable(),
          rejected: z.array(z.object({ reason: z.string(), records: count })),
        }),
      ),
    })
    .nullable(),
});

/** Undefined when it is not what this version knows as a report. */
export const parseReport = (value: Uint8Array): InstanceReport | undefined => {
  try {
    return instanceReport.parse(JSON.parse(Buffer.from(value).toString('utf8')));
  } catch {
    return undefined;
  }
};
