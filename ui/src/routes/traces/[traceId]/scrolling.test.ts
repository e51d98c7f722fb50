import { expect, test } from 'vitest';
import { rowsInView, scrollFor } from './scrolling.ts';

test.each([
  [0, { from: 0, to: 19 }],
  [2400, { from: 92, to: 119 }],
  [23_760, { from: 982, to: 1000 }],
  [99_999, { from: 992, to: 1000 }],
])('scrolled to %i px, of 1,000 rows in 240 px', (scrollTop, range) => {
  expect(rowsInView(scrollTop, 240, 24, 1000)).toEqual(range);
});

test('an empty list has no rows in view', () => {
  expect(rowsInView(0, 240, 24, 0)).toEqual({ from: 0, to: 0 });
});

test.each([
  ['in view stays', 105, 2400, 2400],
  ['the first in view shows the one before it', 100, 2400, 2376],
  ['just above', 99, 2400, 2352],
  ['just below', 110, 2400, 2448],
  ['far away is centred', 500, 0, 11_892],
  ['the first row', 0, 24, 0],
])('%s', (_, index, scrollTop, expected) => {
  expect(scrollFor(index, scrollTop, 240, 24, 'step')).toBe(expected);
});

test('a jump centres what was out of sight, and leaves what is in view', () => {
  expect(scrollFor(110, 2400, 240, 24, 'jump')).toBe(2532);
  expect(scrollFor(105, 2400, 240, 24, 'jump')).toBe(2400);
});
