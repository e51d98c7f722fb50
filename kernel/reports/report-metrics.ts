/** What one process says of itself, as metrics to scrape: the same report that the Pipeline page is made of. */
import type { PartitionLag } from '../log/log.ts';
import type { Distribution, IngestReport, InstanceReport, ProcessorReport } from './instance-report.ts';
import type { HistogramValue, Metric, MetricFamily } from './openmetrics.ts';

type Read<Source> = (source: Source) => readonly Metric[];

export const metricsOf = (
  report: InstanceReport,
  lags: ReadonlyMap<string, readonly PartitionLag[]>,
): readonly MetricFamily[] => [
  ...processMetrics(report),
  ...storeMetrics(report),
  ...processorMetrics(report.processors, lags),
  ...(report.ingest === null ? [] : ingestMetrics(report.ingest)),
];

const one = (value: number): readonly Metric[] => [{ labels: {}, value }];

const processMetrics = ({ instance, host, version, roles, startedAtMs, process }: InstanceReport): MetricFamily[] => [
  {
    name: 'syntra_instance',
    type: 'info',
    help: 'This process.',
    metrics: [{ labels: { instance_id: instance, host, version, roles: roles.join(' ') }, value: 1 }],
  },
  {
    name: 'process_start_time_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'When this process started, Unix seconds.',
    metrics: one(startedAtMs / 1000),
  },
  {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Memory that this process holds.',
    metrics: one(process.rssBytes),
  },
  {
    name: 'process_cpu_seconds',
    type: 'counter',
    unit: 'seconds',
    help: 'CPU time that this process used, of users and of the system.',
    metrics: one(process.cpuSeconds),
  },
  {
    name: 'syntra_event_loop_delay_p99_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'How late the event loop came in the worst hundredth of the last seconds.',
    metrics: one(process.eventLoopDelayP99Ms / 1000),
  },
];

const storeMetrics = ({ stores, disk }: InstanceReport): MetricFamily[] => [
  {
    name: 'syntra_store_up',
    type: 'gauge',
    help: 'Whether the store answers this process: 1 or 0.',
    metrics: stores.map(({ name, engine, answers }) => ({ labels: { store: name, engine }, value: answers ? 1 : 0 })),
  },
  {
    name: 'syntra_store_ping_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'How long the store took to answer, or has not answered for.',
    metrics: stores.map(({ name, engine, pingMs }) => ({ labels: { store: name, engine }, value: pingMs / 1000 })),
  },
  ...(disk === null
    ? []
    : (
        [
          ['syntra_disk_size_bytes', 'Size of the disk under the embedded stores.', disk.totalBytes],
          ['syntra_disk_free_bytes', 'What is free of it.', disk.freeBytes],
          ['syntra_disk_reserve_bytes', 'With less than this free, nothing new is accepted.', disk.reserveBytes],
        ] as const
      ).map(
        ([name, help, value]): MetricFamily => ({ name, type: 'gauge', unit: 'bytes', help, metrics: one(value) }),
      )),
];

const processorMetrics = (
  processors: readonly ProcessorReport[],
  lags: ReadonlyMap<string, readonly PartitionLag[]>,
): MetricFamily[] => {
  const each = (read: (processor: ProcessorReport) => number | HistogramValue): readonly Metric[] =>
    processors.map((processor) => ({ labels: { processor: processor.name }, value: read(processor) }));
  return [
    {
      name: 'syntra_processor_records',
      type: 'counter',
      help: 'Records of the log, by what became of them.',
      metrics: processors.flatMap(recordsByOutcome),
    },
    {
      name: 'syntra_processor_bytes',
      type: 'counter',
      unit: 'bytes',
      help: 'Size of these records as they are on the log.',
      metrics: each(({ bytes }) => bytes),
    },
    {
      name: 'syntra_processor_failures',
      type: 'counter',
      help: 'Batches that could not be written and were tried again.',
      metrics: each(({ failures }) => failures),
    },
    {
      name: 'syntra_processor_batch_records',
      type: 'histogram',
      help: 'Records of a batch.',
      metrics: each(({ batchRecords }) => batchRecords),
    },
    {
      name: 'syntra_processor_batch_seconds',
      type: 'histogram',
      unit: 'seconds',
      help: 'Time to write a batch.',
      metrics: each(({ batchMs }) => inSeconds(batchMs)),
    },
    {
      name: 'syntra_processor_lag_records',
      type: 'gauge',
      help: 'Records of a partition that wait for the processor, whichever process reads it: take the maximum over processes.',
      metrics: [...lags].flatMap(([processor, partitions]) =>
        partitions.map(({ topic, partition, lag }) => ({ labels: { processor, topic, partition }, value: lag })),
      ),
    },
  ];
};

const recordsByOutcome: Read<ProcessorReport> = ({ name, kept, dropped, deadLettered }) => [
  { labels: { processor: name, outcome: 'kept' }, value: kept },
  ...byReason({ processor: name, outcome: 'dropped' }, dropped),
  ...byReason({ processor: name, outcome: 'dead_lettered' }, deadLettered),
];

const byReason = (labels: Metric['labels'], counts: Readonly<Record<string, number>>): readonly Metric[] =>
  Object.entries(counts).map(([reason, value]) => ({ labels: { ...labels, reason }, value }));

const inSeconds = ({ bounds, counts, sum }: Distribution): HistogramValue => ({
  bounds: bounds.map((bound) => bound / 1000),
  counts,
  sum: sum / 1000,
});

const ingestMetrics = ({
  accepted,
  bytes,
  rejected,
  refused,
  inFlightBytes,
  notAccepting,
}: IngestReport): MetricFamily[] => [
  {
    name: 'syntra_ingest_accepting',
    type: 'gauge',
    help: 'Whether anything new is taken: 1, or 0 while the disk is nearly full.',
    metrics: one(notAccepting === null ? 1 : 0),
  },
  {
    name: 'syntra_ingest_accepted_records',
    type: 'counter',
    help: 'Spans, log records and data points taken.',
    metrics: Object.entries(accepted).map(([signal, value]) => ({ labels: { signal }, value })),
  },
  {
    name: 'syntra_ingest_bytes',
    type: 'counter',
    unit: 'bytes',
    help: 'Size of the requests taken, after decompression.',
    metrics: one(bytes),
  },
  {
    name: 'syntra_ingest_rejected_records',
    type: 'counter',
    help: 'Records taken out of requests, by reason.',
    metrics: byReason({}, rejected),
  },
  {
    name: 'syntra_ingest_refused_requests',
    type: 'counter',
    help: 'Requests not taken, by reason.',
    metrics: byReason({}, refused),
  },
  {
    name: 'syntra_ingest_in_flight_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Memory that requests under way hold.',
    metrics: one(inFlightBytes),
  },
];
