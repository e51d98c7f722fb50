/** The processes of the installation, as their reports tell: bounded in number and in how long they are remembered. */
import type { InstanceReport, ProcessorReport } from '../../kernel/reports/instance-report.ts';
import { type History, keepHistory } from './history.ts';

export interface HeardReport {
  readonly report: InstanceReport;
  /** By the clock of whoever heard it, Unix milliseconds. */
  readonly seenMs: number;
}

export interface Instance {
  readonly newest: HeardReport;
  /** What it reported over the last minute, the oldest first: counts of one run, which only grow. */
  readonly recent: readonly HeardReport[];
  /** The processors that fail, and when each was first heard to, Unix milliseconds. */
  readonly failingSinceMs: ReadonlyMap<string, number>;
}

export type KnownProcessor = Pick<ProcessorReport, 'name' | 'kind' | 'topics'>;

export interface Instances {
  /** A report that was heard before, or is older than one that was, changes nothing. */
  hear(report: InstanceReport, seenMs: number): void;
  /** Those heard of in the last quarter of an hour. */
  all(nowMs: number): readonly Instance[];
  /** Every processor that was ever heard of: one that no process runs any more has a lag all the same. */
  processors(): readonly KnownProcessor[];
  readonly history: History;
}

export const series = {
  records: (processor: string) => `records ${processor}`,
  lag: (processor: string) => `lag ${processor}`,
  accepted: 'accepted',
  refused: 'refused',
} as const;

const rememberedMs = 15 * 60_000;
const maxInstances = 200;
const maxProcessors = 100;
const recentMs = 60_000;
/** Reports further apart say little about a minute. */
const maxGapMs = 30_000;

export const rememberInstances = (): Instances => {
  const instances = new Map<string, Instance>();
  const processors = new Map<string, KnownProcessor>();
  const history = keepHistory();
  return {
    history,
    hear(report, seenMs) {
      const before = instances.get(report.instance);
      if (before && report.sequence <= before.newest.report.sequence) return;
      for (const { name, kind, topics } of report.processors) {
        if (processors.has(name) || processors.size < maxProcessors) processors.set(name, { name, kind, topics });
      }
      const newest = { report, seenMs };
      if (before) tellHistory(history, before.newest, newest);
      const failingSinceMs = stillFailing(before, newest);
      instances.set(report.instance, { newest, recent: recentWith(before, newest), failingSinceMs });
      if (instances.size > maxInstances) instances.delete(longestSilent(instances));
    },
    all(nowMs) {
      for (const [name, { newest }] of instances) {
        // Both ways: after a clock was set back nothing may be remembered for the time it was set back by.
        if (Math.abs(nowMs - newest.seenMs) > rememberedMs) instances.delete(name);
      }
      return [...instances.values()];
    },
    processors: () => [...processors.values()],
  };
};

const recentWith = (before: Instance | undefined, newest: HeardReport): readonly HeardReport[] => {
  const sinceMs = newest.seenMs - recentMs;
  const last = before?.recent.at(-1);
  const isUnbroken = last && last.seenMs <= newest.seenMs && newest.seenMs - last.seenMs <= maxGapMs;
  const kept = isUnbroken ? before!.recent.filter(({ seenMs }) => seenMs >= sinceMs) : [];
  return [...kept, { ...newest, report: withoutProjects(newest.report) }];
};

/** A processor fails that failed at its last batch and has not written one since. */
const stillFailing = (before: Instance | undefined, { report, seenMs }: HeardReport): ReadonlyMap<string, number> =>
  new Map(
    report.processors
      .filter(({ lastErrorAtMs, lastBatchAtMs }) => lastErrorAtMs > lastBatchAtMs)
      .map(({ name }) => [name, before?.failingSinceMs.get(name) ?? seenMs]),
  );

/** They are most of a report, and wanted of the newest alone. */
const withoutProjects = (report: InstanceReport): InstanceReport =>
  report.ingest === null ? report : { ...report, ingest: { ...report.ingest, projects: [] } };

const longestSilent = (instances: ReadonlyMap<string, Instance>): string =>
  [...instances].reduce((a, b) => (b[1].newest.seenMs < a[1].newest.seenMs ? b : a))[0];

const tellHistory = (history: History, before: HeardReport, after: HeardReport): void => {
  const spread = (name: string, from: number, to: number): void =>
    history.spread(name, before.seenMs, after.seenMs, Math.max(0, to - from));
  for (const { name, batchRecords } of after.report.processors) {
    const earlier = before.report.processors.find((processor) => processor.name === name);
    if (earlier) spread(series.records(name), earlier.batchRecords.sum, batchRecords.sum);
  }
  const [from, to] = [before.report.ingest, after.report.ingest];
  if (from === null || to === null) return;
  spread(series.accepted, totalOf(from.accepted), totalOf(to.accepted));
  spread(series.refused, totalOf(from.refused), totalOf(to.refused));
};

const totalOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);
