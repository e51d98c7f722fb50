import { expect, test } from 'vitest';
import { type Sketch, spansOf } from './fixture-spans.ts';
import { foldRepeats } from './repeats.ts';
import { buildTree } from './tree.ts';

function folded(children: readonly Sketch[], below: readonly Sketch[] = []) {
  const all = [{ id: 'root', from: 0, to: 1000 }, ...children.map((child) => ({ parent: 'root', ...child })), ...below];
  const tree = buildTree(spansOf(all));
  return foldRepeats(tree.nodes[0]!.children).map((item) =>
    'nodes' in item ? `${item.nodes.length}× ${item.nodes[0]!.span!.name} ${item.totalMs} ms` : item.span!.name,
  );
}
const select = (id: string, from: number, more: Partial<Sketch> = {}): Sketch => ({
  id,
  from,
  to: from + 10,
  name: 'SELECT stock',
  ...more,
});

test('three of a name fold at the place of the first, whatever stands between them', () => {
  expect(
    folded([
      { id: 'begin', from: 0, to: 5 },
      select('1', 10),
      { id: 'other', from: 25, to: 26 },
      select('2', 30),
      select('3', 50),
      { id: 'end', from: 90, to: 95 },
    ]),
  ).toEqual(['begin', '3× SELECT stock 30 ms', 'other', 'end']);
});

test('two do not', () => {
  expect(folded([select('1', 10), select('2', 30)])).toEqual(['SELECT stock', 'SELECT stock']);
});

test('not across services', () => {
  expect(folded([select('1', 10), select('2', 30), select('3', 50, { service: 'prices' })])).toHaveLength(3);
});

test('never an error, nor a span that leads to one', () => {
  const three = [select('1', 10), select('2', 30), select('3', 50)];
  expect(folded([...three, select('4', 70, { failed: true })])).toEqual(['3× SELECT stock 30 ms', 'SELECT stock']);
  expect(folded([...three, select('4', 70)], [{ id: 'x', parent: '4', from: 71, to: 72, failed: true }])).toEqual([
    '3× SELECT stock 30 ms',
    'SELECT stock',
  ]);
});
