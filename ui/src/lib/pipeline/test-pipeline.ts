/** A pipeline for tests that is well in every way but those that are said. */
import type { Pipeline, PipelineInstance, PipelineProcessor } from '../../../../api/contract/pipeline.ts';

export const atMs = 1_800_000_000_000;
const unknown = Array<null>(60).fill(null);

export const processorOf = (given: Partial<PipelineProcessor> = {}): PipelineProcessor => ({
  name: 'store-spans',
  kind: 'sink',
  topics: ['otlp.spans'],
  lag: 0,
  partitions: [],
  recordsPerSecond: 0,
  bytesPerSecond: 0,
  batchesPerSecond: 0,
  batchRecords: null,
  batchMs: null,
  kept: 0,
  dropped: [],
  deadLettered: [],
  failures: 0,
  lastError: '',
  lastErrorAtMs: null,
  failing: false,
  failingSinceMs: null,
  history: { recordsPerSecond: unknown, lag: unknown },
  ...given,
});

export const failingFor = (seconds: number, given: Partial<PipelineProcessor> = {}): PipelineProcessor =>
  processorOf({ failing: true, failingSinceMs: atMs - seconds * 1000, lastError: 'the store is away', ...given });

export const instanceOf = (given: Partial<PipelineInstance> = {}): PipelineInstance => ({
  instance: `${given.host ?? 'one'}-1-0000`,
  host: 'one',
  pid: 1,
  roles: ['ingest', 'processors', 'api'],
  version: '0.1.0',
  startedAtMs: atMs - 3_600_000,
  seenMs: atMs,
  state: 'running',
  rssBytes: 1e8,
  cpuCores: 0.1,
  eventLoopDelayP99Ms: 12,
  ...given,
});

export const pipelineOf = (given: Partial<Pipeline> = {}): Pipeline => ({
  atMs,
  notAccepting: null,
  stores: [
    { name: 'log', engine: 'Kafka', answers: true, pingMs: 1, error: '' },
    { name: 'telemetry', engine: 'ClickHouse', answers: true, pingMs: 1, error: '' },
    { name: 'state', engine: 'PostgreSQL', answers: true, pingMs: 1, error: '' },
  ],
  disks: [],
  instances: [instanceOf()],
  ingest: {
    recordsPerSecond: { traces: 1000, logs: 240, metrics: 0 },
    bytesPerSecond: 1e6,
    inFlightBytes: 0,
    rejected: [],
    refused: [],
    history: { recordsPerSecond: [...unknown.slice(1), 1240], refusedPerSecond: unknown },
  },
  processors: [processorOf()],
  openDeadLetters: 0,
  historyStartMs: atMs - 900_000,
  historyStepMs: 15_000,
  ...given,
});
