/** Every processor there is, started. A new one is one line here. */
import type { Meter } from '@opentelemetry/api';
import type { Log } from '../kernel/log/log.ts';
import type { Report } from '../kernel/own-telemetry/own-telemetry.ts';
import type { Decider } from '../kernel/processor.ts';
import { runDecider } from '../kernel/runner/decider.ts';
import { countingMeter, type ObservedProcessor } from '../kernel/runner/meter.ts';
import { runSink } from '../kernel/runner/sink.ts';
import type { Database } from '../kernel/state/database.ts';
import type { Stops } from '../kernel/stops.ts';
import type { Telemetry } from '../kernel/telemetry/client.ts';
import { fileDeadLetters } from './file-dead-letters.ts';
import { putBackDeadLetters } from './put-back-dead-letters/put-back-dead-letters.ts';
import { registerServices } from './register-services.ts';
import { storeLogs } from './store-logs.ts';
import { storeMetrics } from './store-metrics.ts';
import { storeSpans } from './store-spans.ts';

export interface ProcessorStores {
  readonly log: Log;
  readonly telemetry: Telemetry;
  readonly database: Database;
}

export interface ProcessorReports {
  readonly meter: Meter;
  readonly report: Report;
}

export const deciders: readonly Decider<unknown, unknown>[] = [registerServices, fileDeadLetters];

/** The sinks, writing into `telemetry`; `countCut` is told of records that were cut at limits. */
export const sinksInto = (telemetry: Telemetry, countCut: (signal: string) => (records: number) => void) => [
  storeSpans(telemetry, countCut('traces')),
  storeLogs(telemetry, countCut('logs')),
  storeMetrics(telemetry, countCut('metrics')),
];

/** Joins the group of every processor. `onStop` is given what leaves it again. */
export const startProcessors = async (
  { log, telemetry, database }: ProcessorStores,
  { meter, report }: ProcessorReports,
  onStop: Stops['add'],
): Promise<readonly ObservedProcessor[]> => {
  const cut = meter.createCounter('syntra.records.cut', { unit: '{record}' });
  const observed: ObservedProcessor[] = [];
  const tell = (message: string) => report('warn', message);
  const tables = sinksInto(telemetry, (signal) => (records) => cut.add(records, { signal }));
  for (const sink of [...tables, putBackDeadLetters(log)]) {
    const counting = countingMeter(sink, tell);
    observed.push(counting);
    onStop(await runSink({ sink, log, meter: counting }));
  }
  for (const decider of deciders) {
    const counting = countingMeter(decider, tell);
    observed.push(counting);
    onStop(await runDecider({ decider, log, database, meter: counting }));
  }
  return observed;
};
