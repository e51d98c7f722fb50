/** Tells the other processes every few seconds how this one is doing. Nothing waits for it, and nothing fails by it. */
import type { Log } from '../log/log.ts';
import { settledWithin } from '../settled-within.ts';
import { instanceReportsTopic } from '../topics.ts';
import { type ReportSources, reportCollector } from './collect-report.ts';
import type { InstanceReport } from './instance-report.ts';
import { lagReader, type ReadLags } from './read-lags.ts';

export interface ReportsOptions extends ReportSources {
  readonly log: Pick<Log, 'append' | 'lagOf'>;
  /** Told once of a row of reports that could not be made. Those that the log does not take are no news: it says so itself. */
  readonly onFault?: (error: unknown) => void;
  readonly intervalMs?: number;
  /** How long the last report may take: others learn after some seconds that we are gone, also when we could not say it. */
  readonly stopWithinMs?: number;
}

export interface Reports {
  readonly instance: string;
  /** The newest report of this process, at most some seconds old, also while the log is away. */
  latest(): Promise<InstanceReport>;
  /** How far the processors of this process are behind. */
  readonly lags: ReadLags;
  /** Publishes a last report, that this process is stopping; waits for a log that is away no longer than a moment. */
  stop(): Promise<void>;
}

export const startReports = ({
  log,
  onFault = () => {},
  intervalMs = 5_000,
  stopWithinMs = 3_000,
  ...sources
}: ReportsOptions): Reports => {
  const collector = reportCollector(sources);
  let latest: InstanceReport | undefined;
  let collecting: Promise<InstanceReport> | undefined;
  let appending: Promise<void> | undefined;
  let faulty = false;

  const collect = (): Promise<InstanceReport> => {
    collecting ??= collector
      .collect()
      .then((report) => {
        latest = report;
        return report;
      })
      .finally(() => {
        collecting = undefined;
      });
    return collecting;
  };
  const append = async (report: InstanceReport): Promise<void> => {
    const value = Buffer.from(JSON.stringify(withinLimits(report)));
    await log.append(instanceReportsTopic.name, [{ key: report.instance, headers: {}, value }]).catch(() => {});
  };
  const publish = async (): Promise<void> => {
    try {
      const report = await collect();
      faulty = false;
      // While the log keeps one waiting, the next ones are not made to wait behind it: they will be old by then.
      appending ??= append(report).finally(() => {
        appending = undefined;
      });
    } catch (error) {
      if (!faulty) onFault(error);
      faulty = true;
    }
  };

  void publish();
  const timer = setInterval(() => void publish(), intervalMs).unref();
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    clearInterval(timer);
    const last = async (): Promise<void> => {
      await collecting;
      await appending;
      await append(await collector.collectLast());
    };
    await settledWithin(last(), stopWithinMs);
    collector.close();
  };
  return {
    instance: collector.instance,
    latest: async () => latest ?? collect(),
    lags: lagReader(log, () => sources.processors().map((processor) => processor.report())),
    stop: () => (stopped ??= stop()),
  };
};

const maxReportBytes = 256 * 1024;
const maxProjects = 1_000;
const maxReasons = 20;

/** The busiest projects and the reasons met most: the log has better to carry. */
export const withinLimits = (report: InstanceReport): InstanceReport => {
  const { ingest } = report;
  const slim: InstanceReport = {
    ...report,
    processors: report.processors.map((processor) => ({
      ...processor,
      dropped: most(processor.dropped),
      deadLettered: most(processor.deadLettered),
      lastError: processor.lastError.slice(0, maxErrorLength),
    })),
    ingest: ingest && { ...ingest, rejected: most(ingest.rejected), refused: most(ingest.refused) },
  };
  for (let projects = maxProjects; slim.ingest !== null; projects >>= 1) {
    const fewer = { ...slim, ingest: { ...slim.ingest, projects: slim.ingest.projects.slice(0, projects) } };
    if (projects === 0 || Buffer.byteLength(JSON.stringify(fewer)) <= maxReportBytes) return fewer;
  }
  return slim;
};

const maxErrorLength = 500;
const maxReasonLength = 200;

const most = (byReason: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(byReason)
      .sort(([, a], [, b]) => b - a)
      .slice(0, maxReasons)
      .map(([reason, count]) => [reason.slice(0, maxReasonLength), count]),
  );
