/** The spans of a trace by service and operation: how many, how long, how many failed. From the outline alone. */
import type { TraceLayout } from './layout.ts';
import { coveredMs } from './stretches.ts';
import type { SpanNode } from './tree.ts';

export interface GroupFigures {
  readonly count: number;
  readonly errors: number;
  /** While at least one of them ran: what overlaps counts once. */
  readonly totalMs: number;
  /** Of the duration of the trace, 0 to 1. */
  readonly totalShare: number;
  /** What they did while nothing below them ran; parallel work counts as often as it ran. */
  readonly selfMs: number;
  /** Of the self time of all spans, 0 to 1. */
  readonly selfShare: number;
  /** Of their durations, by nearest rank: of fewer than twenty spans the longest. */
  readonly p95Ms: number;
}
export interface OperationGroup extends GroupFigures {
  readonly name: string;
}
export interface ServiceGroup extends GroupFigures {
  readonly service: string;
  readonly operations: readonly OperationGroup[];
}

/** What groups can be put in order by: names from a to z, figures largest first. */
export const groupOrders = ['name', 'count', 'errors', 'total', 'self', 'p95'] as const;
export type GroupOrder = (typeof groupOrders)[number];

export function groupSpans(layout: Pick<TraceLayout, 'tree' | 'selfMs'>, order: GroupOrder): ServiceGroup[] {
  const services = new Map<string, Map<string, SpanNode[]>>();
  for (const node of layout.tree.nodes) {
    if (node.span === null) continue;
    const { service, name } = node.span;
    const operations = services.get(service) ?? new Map<string, SpanNode[]>();
    const nodes = operations.get(name);
    if (nodes === undefined) operations.set(name, [node]);
    else nodes.push(node);
    services.set(service, operations);
  }
  const figuresOf = figuresWithin(layout);
  return [...services]
    .map(([service, operations]) => ({
      service,
      ...figuresOf([...operations.values()].flat()),
      operations: [...operations]
        .map(([name, nodes]) => ({ name, ...figuresOf(nodes) }))
        .sort((a, b) => compare(order, a, b) || a.name.localeCompare(b.name)),
    }))
    .sort((a, b) => compare(order, a, b) || a.service.localeCompare(b.service));
}

const figuresWithin = ({ tree, selfMs }: Pick<TraceLayout, 'tree' | 'selfMs'>) => {
  const allSelfMs = selfMs.reduce((sum, ms) => sum + ms, 0);
  return (nodes: readonly SpanNode[]): GroupFigures => {
    const durations = Float64Array.from(nodes, (node) => node.endMs - node.startMs).sort();
    const intervals = nodes.map((node) => ({ fromMs: node.startMs, toMs: node.endMs }));
    const totalMs = coveredMs(intervals, 0, tree.durationMs);
    const ownMs = nodes.reduce((sum, node) => sum + selfMs[node.index]!, 0);
    return {
      count: nodes.length,
      errors: nodes.filter((node) => node.span!.status.code === 'error').length,
      totalMs,
      totalShare: tree.durationMs === 0 ? 0 : totalMs / tree.durationMs,
      selfMs: ownMs,
      selfShare: allSelfMs === 0 ? 0 : ownMs / allSelfMs,
      p95Ms: durations[Math.ceil(durations.length * 0.95) - 1]!,
    };
  };
};

const figures: Readonly<Record<Exclude<GroupOrder, 'name'>, (group: GroupFigures) => number>> = {
  count: (group) => group.count,
  errors: (group) => group.errors,
  total: (group) => group.totalMs,
  self: (group) => group.selfMs,
  p95: (group) => group.p95Ms,
};

const compare = (order: GroupOrder, a: GroupFigures, b: GroupFigures): number =>
  order === 'name' ? 0 : figures[order](b) - figures[order](a) || b.selfMs - a.selfMs;
