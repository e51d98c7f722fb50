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
export type Direction = 'right' | 'down';
export interface MapLayout {
  readonly direction: Direction;
  /** Centres. */
  readonly places: ReadonlyMap<string, Point>;
  /** By `edgeKey`; from the edge of one box to the edge of the other. */
  readonly routes: ReadonlyMap<string, readonly Point[]>;
  readonly width: number;
  readonly height: number;
}

export const nodeWidth = 164;
export const nodeHeight = 50;

export const edgeKey = ({ source, target }: Link): string => `${source}\u0000${target}`;

/** Edges to unknown nodes, and from a node to itself, are left out. */
export const layoutMap = (nodes: readonly Named[], edges: readonly Link[], direction: Direction): MapLayout => {
  const graph = new Graph();
  graph.setGraph({
    rankdir: direction === 'right' ? 'LR' : 'TB',
    nodesep: 20,
    ranksep: direction === 'right' ? 96 : 52,
    marginx: 20,
    marginy: 20,
  });
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
    routes.set(edgeKey({ source: v, target: w }), routeBetween(places.get(v), places.get(w), points, direction));
  }
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return { direction, places, routes, width, height };
};

/** A smooth path along a route: leaves a box in the direction of flow, and passes every point in it. */
export const pathOf = (points: readonly Point[], direction: Direction): string => {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let path = `M${round(first.x)} ${round(first.y)}`;
  let from = first;
  for (const to of rest) {
    const [c, d] =
      direction === 'right'
        ? [`${round((from.x + to.x) / 2)} ${round(from.y)}`, `${round((from.x + to.x) / 2)} ${round(to.y)}`]
        : [`${round(from.x)} ${round((from.y + to.y) / 2)}`, `${round(to.x)} ${round((from.y + to.y) / 2)}`];
    path += `C${c} ${d} ${round(to.x)} ${round(to.y)}`;
    from = to;
  }
  return path;
};

/** Where the figures of a route stand: in the middle of its longest stretch. */
export const middleOf = (points: readonly Point[]): Point | undefined => {
  let best: Point | undefined;
  let longest = -1;
  points.forEach((to, index) => {
    const from = points[index - 1];
    if (from === undefined) return;
    const length = Math.hypot(to.x - from.x, to.y - from.y);
    if (length <= longest) return;
    longest = length;
    best = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
  });
  return best;
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

/** From the side of one box to the side of the other; between them, the points where a long edge passes others. */
const routeBetween = (
  source: Point | undefined,
  target: Point | undefined,
  points: readonly Point[],
  direction: Direction,
): Point[] => {
  if (source === undefined || target === undefined) return [];
  const between = points.length > 3 ? points.slice(1, -1) : [];
  if (direction === 'right') {
    const side = (target.x > source.x ? 1 : -1) * (nodeWidth / 2);
    return [{ x: source.x + side, y: source.y }, ...between, { x: target.x - side, y: target.y }];
  }
  const side = (target.y > source.y ? 1 : -1) * (nodeHeight / 2);
  return [{ x: source.x, y: source.y + side }, ...between, { x: target.x, y: target.y - side }];
};

const byName = (a: Named, b: Named): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
const round = (value: number): number => Math.round(value * 10) / 10;
