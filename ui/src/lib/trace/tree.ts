/**
 * A trace as a tree that survives what senders do: parents that never arrive, ids that occur twice, parent links that
 * form a circle, and clocks that disagree.
 */
import { clockShifts } from './clock-skew.ts';
import { identityOf, type RowSpan } from './row-span.ts';

export interface SpanNode {
  /** Unique in the trace and the same at every load: the span id, with `~2` behind it where an id occurs twice. */
  readonly key: string;
  /** Null for the one node that stands for all parents that were not received. */
  readonly span: RowSpan | null;
  /** What of its parent link could not be followed. */
  fault: 'none' | 'orphan' | 'cycle';
  parent: SpanNode | null;
  /** By start. */
  readonly children: SpanNode[];
  /** Place in depth-first order: the subtree is the nodes `[index, index + size)`. */
  index: number;
  size: number;
  depth: number;
  /** Milliseconds since the trace began, after clock correction. */
  startMs: number;
  endMs: number;
  /** Added to the sender's own times. 0 where its clock agreed with its callers'. */
  clockShiftMs: number;
  /** Failed spans in the subtree, itself included. */
  errors: number;
}

export interface TraceTree {
  /** Depth first, children by start. */
  readonly nodes: readonly SpanNode[];
  readonly roots: readonly SpanNode[];
  /** What the trace is named after: the earliest span without a parent, else the earliest whose parent is missing. */
  readonly main: SpanNode | null;
  readonly byKey: ReadonlyMap<string, SpanNode>;
  /** Where 0 ms is, Unix milliseconds with fractions. */
  readonly startUnixMs: number;
  readonly durationMs: number;
  readonly spanCount: number;
  readonly errorCount: number;
  readonly orphanCount: number;
  /** Copies of one span, left out: a sender's retry after a lost answer. */
  readonly copyCount: number;
  /** Services whose times were moved, and by how much. */
  readonly clocks: readonly { service: string; shiftMs: number }[];
}

export const missingKey = 'parent-not-received';

/** Builds the tree in O(n log n). `correctClocks: false` leaves every time as it was sent. */
export function buildTree(spans: readonly RowSpan[], { correctClocks = true } = {}): TraceTree {
  const { nodes, byId, copyCount, startUnixMs } = createNodes(spans);
  const orphanCount = attach(nodes, byId);
  cutCycles(nodes);
  const shifts = correctClocks ? clockShifts(nodes) : new Map<number, number>();
  const movedMs = place(nodes, shifts);
  const roots = nodes.filter((node) => node.parent === null);
  if (orphanCount > 0) roots.push(gatherOrphans(roots));
  const ordered = order(roots);
  const real = roots.filter((node) => node.span !== null);
  return {
    nodes: ordered,
    roots,
    main: real.find((node) => node.fault === 'none') ?? ordered.find((node) => node.span !== null) ?? null,
    byKey: new Map(ordered.map((node) => [node.key, node])),
    startUnixMs: startUnixMs + movedMs,
    durationMs: nodes.reduce((end, node) => Math.max(end, node.endMs), 0),
    spanCount: nodes.length,
    errorCount: roots.reduce((sum, node) => sum + node.errors, 0),
    orphanCount,
    copyCount,
    clocks: movedServices(nodes),
  };
}

/**
 * Milliseconds of `unixNano` since a base given in whole seconds. Nanoseconds of today do not fit a double, their
 * distance to the start of a trace does.
 */
export function unixNanoSince(unixNano: string, baseUnixSeconds: number): number {
  const seconds = Number(unixNano.slice(0, -9));
  const nanos = Number(unixNano.slice(-9));
  return (seconds - baseUnixSeconds) * 1000 + nanos / 1e6;
}

/** Nearly every id is there once: a list is made only for those that are not. */
type ById = Map<string, SpanNode | SpanNode[]>;

function createNodes(spans: readonly RowSpan[]) {
  const baseSeconds = spans.reduce((least, s) => Math.min(least, Number(s.startTimeUnixNano.slice(0, -9))), Infinity);
  const nodes: SpanNode[] = [];
  const byId: ById = new Map();
  let firstMs = Infinity;
  for (const span of spans) {
    const same = byId.get(span.spanId);
    if (same !== undefined && listOf(same).some((other) => isCopy(other.span!, span))) continue;
    const startMs = unixNanoSince(span.startTimeUnixNano, baseSeconds);
    const node: SpanNode = {
      key: same === undefined ? span.spanId : `${span.spanId}~${listOf(same).length + 1}`,
      span,
      fault: 'none',
      parent: null,
      children: [],
      index: 0,
      size: 1,
      depth: 0,
      startMs,
      endMs: Math.max(startMs, unixNanoSince(span.endTimeUnixNano, baseSeconds)),
      clockShiftMs: 0,
      errors: 0,
    };
    firstMs = Math.min(firstMs, startMs);
    nodes.push(node);
    if (Array.isArray(same)) same.push(node);
    else byId.set(span.spanId, same === undefined ? node : [same, node]);
  }
  for (const node of nodes) {
    node.startMs -= firstMs;
    node.endMs -= firstMs;
  }
  const startUnixMs = nodes.length === 0 ? 0 : baseSeconds * 1000 + firstMs;
  return { nodes, byId, copyCount: spans.length - nodes.length, startUnixMs };
}

