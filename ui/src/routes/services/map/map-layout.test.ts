import { expect, it } from 'vitest';
import { edgeKey, layoutMap, middleOf, nextInDirection, nodeHeight, nodeWidth, pathOf } from './map-layout.ts';

const named = (...names: string[]) => names.map((name) => ({ name }));
const link = (source: string, target: string) => ({ source, target });
const nodes = named('web', 'gateway', 'checkout', 'auth', 'payments', 'db');
const edges = [
  link('web', 'gateway'),
  link('gateway', 'checkout'),
  link('gateway', 'auth'),
  link('checkout', 'auth'),
  link('checkout', 'payments'),
  link('payments', 'db'),
];

it('puts callers to the left of what they call', () => {
  const { places } = layoutMap(nodes, edges, 'right');
  for (const { source, target } of edges) {
    expect(places.get(source)!.x, `${source} → ${target}`).toBeLessThan(places.get(target)!.x);
  }
});

it('puts callers above what they call on a narrow screen', () => {
  const { places } = layoutMap(nodes, edges, 'down');
  expect(places.get('web')!.y).toBeLessThan(places.get('gateway')!.y);
});

it('never lets two boxes overlap', () => {
  const { places } = layoutMap(nodes, edges, 'right');
  const all = [...places];
  for (const [a, p] of all) {
    for (const [b, q] of all) {
      if (a === b) continue;
      const apart = Math.abs(p.x - q.x) >= nodeWidth || Math.abs(p.y - q.y) >= nodeHeight;
      expect(apart, `${a} and ${b}`).toBe(true);
    }
  }
});

it('gives the same picture whatever the order', () => {
  const one = layoutMap(nodes, edges, 'right');
  const other = layoutMap(nodes.toReversed(), edges.toReversed(), 'right');
  expect([...other.places].sort()).toEqual([...one.places].sort());
});

it('bears cycles, calls to itself and unknown names', () => {
  const { places, routes } = layoutMap(
    named('a', 'b'),
    [link('a', 'b'), link('b', 'a'), link('a', 'a'), link('a', 'gone')],
    'right',
  );
  expect([...places.keys()]).toEqual(['a', 'b']);
  expect([...routes.keys()].sort()).toEqual([edgeKey(link('a', 'b')), edgeKey(link('b', 'a'))]);
});

it('moves to the neighbour an arrow points at', () => {
  const { places } = layoutMap(nodes, edges, 'right');
  expect(nextInDirection(places, 'web', 'ArrowRight')).toBe('gateway');
  expect(nextInDirection(places, 'web', 'ArrowLeft')).toBeUndefined();
});

it('leaves and enters boxes in the direction of flow', () => {
  const points = [
    { x: 0, y: 0 },
    { x: 20, y: 10 },
  ];
  expect(pathOf(points, 'right')).toBe('M0 0C10 0 10 10 20 10');
  expect(pathOf(points, 'down')).toBe('M0 0C0 5 20 5 20 10');
  expect(middleOf(points)).toEqual({ x: 10, y: 5 });
});

it('begins and ends a route at the sides of its boxes', () => {
  const { places, routes } = layoutMap(nodes, edges, 'right');
  for (const edge of edges) {
    const route = routes.get(edgeKey(edge))!;
    expect(route[0]!.x, edgeKey(edge)).toBe(places.get(edge.source)!.x + nodeWidth / 2);
    expect(route.at(-1)!.x, edgeKey(edge)).toBe(places.get(edge.target)!.x - nodeWidth / 2);
  }
});
