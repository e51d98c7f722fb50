/** What ingest takes of one project, over all processes that take something in. */

import { isRunning, stateOf } from './instance-state.ts';
import type { Instance } from './instances.ts';
import { totalByReason } from './totals.ts';

export interface ProjectIngest {
  /** Over the last minute. */
  readonly recordsPerSecond: number;
  /** Arrival of the newest record, Unix milliseconds; null when no process that is remembered took any lately. */
  readonly newestMs: number | null;
  /** Since the processes that run now started. */
  readonly rejected: readonly { readonly reason: string; readonly records: number }[];
}

export const ingestOfProject = (instances: readonly Instance[], project: string, nowMs: number): ProjectIngest => {
  const found = instances.flatMap((instance) => {
    const figures = instance.newest.report.ingest?.projects.find((each) => each.project === project);
    return figures ? [{ instance, figures }] : [];
  });
  const running = found.filter(({ instance }) => isRunning(instance, nowMs));
  const alive = found.filter(({ instance }) => stateOf(instance, nowMs) !== 'stopped');
  const newest = found.flatMap(({ figures }) => figures.newestMs ?? []);
  const rejected = alive.map(({ figures }) =>
    Object.fromEntries(figures.rejected.map(({ reason, records }) => [reason, records])),
  );
  return {
    recordsPerSecond: running.reduce((sum, { figures }) => sum + figures.recordsPerSecond, 0),
    newestMs: newest.length > 0 ? Math.max(...newest) : null,
    rejected: totalByReason(rejected).map(([reason, records]) => ({ reason, records })),
  };
};
