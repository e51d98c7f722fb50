/**
 * How far each process's clock must be moved so that no span begins before the one that caused it. Only what cannot
 * be true is evidence, and only the least correction that removes it is made: work that outlives its caller is
 * ordinary, and centring a span in its caller, as Zipkin and Jaeger do, invents a latency that nobody measured.
 */
import type { SpanNode } from './tree.ts';

/** Spans of one resource come from one process and share its clock. */
type ResourceIndex = number;

/** What the calls from one process to another allow: `least <= shift of callee - shift of caller <= most`, in ms. */
interface Bounds {
  leastMs: number;
  mostMs: number;
}

/** Milliseconds to add, by resource. Resources that need none are absent. Needs `parent`, not `children`. */
export function clockShifts(nodes: readonly SpanNode[]): Map<ResourceIndex, number> {
  const calls = boundsByCall(nodes);
  const shifts = new Map<ResourceIndex, number>();
  // The processes of the roots keep their time; from there every callee is set by its caller.
  const queue = [...new Set(nodes.filter((node) => node.parent === null).map((node) => node.span!.resource))];
  for (const root of queue) shifts.set(root, 0);
  for (const caller of queue) {
    for (const [callee, bounds] of calls.get(caller) ?? []) {
      if (shifts.has(callee)) continue;
      shifts.set(callee, shifts.get(caller)! + leastShift(bounds));
      queue.push(callee);
    }
  }
  for (const [resource, shiftMs] of shifts) if (shiftMs === 0) shifts.delete(resource);
  return shifts;
}

function boundsByCall(nodes: readonly SpanNode[]): Map<ResourceIndex, Map<ResourceIndex, Bounds>> {
  const calls = new Map<ResourceIndex, Map<ResourceIndex, Bounds>>();
  for (const node of nodes) {
    const caller = node.parent;
    if (caller === null || caller.span!.resource === node.span!.resource) continue;
    const callees = calls.get(caller.span!.resource) ?? new Map<ResourceIndex, Bounds>();
    const bounds = callees.get(node.span!.resource) ?? { leastMs: -Infinity, mostMs: Infinity };
    narrow(bounds, caller, node);
    calls.set(caller.span!.resource, callees.set(node.span!.resource, bounds));
  }
  return calls;
}

function narrow(bounds: Bounds, caller: SpanNode, callee: SpanNode): void {
  // A page load encloses the server's span that it is hung under: nested the wrong way round, but not a wrong clock.
  const encloses = callee.startMs < caller.startMs && callee.endMs > caller.endMs;
  if (!encloses) bounds.leastMs = Math.max(bounds.leastMs, caller.startMs - callee.startMs);
  if (answeredBeforeReceived(caller, callee)) {
    bounds.mostMs = Math.min(bounds.mostMs, caller.endMs - callee.endMs);
  }
}

/** A call that succeeded cannot have been received after it was answered. One that failed may have timed out. */
const answeredBeforeReceived = (caller: SpanNode, callee: SpanNode) =>
  caller.span!.kind === 'client' &&
  callee.span!.kind === 'server' &&
  caller.span!.status.code !== 'error' &&
  callee.startMs > caller.endMs &&
  callee.endMs - callee.startMs <= caller.endMs - caller.startMs;

function leastShift({ leastMs, mostMs }: Bounds): number {
  if (leastMs > 0) return leastMs;
  return mostMs < 0 ? Math.max(mostMs, leastMs) : 0;
}
