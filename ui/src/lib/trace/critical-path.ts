/**
 * The parts of spans that decided how long the trace took: shorten one of them and the trace gets shorter.
 *
 * The method is that of CRISP (Zhang et al., "CRISP: Critical Path Analysis of Large-Scale Microservice
 * Architectures", USENIX ATC 2022, section 4), which Jaeger's critical path follows too: walk backwards from the end
 * of a span; whenever its last finishing child is reached, what lay behind it is the span's own, and the walk goes on
 * inside the child and then before the child's start. Children still running at that moment ran beside the path.
 * CRISP drops what outlives its parent; here that work counts for whoever was still running (see stretches.ts), so
 * that messages consumed after the answer are explained as well.
 */
import type { Interval, Stretch, Stretches } from './stretches.ts';
import { union } from './stretches.ts';
import type { SpanNode, TraceTree } from './tree.ts';

export interface CriticalPath {
  /** By a node's index, in order of time. Empty where the span waited or did not matter. */
  readonly parts: readonly (readonly Interval[])[];
  /** 1 where the node or anything below it has a part. */
  readonly touched: Uint8Array;
}

export function criticalPath(tree: TraceTree, stretches: Stretches): CriticalPath {
  const parts: (Interval[] | undefined)[] = new Array(tree.nodes.length).fill(undefined);
  const stack: Stretch[] = [];
  const end = tree.durationMs;
  walkTop(stretches.top, end, stack);
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    parts[at.node.index] ??= [];
    const own = parts[at.node.index]!;
    const children = stretches.within[at.node.index];
    if (children === undefined) own.push(at);
    else walk(children, at, stack, own);
  }
  const ordered = parts.map((own) => (own === undefined ? none : own.length > 1 ? union(own, 0, end) : own));
  return { parts: ordered, touched: touchedBelow(tree.nodes, ordered) };
}

/** What of the path lies in the subtrees of `nodes`: drawn on the one row that stands for them. */
export function pathBelow(tree: TraceTree, path: CriticalPath, nodes: readonly SpanNode[]): Interval[] {
  const parts = nodes.flatMap((node) =>
    path.touched[node.index] ? path.parts.slice(node.index, node.index + node.size).flat() : [],
  );
  return union(parts, 0, tree.durationMs);
}

/** One span seen backwards: adds its own parts to `own` and its decisive children to `stack`. */
function walk(children: readonly Stretch[], window: Interval, stack: Stretch[], own: Interval[]): void {
  let cursorMs = window.toMs;
  const lastFirst: Stretch[] = [];
  for (const child of children) {
    const clipped = clip(child, window);
    if (clipped.toMs > clipped.fromMs) lastFirst.push(clipped);
  }
  if (lastFirst.length > 1) lastFirst.sort(byEnd);
  for (const child of lastFirst) {
    if (child.toMs > cursorMs + clockStepMs || child.fromMs >= cursorMs) continue;
    const toMs = Math.min(child.toMs, cursorMs);
    if (cursorMs > toMs) own.push({ fromMs: toMs, toMs: cursorMs });
    stack.push(toMs === child.toMs ? child : { node: child.node, fromMs: child.fromMs, toMs });
    cursorMs = child.fromMs;
  }
  if (cursorMs > window.fromMs) own.push({ fromMs: window.fromMs, toMs: cursorMs });
}

/** Nobody waits for the trace as a whole: what ran last decided, and before it began whatever else was running. */
function walkTop(top: readonly Stretch[], endMs: number, stack: Stretch[]): void {
  let cursorMs = endMs;
  for (const stretch of top.toSorted(byEnd)) {
    if (stretch.fromMs >= cursorMs) continue;
    stack.push({ ...stretch, toMs: Math.min(stretch.toMs, cursorMs) });
    cursorMs = stretch.fromMs;
  }
}

/**
 * Two spans that follow each other may seem to overlap by this much: JavaScript's clocks give start times in whole
 * milliseconds. Without the allowance every second query of a loop would count as its caller's own time.
 */
const clockStepMs = 1;

/** Most lie within: those are not made anew. */
const clip = (child: Stretch, window: Interval): Stretch =>
  child.fromMs >= window.fromMs && child.toMs <= window.toMs
    ? child
    : { node: child.node, fromMs: Math.max(child.fromMs, window.fromMs), toMs: Math.min(child.toMs, window.toMs) };

const byEnd = (a: Stretch, b: Stretch): number => b.toMs - a.toMs || a.fromMs - b.fromMs;

const none: readonly Interval[] = [];

function touchedBelow(nodes: readonly SpanNode[], parts: readonly (readonly Interval[])[]): Uint8Array {
  const touched = new Uint8Array(nodes.length);
  for (let i = nodes.length - 1; i >= 0; i--) {
    if (parts[i]!.length > 0) touched[i] = 1;
    const parent = nodes[i]!.parent;
    if (touched[i] === 1 && parent !== null) touched[parent.index] = 1;
  }
  return touched;
}
