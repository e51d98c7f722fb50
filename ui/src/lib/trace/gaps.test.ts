import { expect, test } from 'vitest';
import { type Sketch, spansOf } from './fixture-spans.ts';
import { findGaps, gapThresholdMs } from './gaps.ts';
import { cutIntoStretches } from './stretches.ts';
import { buildTree } from './tree.ts';

function gapsOf(sketches: readonly Sketch[]) {
  const tree = buildTree(spansOf(sketches));
  const gaps = findGaps(tree, cutIntoStretches(tree));
  return [...gaps].map(([index, found]) => [tree.nodes[index]!.key, found.map(({ fromMs, toMs }) => [fromMs, toMs])]);
}

test('before, between and after the children, from 20 ms on', () => {
  expect(
    gapsOf([
      { id: 'root', from: 0, to: 200 },
      { id: 'a', parent: 'root', from: 30, to: 60 },
      { id: 'b', parent: 'root', from: 75, to: 100 },
      { id: 'c', parent: 'root', from: 121, to: 179 },
    ]),
  ).toEqual([
    [
      'root',
      [
        [0, 30],
        [100, 121],
        [179, 200],
      ],
    ],
  ]);
});

test('a span without children has none: it worked itself', () => {
  expect(gapsOf([{ id: 'root', from: 0, to: 500 }])).toEqual([]);
});

test('what still runs after its own parent fills a gap of the grandparent', () => {
  expect(
    gapsOf([
      { id: 'root', from: 0, to: 100 },
      { id: 'a', parent: 'root', from: 0, to: 20 },
      { id: 'late', parent: 'a', from: 10, to: 95 },
    ]),
  ).toEqual([]);
});

test('in a long trace only 3 % of it counts', () => {
  expect(gapThresholdMs(100)).toBe(20);
  expect(gapThresholdMs(60_000)).toBe(1_800);
});
