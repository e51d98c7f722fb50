/** Every processor there is, started. A new one is one line here. */
import type { Meter } from '@opentelemetry/api';
import type { Log } from '../kernel/log/log.ts';
import type { Report } from '../kernel/own-telemetry/own-telemetry.ts';
import type { Decider } from '../kernel/processor.ts';
import { runDecider } from '../kernel/runner/decider.ts';
import { countingMeter, type ObservedProcessor } from '../kernel/runner/meter.ts';
import { runSink } from '../kernel/runner/sink.ts';
import { settledWithin } from '../kernel/settled-within.ts';
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

export const decidersOn = (log: Log): readonly Decider<unknown, unknown>[] => [registerServices, fileDeadLetters(log)];

/** The sinks, writing into `telemetry`; `countCut` is told of records that were cut at limits. */
export const sinksInto = (telemetry: Telemetry, countCut: (signal: string) => (records: number) => void) => [
  storeSpans(telemetry, countCut('traces')),
  storeLogs(telemetry, countCut('logs')),
  storeMetrics(telemetry, countCut('metrics')),
];

/**
 * Joins the group of every processor. When all is told to end, the sinks leave first: what they set aside on the way is
 * filed by a decider.
 */
export const startProcessors = async (
  { log, telemetry, database }: ProcessorStores,
  { meter, report }: ProcessorReports,
  onStop: Stops['add'],
): Promise<readonly ObservedProcessor[]> => {
  const cut = meter.createCounter('syntra.records.cut', { unit: '{record}' });
  const observed: ObservedProcessor[] = [];
  const observe = (processor: Parameters<typeof countingMeter>[0]) => {
    const counting = countingMeter(processor, (message) => report('warn', message));
    observed.push(counting);
    return counting;
  };
  const leaveDeciders = leaveTogether(report);
  onStop(leaveDeciders.leave);
  const leaveSinks = leaveTogether(report);
  onStop(leaveSinks.leave);
  const tables = sinksInto(telemetry, (signal) => (records) => cut.add(records, { signal }));
  const deciders = decidersOn(log);
  for (const sink of [...tables, putBackDeadLetters(log, [...tables, ...deciders])]) {
    leaveSinks.add(sink.name, await runSink({ sink, log, meter: observe(sink) }));
  }
  for (const decider of deciders) {
    leaveDeciders.add(decider.name, await runDecider({ decider, log, database, meter: observe(decider) }));
  }
  return observed;
};

/** A store that is away can hold a batch for longer than a process may take to end. */
const leaveWithinMs = 8_000;

/** All at once, each after the batch in hand; who takes too long is left behind, and its batch comes again as it was. */
const leaveTogether = (report: Report) => {
  const leaves = new Map<string, () => Promise<void>>();
  return {
    add: (name: string, leave: () => Promise<void>) => void leaves.set(name, leave),
    async leave() {
      const busy = new Set(leaves.keys());
      const left = [...leaves].map(([name, leave]) => leave().finally(() => busy.delete(name)));
      await settledWithin(Promise.allSettled(left), leaveWithinMs);
      for (const name of busy) report('warn', `${name} still has a batch in hand: it will be written again as it is.`);
    },
  };
};
