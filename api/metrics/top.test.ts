import { expect, test } from 'vitest';
import { showLargest } from './top.ts';

const groups = [{ pod: 'a' }, { pod: 'b' }, { pod: 'c' }, { pod: 'd' }];
const lines = [
  [1, null, 1],
  [5, null, null],
  [null, null, null],
  [2, 2, null],
];

test('what adds up: by the whole, the rest as one; steps without any value stay empty', () => {
  expect(showLargest(groups, lines, 1, true)).toEqual({
    series: [
      { labels: { pod: 'b' }, values: [5, null, null] },
      { labels: { pod: 'other' }, values: [3, 2, 1] },
    ],
    omitted: 2,
  });
});

test('what does not add up: by what is usual, the rest is left out', () => {
  expect(showLargest(groups, lines, 2, false)).toEqual({
    series: [
      { labels: { pod: 'b' }, values: [5, null, null] },
      { labels: { pod: 'd' }, values: [2, 2, null] },
    ],
    omitted: 1,
  });
});

test('series without any value are not there', () => {
  expect(showLargest(groups, lines, 10, true).series.map(({ labels }) => labels.pod)).toEqual(['b', 'd', 'a']);
  expect(showLargest([], [], 10, true)).toEqual({ series: [], omitted: 0 });
});
