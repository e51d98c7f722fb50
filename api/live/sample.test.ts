import { expect, test } from 'vitest';
import { createSample } from './sample.ts';

const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

test('everything is kept while there is room', () => {
  const sample = createSample<number>(10, 1000);
  for (const i of numbers(10)) sample.add(i, 1);
  expect(sample.take(10)).toEqual({ items: numbers(10), oneIn: 1 });
});

test.each([11, 100, 1000, 4097])('of %i items every n-th is kept, in order', (count) => {
  const sample = createSample<number>(10, 1000);
  for (const i of numbers(count)) sample.add(i, 1);
  const { items, oneIn } = sample.take(10);
  expect(items.length).toBeLessThanOrEqual(10);
  expect(items.length).toBeGreaterThanOrEqual(5);
  expect(items).toEqual(numbers(items.length).map((i) => i * oneIn));
  expect(Math.ceil(count / oneIn)).toBe(items.length);
});

test('large items are thinned too, down to one', () => {
  const sample = createSample<number>(10, 100);
  for (const i of numbers(8)) sample.add(i, 40);
  expect(sample.take(10)).toEqual({ items: [0, 4], oneIn: 4 });
  sample.add(1, 5000);
  expect(sample.take(10)).toEqual({ items: [1], oneIn: 1 });
});

test('a taken sample leaves nothing behind', () => {
  const sample = createSample<number>(4, 100);
  for (const i of numbers(100)) sample.add(i, 1);
  expect(sample.take(2).items).toHaveLength(2);
  expect(sample.size).toBe(0);
  for (const i of numbers(3)) sample.add(i, 1);
  expect(sample.take(4)).toEqual({ items: [0, 1, 2], oneIn: 1 });
});
