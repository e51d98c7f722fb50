import { expect, test } from 'vitest';
import { type Sketch, spansOf } from './fixture-spans.ts';
import { visibleRows } from './rows.ts';
import { buildTree } from './tree.ts';
import { wantedDetails } from './wanted-details.ts';

const rowsOf = (sketches: readonly Sketch[]) =>
  visibleRows(buildTree(spansOf(sketches)), {
    closed: new Set(),
    opened: new Set(),
    groupRepeats: true,
    gaps: null,
    errorsOnly: false,
    narrowed: null,
  });
const idsOf = (spans: readonly { spanId: string }[]) => spans.map(({ spanId }) => spanId);
const root: Sketch = { id: 'root', from: 0, to: 10_000 };
const child = (i: number, more: Partial<Sketch> = {}): Sketch => ({
  id: `s${i}`,
  parent: 'root',
  from: i,
  to: i + 1,
  ...more,
});

test('a row needs its own span; those asked for with it stay the same until one leaves their neighbourhood', () => {
  const rows = rowsOf([root, ...Array.from({ length: 99 }, (_, i) => child(i + 1))]);
  const at = (index: number) => wantedDetails(rows, index);
  expect(idsOf(at(40).needed)).toEqual(['s40']);
  expect(idsOf(at(40).all)).toEqual(Array.from({ length: 32 }, (_, i) => `s${i + 32}`));
  expect(at(63).all).toEqual(at(32).all);
  expect(idsOf(at(99).all)).toEqual(['s96', 's97', 's98', 's99']);
  expect([at(-1), at(100)]).toEqual([
    { needed: [], all: [] },
    { needed: [], all: [] },
  ]);
});

test('a fold needs its slowest and its first spans, never more than can be asked for', () => {
  const same = Array.from({ length: 500 }, (_, i) => child(i, { name: 'SELECT', to: i + (i === 480 ? 50 : 1) }));
  const rows = rowsOf([root, ...same]);
  expect(rows[1]!.kind).toBe('repeat');
  const { needed, all } = wantedDetails(rows, 1);
  expect(needed).toEqual(all);
  expect(idsOf(needed)).toContain('s480');
  expect(idsOf(needed)).toContain('s0');
  expect(new Set(idsOf(needed)).size).toBe(needed.length);
  expect(needed.length).toBeLessThanOrEqual(100);
});
