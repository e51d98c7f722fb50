/**
 * Who works for whom, and when. A span's time is cut into stretches and each is given to the nearest ancestor that
 * was still running then: a child's time is its parent's, and what a child does after its parent has ended (a message
 * consumed later, work that nobody waited for) belongs to the grandparent, or to the trace itself.
 */
import type { SpanNode, TraceTree } from './tree.ts';

export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}
export interface Stretch extends Interval {
  readonly node: SpanNode;
}
export interface Stretches {
  /** Work done for a span by the spans below it, by the span's index; undefined where there is none. */
  readonly within: readonly (readonly Stretch[] | undefined)[];
  /** What runs on its own: roots, and whatever outlives all of its ancestors. */
  readonly top: readonly Stretch[];
}

export function cutIntoStretches(tree: TraceTree): Stretches {
  const within: (Stretch[] | undefined)[] = new Array(tree.nodes.length);
  const top: Stretch[] = [];
  const longer: (SpanNode | null)[] = [];
  for (const node of tree.nodes) {
    longer.push(nextLonger(node, longer));
    if (node.span === null) continue;
    let fromMs = node.startMs;
    let ancestor = realParent(node);
    while (ancestor !== null && fromMs < node.endMs) {
      const stretch = { node, fromMs: Math.max(fromMs, ancestor.startMs), toMs: Math.min(node.endMs, ancestor.endMs) };
      if (stretch.toMs > stretch.fromMs) {
        within[ancestor.index] ??= [];
        within[ancestor.index]!.push(stretch);
      }
      fromMs = Math.max(fromMs, ancestor.endMs);
      ancestor = longer[ancestor.index]!;
    }
    if (fromMs < node.endMs) top.push({ node, fromMs, toMs: node.endMs });
  }
  return { within, top };
}

/** The parts of `[fromMs, toMs]` that at least one of the intervals covers, merged and in order. */
export function union(intervals: readonly Interval[], fromMs: number, toMs: number): Interval[] {
  const merged: { fromMs: number; toMs: number }[] = [];
  for (const interval of inOrder(intervals)) {
    const start = Math.max(interval.fromMs, fromMs);
    const end = Math.min(interval.toMs, toMs);
    if (end <= start) continue;
    const last = merged.at(-1);
    if (last !== undefined && start <= last.toMs) last.toMs = Math.max(last.toMs, end);
    else merged.push({ fromMs: start, toMs: end });
  }
  return merged;
}

/** How much of `[fromMs, toMs]` at least one of the intervals covers. */
export function coveredMs(intervals: readonly Interval[], fromMs: number, toMs: number): number {
  let [sumMs, endMs] = [0, fromMs];
  for (const interval of inOrder(intervals)) {
    const end = Math.min(interval.toMs, toMs);
    if (end <= endMs) continue;
    sumMs += end - Math.max(interval.fromMs, endMs);
    endMs = end;
  }
  return sumMs;
}

/** By start. Mostly they are already: then nothing is copied. */
function inOrder(intervals: readonly Interval[]): readonly Interval[] {
  for (let i = 1; i < intervals.length; i++) {
    if (intervals[i - 1]!.fromMs > intervals[i]!.fromMs) return intervals.toSorted((a, b) => a.fromMs - b.fromMs);
  }
  return intervals;
}

const realParent = (node: SpanNode) => (node.parent?.span ? node.parent : null);

/**
 * The nearest ancestor that ends later. Jumping over the others keeps a chain of 50,000 spans, each begun when the
 * one before it ended, from costing a billion steps.
 */
function nextLonger(node: SpanNode, longer: readonly (SpanNode | null)[]): SpanNode | null {
  let ancestor = realParent(node);
  while (ancestor !== null && ancestor.endMs <= node.endMs) ancestor = longer[ancestor.index]!;
  return ancestor;
}