const listOf = (same: SpanNode | SpanNode[]): SpanNode[] => (Array.isArray(same) ? same : [same]);

const isCopy = (a: RowSpan, b: RowSpan) => identityOf(a) === identityOf(b);

/** Sets every node's parent. Returns how many parents are missing. */
function attach(nodes: readonly SpanNode[], byId: ById): number {
  let orphans = 0;
  for (const node of nodes) {
    const span = node.span!;
    const shared = sharedClient(node, byId);
    const parents = shared ?? byId.get(span.parentSpanId);
    if (Array.isArray(parents)) {
      // Where two spans share the parent's id, the child belongs to the one of its own process.
      node.parent = parents.find((other) => other.span!.resource === span.resource) ?? parents[0]!;
    } else if (parents !== undefined) {
      node.parent = parents;
    } else if (span.parentSpanId !== '') {
      node.fault = 'orphan';
      orphans++;
    }
  }
  return orphans;
}

/** Zipkin lets the two sides of a call share one id: the server's span then belongs under the client's. */
function sharedClient(node: SpanNode, byId: ById): SpanNode | undefined {
  if (node.span!.kind !== 'server') return undefined;
  const same = byId.get(node.span!.spanId)!;
  return Array.isArray(same) ? same.find((other) => other.span!.kind === 'client') : undefined;
}

/** Makes the earliest span of each circle of parent links a root. */
function cutCycles(nodes: readonly SpanNode[]): void {
  const safe = new Set<SpanNode>();
  for (const node of nodes) {
    // Spans mostly arrive after their parents: then there is no path to walk, and none to allocate.
    if (node.parent === null || safe.has(node.parent)) {
      safe.add(node);
      continue;
    }
    const path = new Set<SpanNode>();
    let at: SpanNode | null = node;
    while (at !== null && !safe.has(at) && !path.has(at)) {
      path.add(at);
      at = at.parent;
    }
    if (at !== null && path.has(at)) {
      let earliest = at;
      for (let next = at.parent!; next !== at; next = next.parent!) {
        if (next.startMs < earliest.startMs) earliest = next;
      }
      earliest.parent = null;
      earliest.fault = 'cycle';
    }
    for (const visited of path) safe.add(visited);
  }
}

/** Applies the clock shifts and lets the trace begin at 0 again. Returns how far its beginning moved. */
function place(nodes: readonly SpanNode[], shifts: ReadonlyMap<number, number>): number {
  if (nodes.length === 0) return 0;
  let firstMs = Infinity;
  for (const node of nodes) {
    node.clockShiftMs = shifts.get(node.span!.resource) ?? 0;
    firstMs = Math.min(firstMs, node.startMs + node.clockShiftMs);
  }
  for (const node of nodes) {
    node.startMs += node.clockShiftMs - firstMs;
    node.endMs += node.clockShiftMs - firstMs;
    node.parent?.children.push(node);
  }
  return firstMs;
}

/** Takes the orphans out of `roots` and returns the node they hang under. */
function gatherOrphans(roots: SpanNode[]): SpanNode {
  const orphans = roots.filter((node) => node.fault === 'orphan');
  const kept = roots.filter((node) => node.fault !== 'orphan');
  roots.splice(0, roots.length, ...kept);
  const missing: SpanNode = {
    key: missingKey,
    span: null,
    fault: 'none',
    parent: null,
    children: orphans,
    index: 0,
    size: 1,
    depth: 0,
    startMs: orphans.reduce((least, node) => Math.min(least, node.startMs), Infinity),
    endMs: orphans.reduce((most, node) => Math.max(most, node.endMs), 0),
    clockShiftMs: 0,
    errors: 0,
  };
  for (const node of orphans) node.parent = missing;
  return missing;
}

/** Sorts, numbers and sums without recursion: a trace may be 50,000 spans deep. */
function order(roots: SpanNode[]): SpanNode[] {
  const byStart = (a: SpanNode, b: SpanNode) => a.startMs - b.startMs || b.endMs - a.endMs;
  const ordered: SpanNode[] = [];
  const stack = roots.sort(byStart).toReversed();
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    node.index = ordered.push(node) - 1;
    node.depth = node.parent === null ? 0 : node.parent.depth + 1;
    if (node.children.length > 1) node.children.sort(byStart);
    for (let i = node.children.length - 1; i >= 0; i--) stack.push(node.children[i]!);
  }
  for (const node of ordered.toReversed()) {
    if (node.span?.status.code === 'error') node.errors++;
    if (node.parent === null) continue;
    node.parent.size += node.size;
    node.parent.errors += node.errors;
  }
  return ordered;
}

function movedServices(nodes: readonly SpanNode[]): { service: string; shiftMs: number }[] {
  const moved = new Map<string, number>();
  for (const node of nodes) {
    if (node.clockShiftMs === 0) continue;
    const known = moved.get(node.span!.service) ?? 0;
    if (Math.abs(node.clockShiftMs) > Math.abs(known)) moved.set(node.span!.service, node.clockShiftMs);
  }
  return [...moved].map(([service, shiftMs]) => ({ service, shiftMs }));
}
