/** A trace in a few bars: enough to see where a line was written and what failed around it. */
import type { OutlinedTrace } from '../trace/row-span.ts';
import { buildTree, type SpanNode } from '../trace/tree.ts';

export interface MiniBar {
  readonly key: string;
  readonly spanId: string;
  readonly name: string;
  readonly service: string;
  readonly depth: number;
  /** Shares of the trace's duration, 0 to 1. */
  readonly from: number;
  readonly width: number;
  readonly durationMs: number;
  readonly failed: boolean;
  /** The span the line was written in. */
  readonly own: boolean;
}

export interface MiniTrace {
  readonly bars: readonly MiniBar[];
  readonly durationMs: number;
  readonly spanCount: number;
  readonly errorCount: number;
  /** Spans without a bar. */
  readonly omitted: number;
}

/** At most `most` bars, in the order of the waterfall: the line's span with its callers, failures, then the longest. */
export const miniTrace = (trace: Pick<OutlinedTrace, 'spans'>, spanId: string, most: number): MiniTrace => {
  const tree = buildTree(trace.spans);
  const nodes = tree.nodes.filter((node) => node.span !== null);
  const own = spanId === '' ? undefined : tree.byKey.get(spanId);
  const callers = new Set<SpanNode>();
  for (let node = own ?? null; node !== null && !callers.has(node); node = node.parent) callers.add(node);
  const rank = (node: SpanNode): number =>
    callers.has(node) ? 0 : node.depth === 0 ? 1 : node.span?.status.code === 'error' ? 2 : 3;
  const chosen = nodes
    .toSorted((a, b) => rank(a) - rank(b) || b.endMs - b.startMs - (a.endMs - a.startMs))
    .slice(0, most)
    .sort((a, b) => a.index - b.index);
  const total = Math.max(tree.durationMs, 1e-6);
  return {
    bars: chosen.map((node) => ({
      key: node.key,
      spanId: node.span?.spanId ?? '',
      name: node.span?.name ?? '',
      service: node.span?.service ?? '',
      depth: node.depth,
      from: Math.max(0, node.startMs / total),
      width: Math.min(1, (node.endMs - node.startMs) / total),
      durationMs: node.endMs - node.startMs,
      failed: node.span?.status.code === 'error',
      own: node === own,
    })),
    durationMs: tree.durationMs,
    spanCount: tree.spanCount,
    errorCount: tree.errorCount,
    omitted: nodes.length - chosen.length,
  };
};
