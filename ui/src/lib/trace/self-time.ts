/** Self time: what a span did while nothing below it ran, and whose services that time was spent in. */
import type { Stretches } from './stretches.ts';
import { coveredMs } from './stretches.ts';
import type { TraceTree } from './tree.ts';

export interface ServiceShare {
  readonly service: string;
  readonly selfMs: number;
  /** Of the self time of all services together, 0 to 1. Parallel work counts as often as it ran. */
  readonly share: number;
}

/** Milliseconds by a node's index. */
export function selfTimes(tree: TraceTree, { within }: Stretches): Float64Array {
  const selfMs = new Float64Array(tree.nodes.length);
  for (const node of tree.nodes) {
    if (node.span === null) continue;
    const stretches = within[node.index];
    const busyMs = stretches === undefined ? 0 : coveredMs(stretches, node.startMs, node.endMs);
    selfMs[node.index] = Math.max(0, node.endMs - node.startMs - busyMs);
  }
  return selfMs;
}

/** Largest first. */
export function serviceShares(tree: TraceTree, selfMs: Float64Array): ServiceShare[] {
  const byService = new Map<string, number>();
  let allMs = 0;
  for (const node of tree.nodes) {
    if (node.span === null) continue;
    byService.set(node.span.service, (byService.get(node.span.service) ?? 0) + selfMs[node.index]!);
    allMs += selfMs[node.index]!;
  }
  return [...byService]
    .map(([service, ms]) => ({ service, selfMs: ms, share: allMs === 0 ? 1 / byService.size : ms / allMs }))
    .sort((a, b) => b.selfMs - a.selfMs || a.service.localeCompare(b.service));
}
