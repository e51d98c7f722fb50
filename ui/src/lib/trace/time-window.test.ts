import { expect, test } from 'vitest';
import { between, fit, fraction, pan, ticks, zoom } from './time-window.ts';

test('zooming keeps what is under the pointer in its place', () => {
  const zoomed = zoom({ fromMs: 0, toMs: 1000 }, 0.25, 0.5, 1000);
  expect(zoomed).toEqual({ fromMs: 125, toMs: 625 });
  expect(fraction(zoomed, 250)).toBe(0.25);
});

test('neither zooming nor panning leaves the trace', () => {
  expect(zoom({ fromMs: 0, toMs: 100 }, 0, 50, 1000)).toEqual(fit(1000));
  expect(zoom({ fromMs: 900, toMs: 1000 }, 0.5, 2, 1000)).toEqual({ fromMs: 800, toMs: 1000 });
  expect(pan({ fromMs: 100, toMs: 300 }, -3, 1000)).toEqual({ fromMs: 0, toMs: 200 });
  expect(pan({ fromMs: 700, toMs: 900 }, 3, 1000)).toEqual({ fromMs: 800, toMs: 1000 });
});

test('a microsecond is as near as it gets', () => {
  let window = fit(1000);
  for (let i = 0; i < 200; i++) window = zoom(window, 0.5, 0.5, 1000);
  expect(window.toMs - window.fromMs).toBeCloseTo(0.001, 9);
});

test('a trace in which nothing took time still has a width', () => {
  expect(fit(0)).toEqual({ fromMs: 0, toMs: 1 });
  expect(fraction(fit(0), 0)).toBe(0);
});

test('a window between two moments, in any order', () => {
  expect(between(800, 200, 1000)).toEqual({ fromMs: 200, toMs: 800 });
  expect(between(-50, 2000, 1000)).toEqual({ fromMs: 0, toMs: 1000 });
  const point = between(1000, 1000, 1000);
  expect(point.toMs).toBe(1000);
  expect(point.toMs - point.fromMs).toBeCloseTo(0.001, 9);
});

test.each([
  [{ fromMs: 0, toMs: 1842 }, 7, [0, 300, 600, 900, 1200, 1500, 1800]],
  [{ fromMs: 0, toMs: 1 }, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
  [{ fromMs: 12.3, toMs: 14.1 }, 4, [12.5, 13, 13.5, 14]],
  // Twenty minutes are marked by whole minutes, not by 200 s that would round to 3, 7 and 10 min.
  [{ fromMs: 0, toMs: 1_234_567 }, 8, [0, 3, 6, 9, 12, 15, 18].map((minutes) => minutes * 60_000)],
])('%j has at most about %i round marks', (window, most, marks) => {
  const found = ticks(window, most);
  expect(found).toHaveLength(marks.length);
  for (const [i, mark] of marks.entries()) expect(found[i]).toBeCloseTo(mark, 9);
});
