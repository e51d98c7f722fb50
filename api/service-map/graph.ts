/** Puts edges together into the map: one node per name, and figures per second. */
import type { Red, ServiceMap } from '../contract/services.ts';
import type { Edge, RemoteNode } from './edges.ts';

export type MapNode = ServiceMap['nodes'][number];
export type MapEdge = ServiceMap['edges'][number];

export interface GraphInput {
  readonly edges: readonly Edge[];
  readonly remote: readonly RemoteNode[];
  /** Figures of the services that were called in the range, by name. */
  readonly services: ReadonlyMap<string, Red>;
  /** Colour slots by service name. */
  readonly slots: ReadonlyMap<string, number | null>;
  readonly sampledOneIn: number;
  readonly seconds: number;
}

/**
 * A host that is called like a service is that service, which then does not pass the trace on. Names are what edges
 * refer to, so of two things with the same name the service stays.
 */
export const assembleMap = (input: GraphInput): Pick<ServiceMap, 'nodes' | 'edges'> => {
  const { edges, remote, services, slots, sampledOneIn, seconds } = input;
  const figures = ({ calls, errors, p95Ms }: Counted) => ({
    requestsPerSecond: (calls * sampledOneIn) / seconds,
    errorRate: calls === 0 ? 0 : errors / calls,
    p95Ms,
  });
  const nodes = new Map<string, MapNode>();
  const add = (node: MapNode): void => {
    if (!nodes.has(node.name)) nodes.set(node.name, node);
  };
  const serviceNode = (name: string): MapNode => {
    const { requestsPerSecond, errorRate, p95Ms } = services.get(name) ?? {
      requestsPerSecond: 0,
      errorRate: 0,
      p95Ms: null,
    };
    return { name, kind: 'service', slot: slots.get(name) ?? null, requestsPerSecond, errorRate, p95Ms };
  };
  for (const name of services.keys()) add(serviceNode(name));
  for (const { source, sourceKind, target, targetKind } of edges) {
    if (sourceKind === 'service') add(serviceNode(source));
    if (targetKind === 'service') add(serviceNode(target));
  }
  for (const node of remote) add({ name: node.target, kind: node.targetKind, slot: null, ...figures(node) });
  for (const { source, sourceKind } of edges) {
    if (nodes.has(source)) continue;
    add({ name: source, kind: sourceKind, slot: null, ...figures(together(edges.filter((e) => e.source === source))) });
  }
  return {
    nodes: [...nodes.values()],
    edges: [...byEnds(edges.filter(({ target }) => nodes.has(target))).values()].map((same) => ({
      source: same[0]!.source,
      target: same[0]!.target,
      ...figures(together(same)),
    })),
  };
};

type Counted = Pick<Edge, 'calls' | 'errors' | 'p95Ms'>;

/** Percentiles cannot be added up: that of the busiest stands for all. */
const together = (edges: readonly Counted[]): Counted => {
  const busiest = edges.reduce<Counted | undefined>(
    (a, b) => (a === undefined || b.calls > a.calls ? b : a),
    undefined,
  );
  return {
    calls: edges.reduce((sum, edge) => sum + edge.calls, 0),
    errors: edges.reduce((sum, edge) => sum + edge.errors, 0),
    p95Ms: busiest?.p95Ms ?? null,
  };
};

/** The same two names may be connected by matched spans and by an address. */
const byEnds = (edges: readonly Edge[]): Map<string, Edge[]> => {
  const groups = new Map<string, Edge[]>();
  for (const edge of edges) {
    if (edge.source === edge.target) continue;
    const ends = JSON.stringify([edge.source, edge.target]);
    groups.set(ends, [...(groups.get(ends) ?? []), edge]);
  }
  return groups;
};
