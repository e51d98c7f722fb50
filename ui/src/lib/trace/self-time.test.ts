import { expect, test } from 'vitest';
import { spansOf } from './fixture-spans.ts';
import { selfTimes, serviceShares } from './self-time.ts';
import { cutIntoStretches } from './stretches.ts';
import { buildTree } from './tree.ts';

test('self time is what no span below covers, parallel ones counted once', () => {
  const tree = buildTree(
    spansOf([
      { id: 'root', from: 0, to: 100, service: 'edge' },
      { id: 'a', parent: 'root', from: 10, to: 60, service: 'stock' },
      { id: 'b', parent: 'root', from: 40, to: 80, service: 'prices' },
      { id: 'orphan', parent: 'gone', from: 0, to: 10, service: 'stock' },
    ]),
  );
  const selfMs = selfTimes(tree, cutIntoStretches(tree));
  expect(Object.fromEntries(tree.nodes.map((node) => [node.key, selfMs[node.index]]))).toEqual({
    root: 30,
    a: 50,
    b: 40,
    'parent-not-received': 0,
    orphan: 10,
  });
  expect(serviceShares(tree, selfMs)).toEqual([
    { service: 'stock', selfMs: 60, share: 60 / 130 },
    { service: 'prices', selfMs: 40, share: 40 / 130 },
    { service: 'edge', selfMs: 30, share: 30 / 130 },
  ]);
});

test('a trace in which nothing took time is shared evenly', () => {
  const tree = buildTree(
    spansOf([
      { id: 'a', from: 0, to: 0 },
      { id: 'b', from: 0, to: 0, service: 'stock' },
    ]),
  );
  const shares = serviceShares(tree, selfTimes(tree, cutIntoStretches(tree)));
  expect(shares.map((share) => share.share)).toEqual([0.5, 0.5]);
});
