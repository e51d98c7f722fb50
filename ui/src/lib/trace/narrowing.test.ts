import { expect, test } from 'vitest';
import { spansOf } from './fixture-spans.ts';
import { narrowTo } from './narrowing.ts';
import { buildTree } from './tree.ts';

const tree = buildTree(
  spansOf([
    { id: 'root', from: 0, to: 100, service: 'edge' },
    { id: 'beside', parent: 'root', from: 1, to: 2, service: 'edge' },
    { id: 'call', parent: 'root', from: 10, to: 90, service: 'shop' },
    { id: 'query', parent: 'call', from: 20, to: 30, service: 'db' },
    { id: 'below', parent: 'query', from: 21, to: 22, service: 'shop' },
    { id: 'lost', parent: 'gone', from: 40, to: 50, service: 'db' },
  ]),
);
const keys = (marks: Uint8Array): string[] =>
  tree.nodes.filter(({ index }) => marks[index] === 1).map(({ key }) => key);

test('keeps what is chosen and what leads to it, also where the parent was not received', () => {
  const { chosen, shown } = narrowTo(tree, ({ span }) => span?.service === 'db');
  expect(keys(chosen)).toEqual(['query', 'lost']);
  expect(keys(shown)).toEqual(['root', 'call', 'query', 'parent-not-received', 'lost']);
});

test('of nothing chosen nothing is shown, of everything all', () => {
  expect(keys(narrowTo(tree, () => false).shown)).toEqual([]);
  expect(keys(narrowTo(tree, () => true).shown)).toHaveLength(tree.nodes.length);
});
