/** The pipeline's own figures as metrics: what each processor did, how far behind it is, what the process uses. */
import type { Attributes, Meter } from '@opentelemetry/api';
import { measureEventLoopDelay } from '../event-loop-delay.ts';
import type { Log } from '../log/log.ts';
import { countOf } from '../reports/distribution.ts';
import type { ProcessorReport } from '../reports/instance-report.ts';
import type { ObservedProcessor } from '../runner/meter.ts';

export const observePipeline = (meter: Meter, log: Log, processors: readonly ObservedProcessor[]): void => {
  const perProcessor = (name: string, unit: string, read: (report: ProcessorReport) => readonly Observed[]) =>
    meter.createObservableCounter(name, { unit }).addCallback((result) => {
      for (const processor of processors) {
        const report = processor.report();
        for (const [value, attributes] of read(report))
          result.observe(value, { processor: report.name, ...attributes });
      }
    });
  perProcessor('syntra.processor.records', '{record}', ({ kept, dropped, deadLettered }) => [
    [kept, { outcome: 'kept' }],
    ...byReason('dropped', dropped),
    ...byReason('dead_lettered', deadLettered),
  ]);
  perProcessor('syntra.processor.bytes', 'By', ({ bytes }) => [[bytes]]);
  perProcessor('syntra.processor.batches', '{batch}', ({ batchRecords }) => [[countOf(batchRecords)]]);
  perProcessor('syntra.processor.failures', '{failure}', ({ failures }) => [[failures]]);
  perProcessor('syntra.processor.busy', 'ms', ({ batchMs }) => [[batchMs.sum]]);

  meter.createObservableGauge('syntra.processor.lag', { unit: '{record}' }).addCallback(async (result) => {
    for (const processor of processors) {
      const { name, topics } = processor.report();
      for (const { topic, partition, lag } of await log.lagOf(name, topics)) {
        result.observe(lag, { processor: name, topic, partition });
      }
    }
  });
  observeProcess(meter);
};

type Observed = readonly [value: number, attributes?: Attributes];

const byReason = (outcome: string, counts: Readonly<Record<string, number>>): readonly Observed[] =>
  Object.entries(counts).map(([reason, records]) => [records, { outcome, reason }]);

/** Names as in OpenTelemetry's semantic conventions for processes and the Node.js runtime. */
const observeProcess = (meter: Meter): void => {
  const delay = measureEventLoopDelay();
  meter.createObservableGauge('process.memory.usage', { unit: 'By' }).addCallback((result) => {
    result.observe(process.memoryUsage.rss());
  });
  meter.createObservableCounter('process.cpu.time', { unit: 's' }).addCallback((result) => {
    const { user, system } = process.cpuUsage();
    result.observe(user / 1e6, { 'cpu.mode': 'user' });
    result.observe(system / 1e6, { 'cpu.mode': 'system' });
  });
  meter.createObservableGauge('nodejs.eventloop.delay.p99', { unit: 's' }).addCallback((result) => {
    result.observe(delay.p99Ms() / 1000);
  });
};
