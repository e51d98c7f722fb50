import { expect, test } from 'vitest';
import { ceilTo, floorTo, roundStepMs, stepsAround } from './steps.ts';

const minute = 60_000;
const day = 86_400_000;

test('a step is round, and leaves between 2/5 and all of the points there may be', () => {
  for (let width = 60_000; width < 400 * day; width = Math.round(width * 1.037)) {
    const points = Math.ceil(width / roundStepMs(width, 60));
    expect(points, `${width} ms`).toBeLessThanOrEqual(60);
    expect(points, `${width} ms`).toBeGreaterThanOrEqual(24);
  }
});

test('a step is made of whole units of what was measured', () => {
  expect(roundStepMs(10 * minute, 60, minute)).toBe(minute);
  expect(roundStepMs(day, 60, minute)).toBe(30 * minute);
  expect(roundStepMs(day / 2, 60, minute)).toBe(15 * minute);
  expect(roundStepMs(day / 2, 60, 10 * minute)).toBe(20 * minute);
  expect(roundStepMs(4000 * day, 10)).toBe(400 * day);
});

test('steps cover a range and begin on round times', () => {
  expect(stepsAround(125_000, 185_000, minute)).toEqual({ startMs: 120_000, stepMs: minute, count: 2 });
  expect(stepsAround(120_000, 240_000, minute)).toEqual({ startMs: 120_000, stepMs: minute, count: 2 });
  expect(stepsAround(120_000, 120_001, minute)).toEqual({ startMs: 120_000, stepMs: minute, count: 1 });
  expect([floorTo(119_999, minute), ceilTo(119_999, minute), ceilTo(120_000, minute)]).toEqual([
    60_000, 120_000, 120_000,
  ]);
});
