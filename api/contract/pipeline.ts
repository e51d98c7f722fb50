/** How the pipeline itself is doing: what comes in, how far each processor is, which stores answer. */
import { z } from 'zod';
import { count, id, milliseconds, route } from './values.ts';

const rate = z.number().nonnegative();
/** One value per step from `startMs` on; null where nothing is known. */
const history = z.array(z.number().nullable());
const byReason = z.array(z.object({ reason: z.string(), records: count }));

/** As the processes that run now see it: one that does not reach it is enough for `answers` to be false. */
export const pipelineStore = z.object({
  name: z.enum(['log', 'telemetry', 'state']),
  engine: z.string(),
  answers: z.boolean(),
  /** The slowest. */
  pingMs: milliseconds,
  /** One sentence, which names the hosts it is of where others do reach it; empty while all do. */
  error: z.string(),
});
export const pipelineDisk = z.object({
  host: z.string(),
  totalBytes: count,
  freeBytes: count,
  /** With less than this free, nothing new is accepted. */
  reserveBytes: count,
});
export const pipelineInstance = z.object({
  instance: id,
  host: z.string(),
  pid: count,
  roles: z.array(z.enum(['ingest', 'processors', 'api'])),
  version: z.string(),
  startedAtMs: milliseconds,
  /** When it was last heard of. */
  seenMs: milliseconds,
  /** running; late: not heard of for a while; stopped: it said so. */
  state: z.enum(['running', 'late', 'stopped']),
  rssBytes: count,
  /** Over the last minute. */
  cpuCores: rate,
  eventLoopDelayP99Ms: milliseconds,
});
export const pipelineProcessor = z.object({
  name: z.string(),
  kind: z.enum(['sink', 'decider']),
  topics: z.array(z.string()),
  /** Records of the log still to be read; null, and no partitions, while the log does not say. */
  lag: count.nullable(),
  partitions: z.array(
    z.object({ topic: z.string(), partition: count, committedOffset: count, endOffset: count, lag: count }),
  ),
  /** Over the last minute, as are the other rates and the quantiles. */
  recordsPerSecond: rate,
  bytesPerSecond: rate,
  batchesPerSecond: rate,
  /** Null while there was no batch. */
  batchRecords: z.object({ p50: z.number(), p95: z.number() }).nullable(),
  batchMs: z.object({ p50: z.number(), p95: z.number() }).nullable(),
  /** Since the processes that run now started, as are the next three. */
  kept: count,
  dropped: byReason,
  deadLettered: byReason,
  failures: count,
  lastError: z.string(),
  lastErrorAtMs: milliseconds.nullable(),
  /** True when a process that runs it failed at its last batch and has not written one since. */
  failing: z.boolean(),
  /** When the first of them was first heard to fail; null while none does. */
  failingSinceMs: milliseconds.nullable(),
  history: z.object({ recordsPerSecond: history, lag: history }),
});
export const pipelineIngest = z.object({
  recordsPerSecond: z.object({ traces: rate, logs: rate, metrics: rate }),
  bytesPerSecond: rate,
  inFlightBytes: count,
  rejected: byReason,
  refused: z.array(z.object({ reason: z.string(), requests: count })),
  history: z.object({ recordsPerSecond: history, refusedPerSecond: history }),
});
export const pipeline = z.object({
  atMs: milliseconds,
  /** Why nothing new is accepted, in a sentence for people; null while it is. */
  notAccepting: z.string().nullable(),
  stores: z.array(pipelineStore),
  disks: z.array(pipelineDisk),
  instances: z.array(pipelineInstance),
  ingest: pipelineIngest,
  processors: z.array(pipelineProcessor),
  /** Of every project; null while the state store does not answer. */
  openDeadLetters: count.nullable(),
  historyStartMs: milliseconds,
  historyStepMs: milliseconds,
});

export const pipelineRoutes = {
  getPipeline: route({
    method: 'GET',
    path: '/pipeline',
    summary: 'How the pipeline itself is doing',
    authenticated: true,
    answer: pipeline,
  }),
};

export type Pipeline = z.infer<typeof pipeline>;
export type PipelineStore = z.infer<typeof pipelineStore>;
export type PipelineDisk = z.infer<typeof pipelineDisk>;
export type PipelineInstance = z.infer<typeof pipelineInstance>;
export type PipelineProcessor = z.infer<typeof pipelineProcessor>;
export type PipelineIngest = z.infer<typeof pipelineIngest>;
