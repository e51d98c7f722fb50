/** Whether a process runs, as far as its reports tell. */
import type { Pipeline } from '../contract/pipeline.ts';
import type { Instance } from './instances.ts';

export type InstanceState = Pipeline['instances'][number]['state'];

/** Three reports have not come. */
const lateMs = 15_000;

export const stateOf = ({ newest: { report, seenMs } }: Instance, nowMs: number): InstanceState => {
  if (report.stopping) return 'stopped';
  return nowMs - seenMs > lateMs ? 'late' : 'running';
};

export const isRunning = (instance: Instance, nowMs: number): boolean => stateOf(instance, nowMs) === 'running';
