/** How the pipeline itself is doing. Answers from memory, whichever store is away: each part says by itself what it lacks. */
import type { InstanceReport } from '../../kernel/reports/instance-report.ts';
import type { PipelineDisk, PipelineInstance } from '../contract/pipeline.ts';
import type { Handler } from '../handler.ts';
import { historyStartMs, historyStepMs } from './history.ts';
import { ingestFigures } from './ingest-figures.ts';
import { isRunning, stateOf } from './instance-state.ts';
import type { Instance } from './instances.ts';
import { ratePerSecond } from './last-minute.ts';
import { whyNotAccepting } from './not-accepting.ts';
import { processorFigures } from './processor-figures.ts';
import { storesOf } from './store-health.ts';
import type { PipelineWatch } from './watch-pipeline.ts';

export const getPipeline =
  (watch: PipelineWatch, now: () => number): Handler<'getPipeline'> =>
  async () => {
    const nowMs = now();
    const startMs = historyStartMs(nowMs);
    const instances = watch.instances();
    const running = instances.filter((each) => isRunning(each, nowMs)).map(({ newest }) => newest.report);
    return {
      atMs: nowMs,
      notAccepting: whyNotAccepting(instances, watch.caughtUpMs(), nowMs),
      stores: storesOf(running),
      disks: disksOf(running),
      instances: instances.map((instance) => describe(instance, nowMs)).sort(byStart),
      ingest: ingestFigures(instances, watch.history, startMs, nowMs),
      processors: watch.processors().map((processor) => processorFigures(processor, instances, watch, startMs, nowMs)),
      openDeadLetters: watch.openDeadLetters() ?? null,
      historyStartMs: startMs,
      historyStepMs,
    };
  };

/** Processes of one host share its disk. */
const disksOf = (reports: readonly InstanceReport[]): PipelineDisk[] => [
  ...new Map(reports.flatMap(({ host, disk }) => (disk === null ? [] : [[host, { host, ...disk }] as const]))).values(),
];

const describe = (instance: Instance, nowMs: number): PipelineInstance => {
  const { report, seenMs } = instance.newest;
  return {
    instance: report.instance,
    host: report.host,
    pid: report.pid,
    roles: [...report.roles],
    version: report.version,
    startedAtMs: report.startedAtMs,
    seenMs,
    state: stateOf(instance, nowMs),
    rssBytes: report.process.rssBytes,
    cpuCores: ratePerSecond([instance], ({ process }) => process.cpuSeconds),
    eventLoopDelayP99Ms: report.process.eventLoopDelayP99Ms,
  };
};

const byStart = (a: PipelineInstance, b: PipelineInstance): number =>
  a.startedAtMs - b.startedAtMs || (a.instance < b.instance ? -1 : 1);
