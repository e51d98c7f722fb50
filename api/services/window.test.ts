import { expect, test } from 'vitest';
import { redWindow, stepSeconds } from './window.ts';

const minute = 60_000;
const hour = 60 * minute;
const noon = Date.UTC(2026, 10, 18, 12);

test('an hour that ends now, in the middle of a minute: 60 complete minutes, and rates over the time that has passed', () => {
  const now = noon + 30_000;
  const window = redWindow({ fromMs: now - hour, toMs: now }, now);
  expect(window).toMatchObject({ grainMinutes: 1, fromMs: noon - hour, toMs: noon + minute });
  expect(window.seconds).toBe(3630);
  expect(window.beforeSeconds).toBe(3660);
  expect(window.steps).toEqual({ startMs: noon - hour, stepMs: minute, count: 60 });
  expect(stepSeconds(window, 59)).toBe(60);
});

test('a minute is not complete before its last spans have had time to arrive', () => {
  const now = noon + 5_000;
  const { steps, stepsEndMs } = redWindow({ fromMs: now - hour, toMs: now }, now);
  expect(stepsEndMs).toBe(noon - minute);
  expect(steps.startMs + steps.count * steps.stepMs).toBe(noon - minute);
});

test('a range of the past covers every minute it touches, and never has more than 60 points', () => {
  const window = redWindow({ fromMs: noon + 30_000, toMs: noon + hour + 30_000 }, noon + 10 * hour);
  expect(window).toMatchObject({ fromMs: noon, toMs: noon + hour + minute, seconds: 3660 });
  expect(window.steps).toEqual({ startMs: noon + minute, stepMs: minute, count: 60 });
});

test('a day: steps of half an hour on round times, the last one cut at what is complete and divided by its own length', () => {
  const now = noon + 47 * minute;
  const window = redWindow({ fromMs: now - 24 * hour, toMs: now }, now);
  expect(window).toMatchObject({ grainMinutes: 10, fromMs: noon - 24 * hour + 40 * minute, toMs: noon + 50 * minute });
  expect(window.steps).toEqual({ startMs: noon - 24 * hour + 30 * minute, stepMs: 30 * minute, count: 49 });
  expect(window.stepsEndMs).toBe(noon + 40 * minute);
  expect(stepSeconds(window, 0)).toBe(1800);
  expect(stepSeconds(window, 48)).toBe(600);
});

test('between 24 and 60 points for every range of half an hour and more; always at least one', () => {
  const now = noon + 12_345;
  for (let width = minute; width < 400 * 24 * hour; width = Math.round(width * 1.21)) {
    const { steps, grainMinutes, stepsEndMs } = redWindow({ fromMs: now - width, toMs: now }, now);
    const label = `${width} ms: ${JSON.stringify(steps)}`;
    expect(steps.stepMs % (grainMinutes * minute), label).toBe(0);
    expect(steps.count, label).toBeGreaterThanOrEqual(width >= hour / 2 ? 23 : 1);
    expect(steps.count, label).toBeLessThanOrEqual(60);
    expect(stepsEndMs, label).toBeLessThanOrEqual(Math.max(now, steps.startMs + grainMinutes * minute));
  }
});
