import { describe, expect, test } from 'vitest';
import { randomSketches, type Sketch, spansOf } from './fixture-spans.ts';
import { layOut } from './layout.ts';
import { type GroupOrder, groupOrders, groupSpans } from './span-groups.ts';

const sketches: readonly Sketch[] = [
  { id: 'root', from: 0, to: 100, service: 'edge', name: 'POST /checkout', failed: true },
  { id: 'a', parent: 'root', from: 10, to: 30, service: 'shop', name: 'load' },
  // Beside the one before it for 10 ms.
  { id: 'b', parent: 'root', from: 20, to: 40, service: 'shop', name: 'load', failed: true },
  { id: 'c', parent: 'b', from: 25, to: 35, service: 'db', name: 'SELECT' },
  { id: 'd', parent: 'root', from: 50, to: 55, service: 'shop', name: 'save' },
];
const group = (order: GroupOrder = 'self', of = sketches) => groupSpans(layOut(spansOf(of), true), order);
const names = (order: GroupOrder): string[] =>
  group(order).flatMap(({ service, operations }) => [service, ...operations.map(({ name }) => `- ${name}`)]);

test('tells of a service and of its operations how many, how long and how many failed', () => {
  const [edge, shop, db] = group();
  expect([edge!.service, shop!.service, db!.service]).toEqual(['edge', 'shop', 'db']);
  expect(edge).toMatchObject({ count: 1, errors: 1, totalMs: 100, totalShare: 1, selfMs: 65, p95Ms: 100 });
  expect(shop).toMatchObject({ count: 3, errors: 1, totalMs: 35, totalShare: 0.35, selfMs: 35, p95Ms: 20 });
  expect(shop!.operations).toEqual([
    { name: 'load', count: 2, errors: 1, totalMs: 30, totalShare: 0.3, selfMs: 30, selfShare: 30 / 110, p95Ms: 20 },
    { name: 'save', count: 1, errors: 0, totalMs: 5, totalShare: 0.05, selfMs: 5, selfShare: 5 / 110, p95Ms: 5 },
  ]);
  expect(db).toMatchObject({ count: 1, totalMs: 10, selfMs: 10 });
});

describe('in order', () => {
  test.each<[GroupOrder, string[]]>([
    ['name', ['db', '- SELECT', 'edge', '- POST /checkout', 'shop', '- load', '- save']],
    ['count', ['shop', '- load', '- save', 'edge', '- POST /checkout', 'db', '- SELECT']],
    ['errors', ['edge', '- POST /checkout', 'shop', '- load', '- save', 'db', '- SELECT']],
    ['total', ['edge', '- POST /checkout', 'shop', '- load', '- save', 'db', '- SELECT']],
    ['p95', ['edge', '- POST /checkout', 'shop', '- load', '- save', 'db', '- SELECT']],
  ])('of %s', (order, expected) => {
    expect(names(order)).toEqual(expected);
  });
});

test('p95 is the longest of few, and leaves out the twentieth of many', () => {
  const calls = (count: number): Sketch[] =>
    Array.from({ length: count }, (_, i) => ({ id: `s${i}`, from: 0, to: i + 1, name: 'call' }));
  expect([1, 2, 19, 20, 100].map((count) => group('self', calls(count))[0]!.p95Ms)).toEqual([1, 2, 19, 19, 95]);
});

test('a span whose parent was not received counts, the row that stands for its parent does not', () => {
  const [shop, ...others] = group('self', [{ id: 'lost', parent: 'gone', from: 0, to: 5 }]);
  expect([shop!.count, shop!.selfShare, others]).toEqual([1, 1, []]);
});

test('a trace in which nothing took any time has shares of nothing', () => {
  expect(group('self', [{ id: 'a', from: 0, to: 0 }])[0]).toMatchObject({ totalShare: 0, selfShare: 0, p95Ms: 0 });
});

test.each([1, 2, 3, 4, 5])('random trace %i: each span is counted once, and shares of self time add up', (seed) => {
  const spans = spansOf(randomSketches(400, seed));
  const layout = layOut(spans, true);
  for (const order of groupOrders) {
    const services = groupSpans(layout, order);
    const operations = services.flatMap((service) => service.operations);
    for (const groups of [services, operations]) {
      expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe(400);
      expect(groups.reduce((sum, { errors }) => sum + errors, 0)).toBe(layout.tree.errorCount);
      expect(groups.reduce((sum, { selfShare }) => sum + selfShare, 0)).toBeCloseTo(1, 9);
      for (const { totalShare } of groups) expect(totalShare).toBeLessThanOrEqual(1 + 1e-9);
    }
  }
  for (const { service, selfShare } of groupSpans(layout, 'self')) {
    expect(selfShare).toBeCloseTo(layout.shares.find((share) => share.service === service)!.share, 9);
  }
});
