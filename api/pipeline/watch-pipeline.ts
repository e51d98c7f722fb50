/** Everything that is known about the pipeline at any moment, held in memory: whoever asks waits for no store. */
import type { Log, PartitionLag } from '../../kernel/log/log.ts';
import type { InstanceReport } from '../../kernel/reports/instance-report.ts';
import { lagReader } from '../../kernel/reports/read-lags.ts';
import type { SinkGroup } from '../installation/backlog.ts';
import { followReports } from './follow-reports.ts';
import type { History } from './history.ts';
import { type Instance, type KnownProcessor, rememberInstances, series } from './instances.ts';
import { keepFresh } from './keep-fresh.ts';

export interface PipelineWatch {
  instances(): readonly Instance[];
  processors(): readonly KnownProcessor[];
  readonly history: History;
  /** Undefined while the log does not say. */
  lagOf(processor: string): readonly PartitionLag[] | undefined;
  /** Of every project; undefined while the state store does not answer. */
  openDeadLetters(): number | undefined;
  /** Who stores telemetry: what waits for them is the backlog. */
  sinks(): readonly SinkGroup[];
  /** When every process that runs must have been heard of, Unix milliseconds; undefined while there is much to hear yet. */
  caughtUpMs(): number | undefined;
  close(): Promise<void>;
}

export interface PipelineSources {
  readonly log: Log;
  /** The newest report of this process: what is known also while the log is away. */
  readonly latest: () => Promise<InstanceReport>;
  readonly countOpenDeadLetters: () => Promise<number>;
  /** Unix milliseconds. */
  readonly now: () => number;
}

export const watchPipeline = ({ log, latest, countOpenDeadLetters, now }: PipelineSources): PipelineWatch => {
  const instances = rememberInstances();
  const follower = followReports(log, instances, now);
  const readLags = lagReader(log, instances.processors);
  const lags = keepFresh(async () => {
    // First: its processors are known by it. That it cannot be made now says nothing about the log.
    await latest().then(
      (report) => instances.hear(report, now()),
      () => {},
    );
    const read = await readLags();
    for (const [name, partitions] of read) instances.history.note(series.lag(name), now(), totalLag(partitions));
    return read;
  });
  const openDeadLetters = keepFresh(countOpenDeadLetters);
  return {
    instances: () => instances.all(now()),
    processors: instances.processors,
    history: instances.history,
    lagOf: (processor) => lags.value()?.get(processor),
    openDeadLetters: openDeadLetters.value,
    sinks: () =>
      instances
        .processors()
        .filter(({ kind }) => kind === 'sink')
        .flatMap(({ name, topics }) => topics.map((topic) => ({ group: name, topic }))),
    caughtUpMs: follower.caughtUpMs,
    async close() {
      lags.close();
      openDeadLetters.close();
      await follower.close();
    },
  };
};

export const totalLag = (partitions: readonly PartitionLag[]): number =>
  partitions.reduce((sum, { lag }) => sum + lag, 0);
