/** Reports for tests: whatever a test does not name takes a plain value. */
import type { Distribution, IngestReport, InstanceReport, ProcessorReport } from './instance-report.ts';

export interface TestReport extends Partial<Omit<InstanceReport, 'processors' | 'ingest'>> {
  readonly processors?: readonly Partial<ProcessorReport>[];
  readonly ingest?: Partial<IngestReport> | null;
}

export const reportOf = ({ processors = [], ingest = null, ...given }: TestReport): InstanceReport => ({
  instance: 'one',
  host: 'host-one',
  pid: 1,
  roles: ['ingest', 'processors', 'api'],
  version: '0.0.0',
  startedAtMs: 0,
  atMs: 0,
  sequence: 1,
  stopping: false,
  process: { rssBytes: 100, cpuSeconds: 1, eventLoopDelayP99Ms: 20 },
  disk: null,
  stores: [],
  processors: processors.map(processorOf),
  ingest: ingest && {
    accepted: { traces: 0, logs: 0, metrics: 0 },
    bytes: 0,
    rejected: {},
    refused: {},
    inFlightBytes: 0,
    notAccepting: null,
    projects: [],
    ...ingest,
  },
  ...given,
});

const processorOf = (given: Partial<ProcessorReport>): ProcessorReport => ({
  name: 'store-spans',
  kind: 'sink',
  topics: ['otlp.spans'],
  kept: 0,
  dropped: {},
  deadLettered: {},
  bytes: 0,
  failures: 0,
  lastError: '',
  lastErrorAtMs: 0,
  lastBatchAtMs: 0,
  batchRecords: distributionOf([10, 100], [0, 0, 0]),
  batchMs: distributionOf([10, 100], [0, 0, 0]),
  ...given,
});

export const distributionOf = (bounds: readonly number[], counts: readonly number[], sum = 0): Distribution => ({
  bounds,
  counts,
  sum,
});
