import { expect, it } from 'vitest';
import { edgeKey, layoutMap, nextInDirection, nodeHeight, nodeWidth, pathOf } from './layout.ts';

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

it('draws a path from the first point to the last', () => {
  const path = pathOf([
    { x: 0, y: 0 },
    { x: 10, y: 10 },
    { x: 20, y: 0 },
  ]);
  expect(path).toBe('M0 0Q10 10 15 5L20 0');
});
