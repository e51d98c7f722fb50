/** Where a span ran and nothing below it did: missing instrumentation, a blocked event loop, or the network. */
import type { Interval, Stretches } from './stretches.ts';
import { union } from './stretches.ts';
import type { TraceTree } from './tree.ts';

/** Gaps by the index of the span they lie in, in order of time. */
export type Gaps = ReadonlyMap<number, readonly Interval[]>;

/** A gap is worth a row from 20 ms, in a long trace from 3 % of it: otherwise an hour would be full of them. */
export const gapThresholdMs = (traceDurationMs: number): number => Math.max(20, 0.03 * traceDurationMs);

/** A span without anything below it has no gap: all of it is its own work. */
export function findGaps(tree: TraceTree, { within }: Stretches): Gaps {
  const thresholdMs = gapThresholdMs(tree.durationMs);
  const gaps = new Map<number, Interval[]>();
  for (const node of tree.nodes) {
    const stretches = within[node.index];
    if (stretches === undefined || node.endMs - node.startMs <= thresholdMs) continue;
    const found: Interval[] = [];
    let coveredMs = node.startMs;
    for (const busy of [...union(stretches, node.startMs, node.endMs), { fromMs: node.endMs, toMs: node.endMs }]) {
      if (busy.fromMs - coveredMs > thresholdMs) found.push({ fromMs: coveredMs, toMs: busy.fromMs });
      coveredMs = busy.toMs;
    }
    if (found.length > 0) gaps.set(node.index, found);
  }
  return gaps;
}
