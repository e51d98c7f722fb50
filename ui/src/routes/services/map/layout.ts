/** Places the services of a map: callers before what they call, edges without crossings where that is possible. */
import { Graph, layout } from '@dagrejs/dagre';

export interface Named {
  readonly name: string;
}
export interface Link {
  readonly source: string;
  readonly target: string;
}
export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface MapLayout {
  /** Centres. */
  readonly places: ReadonlyMap<string, Point>;
  /** By `edgeKey`; from the edge of one box to the edge of the other. */
  readonly routes: ReadonlyMap<string, readonly Point[]>;
  readonly width: number;
  readonly height: number;
}

export const nodeWidth = 172;
export const nodeHeight = 50;

export const edgeKey = ({ source, target }: Link): string => `${source}\u0000${target}`;

/** @param direction `right` on a wide screen, `down` on a narrow one. Edges to unknown nodes are left out. */
export const layoutMap = (nodes: readonly Named[], edges: readonly Link[], direction: 'right' | 'down'): MapLayout => {
  const graph = new Graph();
  graph.setGraph({ rankdir: direction === 'right' ? 'LR' : 'TB', nodesep: 22, ranksep: 84, marginx: 24, marginy: 24 });
  // The same services give the same picture, whatever order they came in.
  for (const { name } of nodes.toSorted(byName)) graph.setNode(name, { width: nodeWidth, height: nodeHeight });
  const drawn = edges.filter(
    ({ source, target }) => source !== target && graph.hasNode(source) && graph.hasNode(target),
  );
  for (const { source, target } of drawn.toSorted((a, b) => (edgeKey(a) < edgeKey(b) ? -1 : 1))) {
    graph.setEdge(source, target, {});
  }
  layout(graph);
  const places = new Map<string, Point>();
  for (const name of graph.nodes()) {
    const { x = 0, y = 0 } = graph.node(name) as Partial<Point>;
    places.set(name, { x, y });
  }
  const routes = new Map<string, readonly Point[]>();
  for (const { v, w } of graph.edges()) {
    const { points = [] } = graph.edge(v, w) as { points?: Point[] };
    routes.set(edgeKey({ source: v, target: w }), points);
  }
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return { places, routes, width, height };
};

/** A smooth path through the points of a route. */
export const pathOf = (points: readonly Point[]): string => {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let path = `M${round(first.x)} ${round(first.y)}`;
  rest.forEach((point, index) => {
    const next = rest[index + 1];
    if (next === undefined) {
      path += `L${round(point.x)} ${round(point.y)}`;
      return;
    }
    const middle = { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    path += `Q${round(point.x)} ${round(point.y)} ${round(middle.x)} ${round(middle.y)}`;
  });
  return path;
};

/** The neighbour in the direction of an arrow key; undefined when there is none. */
export const nextInDirection = (
  places: ReadonlyMap<string, Point>,
  from: string,
  key: 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown',
): string | undefined => {
  const origin = places.get(from);
  if (origin === undefined) return undefined;
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key] as [
    number,
    number,
  ];
  let best: string | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const [name, place] of places) {
    const along = (place.x - origin.x) * dx + (place.y - origin.y) * dy;
    const across = Math.abs((place.x - origin.x) * dy) + Math.abs((place.y - origin.y) * dx);
    if (along < 10) continue;
    const cost = along + across * 2;
    if (cost < bestCost) {
      best = name;
      bestCost = cost;
    }
  }
  return best;
};

// ---- helpers

const byName = (a: Named, b: Named): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
const round = (value: number): number => Math.round(value * 10) / 10;
