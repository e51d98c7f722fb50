/** The pipeline's own figures as metrics: what each processor did, how far behind it is, what the process uses. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Meter } from '@opentelemetry/api';
import type { Log } from '../log/log.ts';
import type { ProcessorFigures } from '../runner/meter.ts';

export interface ObservedProcessor {
  readonly figures: Readonly<ProcessorFigures>;
  readonly topics: readonly string[];
}

export const observePipeline = (meter: Meter, log: Log, processors: readonly ObservedProcessor[]): void => {
  const perProcessor = (name: string, unit: string, read: (figures: ProcessorFigures) => Record<string, number>) =>
    meter.createObservableCounter(name, { unit }).addCallback((result) => {
      for (const { figures } of processors) {
        for (const [outcome, value] of Object.entries(read(figures))) {
          result.observe(value, { processor: figures.name, ...(outcome && { outcome }) });
        }
      }
    });
  perProcessor('syntra.processor.records', '{record}', ({ kept, dropped, deadLettered }) => ({
    kept,
    dropped,
    dead_lettered: deadLettered,
  }));
  perProcessor('syntra.processor.batches', '{batch}', ({ batches }) => ({ '': batches }));
  perProcessor('syntra.processor.failures', '{failure}', ({ failures }) => ({ '': failures }));
  perProcessor('syntra.processor.busy', 'ms', ({ busyMs }) => ({ '': busyMs }));

  meter.createObservableGauge('syntra.processor.lag', { unit: '{record}' }).addCallback(async (result) => {
    for (const { figures, topics } of processors) {
      for (const { topic, partition, lag } of await log.lagOf(figures.name, topics)) {
        result.observe(lag, { processor: figures.name, topic, partition });
      }
    }
  });
  observeProcess(meter);
};

/** Names as in OpenTelemetry's semantic conventions for processes and the Node.js runtime. */
const observeProcess = (meter: Meter): void => {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  meter.createObservableGauge('process.memory.usage', { unit: 'By' }).addCallback((result) => {
    result.observe(process.memoryUsage.rss());
  });
  meter.createObservableCounter('process.cpu.time', { unit: 's' }).addCallback((result) => {
    const { user, system } = process.cpuUsage();
    result.observe(user / 1e6, { 'cpu.mode': 'user' });
    result.observe(system / 1e6, { 'cpu.mode': 'system' });
  });
  meter.createObservableGauge('nodejs.eventloop.delay.p99', { unit: 's' }).addCallback((result) => {
    result.observe(delay.percentile(99) / 1e9);
    delay.reset();
  });
};
