/** One processor over all processes that run it. */

import { countOf } from '../../kernel/reports/distribution.ts';
import type { InstanceReport, ProcessorReport } from '../../kernel/reports/instance-report.ts';
import type { PipelineProcessor } from '../contract/pipeline.ts';
import { isRunning, stateOf } from './instance-state.ts';
import { type Instance, type KnownProcessor, series } from './instances.ts';
import { quantilesOf, ratePerSecond } from './last-minute.ts';
import { sumOf, totalByReason } from './totals.ts';
import { type PipelineWatch, totalLag } from './watch-pipeline.ts';

export const processorFigures = (
  { name, kind, topics }: KnownProcessor,
  instances: readonly Instance[],
  watch: Pick<PipelineWatch, 'lagOf' | 'history'>,
  startMs: number,
  nowMs: number,
): PipelineProcessor => {
  const ofThis = ({ processors }: InstanceReport): ProcessorReport | undefined =>
    processors.find((processor) => processor.name === name);
  const running = instances.filter((instance) => isRunning(instance, nowMs));
  const alive = instances
    .filter((instance) => stateOf(instance, nowMs) !== 'stopped')
    .flatMap(({ newest }) => ofThis(newest.report) ?? []);
  const lags = watch.lagOf(name);
  const failed = alive.reduce<ProcessorReport | undefined>(
    (latest, one) => (one.lastErrorAtMs > (latest?.lastErrorAtMs ?? 0) ? one : latest),
    undefined,
  );
  const failingSince = running.flatMap(({ failingSinceMs }) => failingSinceMs.get(name) ?? []);
  const byReason = (counts: readonly Readonly<Record<string, number>>[]) =>
    totalByReason(counts).map(([reason, records]) => ({ reason, records }));
  return {
    name,
    kind,
    topics: [...topics],
    lag: lags ? totalLag(lags) : null,
    partitions: lags ? [...lags] : [],
    recordsPerSecond: ratePerSecond(running, (report) => ofThis(report)?.batchRecords.sum),
    bytesPerSecond: ratePerSecond(running, (report) => ofThis(report)?.bytes),
    batchesPerSecond: ratePerSecond(running, (report) => {
      const batches = ofThis(report)?.batchRecords;
      return batches && countOf(batches);
    }),
    batchRecords: quantilesOf(running, (report) => ofThis(report)?.batchRecords),
    batchMs: quantilesOf(running, (report) => ofThis(report)?.batchMs),
    kept: sumOf(alive, ({ kept }) => kept),
    dropped: byReason(alive.map(({ dropped }) => dropped)),
    deadLettered: byReason(alive.map(({ deadLettered }) => deadLettered)),
    failures: sumOf(alive, ({ failures }) => failures),
    lastError: failed?.lastError ?? '',
    lastErrorAtMs: failed?.lastErrorAtMs ?? null,
    failing: failingSince.length > 0,
    failingSinceMs: failingSince.length > 0 ? Math.min(...failingSince) : null,
    history: {
      recordsPerSecond: watch.history.read(series.records(name), startMs),
      lag: watch.history.read(series.lag(name), startMs),
    },
  };
};
