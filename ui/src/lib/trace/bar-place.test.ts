import { expect, test } from 'vitest';
import { placeBar, placeMoments } from './bar-place.ts';

const window = { fromMs: 100, toMs: 200 };

test.each([
  [110, 120, { leftPx: 100, widthPx: 100, label: 'right' }],
  [150, 199, { leftPx: 500, widthPx: 490, label: 'left' }],
  [101, 199, { leftPx: 10, widthPx: 980, label: 'inside' }],
  [150, 150, { leftPx: 500, widthPx: 2, label: 'right' }],
  [0, 300, { leftPx: -8, widthPx: 1016, label: 'inside' }],
  [10, 20, { leftPx: -8, widthPx: 2, label: 'before' }],
  [5000, 9000, { leftPx: 1008, widthPx: 2, label: 'after' }],
])('%i to %i ms', (fromMs, toMs, place) => {
  expect(placeBar(window, 1000, fromMs, toMs, 60)).toEqual(place);
});

test('moments on one pixel are drawn once, those outside not at all', () => {
  expect(placeMoments(window, 1000, [99, 110, 110.01, 150, 201])).toEqual([100, 500]);
});
