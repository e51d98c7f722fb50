import { expect, test } from 'vitest';
import { randomSketches, type Sketch, spansOf } from './fixture-spans.ts';
import { findGaps } from './gaps.ts';
import { narrowTo } from './narrowing.ts';
import { closedFrom, type Row, revealed, type View, visibleRows } from './rows.ts';
import { cutIntoStretches } from './stretches.ts';
import { buildTree, type TraceTree } from './tree.ts';

const plain: View = {
  closed: new Set(),
  opened: new Set(),
  groupRepeats: false,
  gaps: null,
  errorsOnly: false,
  narrowed: null,
};

const label = (row: Row) =>
  row.kind === 'span'
    ? row.node.key
    : row.kind === 'repeat'
      ? `${row.repeat.nodes.length}×`
      : `gap ${row.gap.toMs - row.gap.fromMs}`;
const sign = { true: '-', false: '+', null: ' ' };
const lines = (tree: TraceTree, view: View) =>
  visibleRows(tree, view).map((row) => `${'. '.repeat(row.depth)}${sign[`${row.open}`]}${label(row)}`);

const shop: Sketch[] = [
  { id: 'root', from: 0, to: 200 },
  { id: 'a', parent: 'root', from: 0, to: 50 },
  { id: 'a1', parent: 'a', from: 0, to: 40 },
  { id: 'q1', parent: 'root', from: 50, to: 60, name: 'SELECT' },
  { id: 'q2', parent: 'root', from: 60, to: 70, name: 'SELECT' },
  { id: 'q3', parent: 'root', from: 70, to: 80, name: 'SELECT' },
  { id: 'q3a', parent: 'q3', from: 70, to: 75 },
  { id: 'z', parent: 'root', from: 150, to: 200, failed: true },
];

test('the whole tree, and what closing hides', () => {
  const tree = buildTree(spansOf(shop));
  expect(lines(tree, plain)).toEqual(['-root', '. -a', '. .  a1', '.  q1', '.  q2', '. -q3', '. .  q3a', '.  z']);
  expect(lines(tree, { ...plain, closed: new Set(['a', 'q3']) })).toEqual([
    '-root',
    '. +a',
    '.  q1',
    '.  q2',
    '. +q3',
    '.  z',
  ]);
  expect(lines(tree, { ...plain, closed: new Set(['root']) })).toEqual(['+root']);
  expect(lines(tree, closedFrom(tree, plain, 1))).toEqual(['-root', '. +a', '.  q1', '.  q2', '. +q3', '.  z']);
});

test('folds and gaps stand where they happened', () => {
  const tree = buildTree(spansOf(shop));
  const gaps = findGaps(tree, cutIntoStretches(tree));
  const view = { ...plain, groupRepeats: true, gaps };
  expect(lines(tree, view)).toEqual(['-root', '. -a', '. .  a1', '. +3×', '.  gap 70', '.  z']);
  expect(lines(tree, revealed(view, tree.byKey.get('q3a')!))).toEqual([
    '-root',
    '. -a',
    '. .  a1',
    '. -3×',
    '. .  q1',
    '. .  q2',
    '. . -q3',
    '. . .  q3a',
    '.  gap 70',
    '.  z',
  ]);
});

test('errors only: what failed and what leads there', () => {
  const tree = buildTree(spansOf(shop));
  expect(lines(tree, { ...plain, errorsOnly: true })).toEqual(['-root', '.  z']);
  expect(revealed({ ...plain, errorsOnly: true }, tree.byKey.get('a')!).errorsOnly).toBe(false);
});

test('revealing opens every ancestor', () => {
  const tree = buildTree(spansOf(shop));
  const view = { ...plain, closed: new Set(['root', 'a', 'q3']) };
  expect(revealed(view, tree.byKey.get('a1')!).closed).toEqual(new Set(['q3']));
});

test('guides run on where siblings follow, and places are counted for screen readers', () => {
  const tree = buildTree(spansOf(shop));
  const rows = visibleRows(tree, plain);
  const row = (key: string) => rows.find((candidate) => candidate.key === key)!;
  expect(row('a1').guides).toBe(0b010);
  expect(row('q3a').guides).toBe(0b010);
  expect(row('z').guides).toBe(0);
  expect(row('q1')).toMatchObject({ position: 2, siblings: 5, depth: 1 });
});

test.each([11, 12, 13])('every span has one row or stands in one closed fold (seed %i)', (seed) => {
  const tree = buildTree(spansOf(randomSketches(500, seed)));
  const gaps = findGaps(tree, cutIntoStretches(tree));
  const rows = visibleRows(tree, { ...plain, groupRepeats: true, gaps });
  const shown = rows.flatMap((row) =>
    row.kind === 'span'
      ? [row.node.key]
      : row.kind === 'repeat'
        ? row.repeat.nodes.flatMap((node) =>
            tree.nodes.slice(node.index, node.index + node.size).map((inside) => inside.key),
          )
        : [],
  );
  expect(shown.sort()).toEqual(tree.nodes.map((node) => node.key).sort());
  expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length);
});

test('narrowed to some spans, only they and what leads to them are there, and only they are folded', () => {
  const tree = buildTree(
    spansOf([
      ...shop,
      ...['1', '2', '3'].flatMap((i): Sketch[] => [
        { id: `p${i}`, parent: 'root', from: 80, to: 90, name: 'page' },
        { id: `p${i}q`, parent: `p${i}`, from: 81, to: 82, name: 'SELECT' },
      ]),
    ]),
  );
  const gaps = findGaps(tree, cutIntoStretches(tree));
  const narrowed = narrowTo(tree, ({ span }) => span?.name === 'SELECT');
  const view = { ...plain, groupRepeats: true, gaps, narrowed };
  expect(lines(tree, view)).toEqual(['-root', '. +3×', '. -p1', '. .  p1q', '. -p2', '. .  p2q', '. -p3', '. .  p3q']);
  expect(lines(tree, { ...view, groupRepeats: false }).slice(0, 4)).toEqual(['-root', '.  q1', '.  q2', '.  q3']);
  // To show what is not among them, all are shown; to show one of them, they stay.
  expect(revealed(view, tree.byKey.get('z')!).narrowed).toBeNull();
  expect(revealed(view, tree.byKey.get('q2')!).narrowed).toBe(narrowed);
});
