/** Processes in the order in which they matter, and in a sentence. */
import type { PipelineInstance } from '../../../../api/contract/pipeline.ts';

/** With an event loop as late as this, whoever waits for an answer feels it. */
export const slowLoopMs = 200;

/** Those that are not heard of, then those that run, by host, then those that ended, the last first. */
export const processOrder = (instances: readonly PipelineInstance[]): PipelineInstance[] =>
  [...instances].sort(
    (a, b) =>
      ranks[a.state] - ranks[b.state] ||
      (a.state === 'stopped' ? b.seenMs - a.seenMs : compare(a.host, b.host) || a.startedAtMs - b.startedAtMs),
  );

/** `28 running, 1 not heard of, 1 stopped on 4 hosts`. */
export const processSummary = (instances: readonly PipelineInstance[]): string => {
  if (instances.length === 0) return '';
  const counted = states.flatMap(([state, words]) => {
    const count = instances.filter((instance) => instance.state === state).length;
    return count === 0 ? [] : [`${count} ${words}`];
  });
  const hosts = new Set(instances.map(({ host }) => host)).size;
  return `${counted.join(', ')}${hosts > 1 ? ` on ${hosts} hosts` : ''}`;
};

// ---- helpers

const ranks: Readonly<Record<PipelineInstance['state'], number>> = { late: 0, running: 1, stopped: 2 };
const states = [
  ['running', 'running'],
  ['late', 'not heard of'],
  ['stopped', 'stopped'],
] as const;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
