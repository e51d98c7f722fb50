/** The way in, over all processes that take something in. */
import type { IngestReport } from '../../kernel/reports/instance-report.ts';
import type { PipelineIngest } from '../contract/pipeline.ts';
import type { History } from './history.ts';
import { isRunning, stateOf } from './instance-state.ts';
import { type Instance, series } from './instances.ts';
import { ratePerSecond } from './last-minute.ts';
import { sumOf, totalByReason } from './totals.ts';

export const ingestFigures = (
  instances: readonly Instance[],
  history: History,
  startMs: number,
  nowMs: number,
): PipelineIngest => {
  const running = instances.filter((instance) => isRunning(instance, nowMs));
  const alive = instances
    .filter((instance) => stateOf(instance, nowMs) !== 'stopped')
    .flatMap(({ newest }) => newest.report.ingest ?? []);
  const rate = (read: (ingest: IngestReport) => number): number =>
    ratePerSecond(running, ({ ingest }) => (ingest === null ? undefined : read(ingest)));
  return {
    recordsPerSecond: {
      traces: rate(({ accepted }) => accepted.traces),
      logs: rate(({ accepted }) => accepted.logs),
      metrics: rate(({ accepted }) => accepted.metrics),
    },
    bytesPerSecond: rate(({ bytes }) => bytes),
    inFlightBytes: sumOf(running, ({ newest }) => newest.report.ingest?.inFlightBytes ?? 0),
    rejected: totalByReason(alive.map(({ rejected }) => rejected)).map(([reason, records]) => ({ reason, records })),
    refused: totalByReason(alive.map(({ refused }) => refused)).map(([reason, requests]) => ({ reason, requests })),
    history: {
      recordsPerSecond: history.read(series.accepted, startMs),
      refusedPerSecond: history.read(series.refused, startMs),
    },
  };
};
