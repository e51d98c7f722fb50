import { expect, test } from 'vitest';
import { criticalPath, pathBelow } from './critical-path.ts';
import { randomSketches, type Sketch, spansOf } from './fixture-spans.ts';
import { cutIntoStretches, union } from './stretches.ts';
import { buildTree } from './tree.ts';

function decided(sketches: readonly Sketch[]) {
  const tree = buildTree(spansOf(sketches), { correctClocks: false });
  const path = criticalPath(tree, cutIntoStretches(tree));
  const parts = Object.fromEntries(
    tree.nodes.map((node) => [node.key, path.parts[node.index]!.map((part) => [part.fromMs, part.toMs])]),
  );
  return { tree, path, parts };
}

test('one after the other: the path runs through both, and the rest is the parent itself', () => {
  const { parts } = decided([
    { id: 'root', from: 0, to: 100 },
    { id: 'a', parent: 'root', from: 10, to: 40 },
    { id: 'b', parent: 'root', from: 50, to: 90 },
  ]);
  expect(parts).toEqual({
    root: [
      [0, 10],
      [40, 50],
      [90, 100],
    ],
    a: [[10, 40]],
    b: [[50, 90]],
  });
});

test('side by side: only the one that finished last decided', () => {
  const { parts, path } = decided([
    { id: 'root', from: 0, to: 100 },
    { id: 'slow', parent: 'root', from: 10, to: 90 },
    { id: 'fast', parent: 'root', from: 10, to: 60 },
    { id: 'below', parent: 'fast', from: 20, to: 30 },
  ]);
  expect(parts).toEqual({
    root: [
      [0, 10],
      [90, 100],
    ],
    slow: [[10, 90]],
    fast: [],
    below: [],
  });
  expect([...path.touched]).toEqual([1, 1, 0, 0]);
});

test('one after the other with a coarse clock: an overlap below a millisecond is none', () => {
  const { parts } = decided([
    { id: 'root', from: 0, to: 30 },
    { id: 'a', parent: 'root', from: 0, to: 10.4 },
    { id: 'b', parent: 'root', from: 10, to: 20.4 },
    { id: 'c', parent: 'root', from: 20, to: 30 },
    { id: 'beside', parent: 'root', from: 5, to: 15 },
  ]);
  expect(parts).toEqual({ root: [], a: [[0, 10]], beside: [], b: [[10, 20]], c: [[20, 30]] });
});

test('a child that outlives its parent decides only up to there while somebody waits for the parent', () => {
  const { parts } = decided([
    { id: 'root', from: 0, to: 100 },
    { id: 'a', parent: 'root', from: 10, to: 40 },
    { id: 'late', parent: 'a', from: 30, to: 60 },
  ]);
  expect(parts).toEqual({
    root: [
      [0, 10],
      [60, 100],
    ],
    a: [[10, 30]],
    late: [[30, 60]],
  });
});

test('what a message started after the answer is part of how long the trace took', () => {
  const { parts } = decided([
    { id: 'root', from: 0, to: 50 },
    { id: 'send', parent: 'root', from: 20, to: 25, kind: 'producer' },
    { id: 'receive', parent: 'send', from: 200, to: 260, kind: 'consumer', service: 'worker' },
  ]);
  expect(parts).toEqual({
    root: [
      [0, 20],
      [25, 50],
    ],
    send: [[20, 25]],
    receive: [[200, 260]],
  });
});

test('a closed row shows the path of everything below it', () => {
  const { tree, path } = decided([
    { id: 'root', from: 0, to: 100 },
    { id: 'a', parent: 'root', from: 10, to: 40 },
    { id: 'b', parent: 'a', from: 15, to: 30 },
  ]);
  expect(pathBelow(tree, path, [tree.byKey.get('a')!])).toEqual([{ fromMs: 10, toMs: 40 }]);
  expect(pathBelow(tree, path, [tree.nodes[0]!])).toEqual([{ fromMs: 0, toMs: 100 }]);
});

test.each([1, 2, 3, 4, 5])('at every moment of a random trace exactly one running span decides (seed %i)', (seed) => {
  const { tree, path } = decided(randomSketches(400, seed));
  const all = path.parts.flatMap((parts, index) => parts.map((part) => ({ ...part, node: tree.nodes[index]! })));
  for (const part of all) {
    expect(part.fromMs).toBeGreaterThanOrEqual(part.node.startMs);
    expect(part.toMs).toBeLessThanOrEqual(part.node.endMs);
  }
  const sum = all.reduce((ms, part) => ms + part.toMs - part.fromMs, 0);
  const covered = union(all, 0, tree.durationMs).reduce((ms, part) => ms + part.toMs - part.fromMs, 0);
  expect(sum).toBeCloseTo(covered, 6);
  const busy = union(
    tree.nodes.map((node) => ({ fromMs: node.startMs, toMs: node.endMs })),
    0,
    tree.durationMs,
  ).reduce((ms, part) => ms + part.toMs - part.fromMs, 0);
  expect(covered).toBeCloseTo(busy, 6);
});

test('50,000 spans, each begun when the one before it ended', () => {
  const chain = Array.from({ length: 50_000 }, (_, i) => ({
    id: `s${i}`,
    ...(i > 0 && { parent: `s${i - 1}` }),
    from: i,
    to: i + 1,
  }));
  const { path } = decided(chain);
  expect(path.touched.every((touched) => touched === 1)).toBe(true);
});
