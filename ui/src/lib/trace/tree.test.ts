import { expect, test } from 'vitest';
import { randomSketches, spansOf } from './fixture-spans.ts';
import { buildTree, missingKey } from './tree.ts';

const outline = (tree: ReturnType<typeof buildTree>) =>
  tree.nodes.map((node) => `${'  '.repeat(node.depth)}${node.key}`);

test('children stand under their parents by start', () => {
  const tree = buildTree(
    spansOf([
      { id: 'c', parent: 'a', from: 50, to: 60 },
      { id: 'b', parent: 'a', from: 10, to: 40 },
      { id: 'd', parent: 'b', from: 20, to: 30, failed: true },
      { id: 'a', from: 0, to: 100 },
    ]),
  );
  expect(outline(tree)).toEqual(['a', '  b', '    d', '  c']);
  expect(tree.nodes.map((node) => [node.key, node.size, node.errors])).toEqual([
    ['a', 4, 1],
    ['b', 2, 1],
    ['d', 1, 1],
    ['c', 1, 0],
  ]);
  expect(tree).toMatchObject({ durationMs: 100, spanCount: 4, errorCount: 1, orphanCount: 0, copyCount: 0 });
  expect(tree.main!.key).toBe('a');
  expect(tree.startUnixMs).toBe(1_795_082_400_000);
});

test('nanoseconds survive: times are differences, never doubles of Unix time', () => {
  const tree = buildTree(
    spansOf([
      { id: 'a', from: 0, to: 1 },
      { id: 'b', parent: 'a', from: 0.000001, to: 0.000003 },
    ]),
  );
  expect(tree.byKey.get('b')!.startMs).toBeCloseTo(0.000001, 12);
  expect(tree.byKey.get('b')!.endMs).toBeCloseTo(0.000003, 12);
});

test('spans whose parent is missing hang under one node that says so', () => {
  const tree = buildTree(
    spansOf([
      { id: 'a', from: 0, to: 100 },
      { id: 'lost2', parent: 'gone', from: 60, to: 70 },
      { id: 'lost1', parent: 'gone too', from: 20, to: 90 },
      { id: 'child', parent: 'lost1', from: 30, to: 40 },
    ]),
  );
  expect(outline(tree)).toEqual(['a', missingKey, '  lost1', '    child', '  lost2']);
  expect(tree.orphanCount).toBe(2);
  expect(tree.byKey.get(missingKey)).toMatchObject({ span: null, startMs: 20, endMs: 90, size: 4 });
  expect(tree.main!.key).toBe('a');
});

test('a trace without its root is named after its first orphan', () => {
  const tree = buildTree(spansOf([{ id: 'b', parent: 'gone', from: 5, to: 10 }]));
  expect(tree.main!.key).toBe('b');
});

test('a circle of parents is cut at its earliest span, and nothing is lost', () => {
  const tree = buildTree(
    spansOf([
      { id: 'root', from: 0, to: 9 },
      { id: 'x', parent: 'z', from: 3, to: 4 },
      { id: 'y', parent: 'x', from: 2, to: 5 },
      { id: 'z', parent: 'y', from: 6, to: 7 },
      { id: 'early', parent: 'z', from: 1, to: 2 },
      { id: 'self', parent: 'self', from: 8, to: 9 },
    ]),
  );
  expect(outline(tree)).toEqual(['root', 'y', '  z', '    early', '    x', 'self']);
  expect(tree.nodes.filter((node) => node.fault === 'cycle').map((node) => node.key)).toEqual(['y', 'self']);
});

test('copies of a span are counted and left out, different spans with one id are both kept', () => {
  const tree = buildTree(
    spansOf([
      { id: 'a', from: 0, to: 100 },
      { id: 'b', parent: 'a', from: 10, to: 20 },
      { id: 'b', parent: 'a', from: 10, to: 20 },
      { id: 'b', parent: 'a', from: 30, to: 50, service: 'stock' },
      { id: 'c', parent: 'b', from: 35, to: 40, service: 'stock' },
    ]),
  );
  expect(outline(tree)).toEqual(['a', '  b', '  b~2', '    c']);
  expect(tree.copyCount).toBe(1);
});

test('where client and server share an id, as Zipkin lets them, the server stands under the client', () => {
  const tree = buildTree(
    spansOf([
      { id: 'a', from: 0, to: 100 },
      { id: 'b', parent: 'a', from: 12, to: 18, kind: 'server', service: 'stock' },
      { id: 'b', parent: 'a', from: 10, to: 20, kind: 'client' },
    ]),
  );
  expect(outline(tree)).toEqual(['a', '  b~2', '    b']);
});

test('a process whose clock is behind is moved and said to be, others are not', () => {
  const spans = spansOf([
    { id: 'a', from: 0, to: 100 },
    { id: 'call', parent: 'a', from: 10, to: 90, kind: 'client' },
    { id: 'served', parent: 'call', from: -200, to: -130, kind: 'server', service: 'stock' },
    { id: 'query', parent: 'served', from: -190, to: -180, kind: 'client', service: 'stock' },
  ]);
  const tree = buildTree(spans);
  expect(tree.byKey.get('served')).toMatchObject({ startMs: 10, endMs: 80, clockShiftMs: 210 });
  expect(tree.byKey.get('query')).toMatchObject({ startMs: 20, endMs: 30, clockShiftMs: 210 });
  expect(tree.byKey.get('call')!.clockShiftMs).toBe(0);
  expect(tree.clocks).toEqual([{ service: 'stock', shiftMs: 210 }]);
  expect(tree.startUnixMs).toBe(1_795_082_400_000);

  const asSent = buildTree(spans, { correctClocks: false });
  expect(asSent.clocks).toEqual([]);
  expect(asSent.byKey.get('served')!.startMs).toBe(0);
  expect(asSent.byKey.get('a')!.startMs).toBe(200);
});

test('no spans, no tree', () => {
  expect(buildTree([])).toMatchObject({ nodes: [], main: null, durationMs: 0 });
});

test('50,000 spans in one chain do not overflow the stack', () => {
  const chain = Array.from({ length: 50_000 }, (_, i) => ({
    id: `s${i}`,
    ...(i > 0 && { parent: `s${i - 1}` }),
    from: i,
    to: i + 1,
  }));
  const tree = buildTree(spansOf(chain));
  expect(tree.nodes.at(-1)!.depth).toBe(49_999);
});

test('every span of a random tree is there once, under its parent, inside its subtree', () => {
  const sketches = randomSketches(2_000, 7);
  const tree = buildTree(spansOf(sketches));
  expect(tree.nodes.map((node) => node.key).sort()).toEqual(sketches.map((sketch) => sketch.id).sort());
  for (const node of tree.nodes) {
    expect(tree.nodes[node.index]).toBe(node);
    if (node.parent === null) continue;
    expect(node.parent.key).toBe(node.span!.parentSpanId);
    expect(node.index).toBeGreaterThan(node.parent.index);
    expect(node.index + node.size).toBeLessThanOrEqual(node.parent.index + node.parent.size);
  }
});
