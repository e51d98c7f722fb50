import { describe, expect, it } from 'vitest';
import { evenWindow, offsetsOf, scrollToShow, unevenWindow } from './row-window.ts';

describe('rows drawn', () => {
  it('are those in view and a few beside', () => {
    expect(evenWindow(1000, 22, 2200, 220, 3)).toEqual({ start: 97, end: 113, topPx: 97 * 22, totalPx: 22_000 });
    expect(evenWindow(5, 22, 0, 500, 3)).toMatchObject({ start: 0, end: 5 });
    expect(evenWindow(0, 22, 0, 500, 3)).toMatchObject({ start: 0, end: 0, totalPx: 0 });
    expect(evenWindow(5, 22, 99_999, 500, 3)).toMatchObject({ end: 5 });
  });

  it('are the same for uneven rows that happen to be even', () => {
    const offsets = offsetsOf(1000, () => 22);
    for (const scrollTop of [0, 1, 21, 22, 23, 2200, 21_500]) {
      const uneven = unevenWindow(offsets, scrollTop, 221, 0);
      const even = evenWindow(1000, 22, scrollTop, 221, 0);
      expect(uneven.start, `${scrollTop}`).toBe(even.start);
      expect(uneven.totalPx).toBe(even.totalPx);
      expect(Math.abs(uneven.end - even.end), `${scrollTop}`).toBeLessThanOrEqual(1);
    }
  });

  it('cover the view whatever the heights', () => {
    const heights = Array.from({ length: 300 }, (_, index) => 20 + ((index * 37) % 91));
    const offsets = offsetsOf(300, (index) => heights[index] ?? 0);
    for (let scrollTop = 0; scrollTop < offsets[300]! - 400; scrollTop += 133) {
      const { start, end, topPx } = unevenWindow(offsets, scrollTop, 400, 0);
      expect(topPx).toBeLessThanOrEqual(scrollTop);
      expect(offsets[end]!).toBeGreaterThanOrEqual(scrollTop + 400);
      expect(offsets[start]).toBe(topPx);
    }
    expect(
      unevenWindow(
        offsetsOf(0, () => 1),
        0,
        400,
        5,
      ),
    ).toEqual({ start: 0, end: 0, topPx: 0, totalPx: 0 });
  });
});

it('scrolling goes no further than needed', () => {
  expect(scrollToShow(100, 22, 100, 400)).toBeNull();
  expect(scrollToShow(90, 22, 100, 400)).toBe(90);
  expect(scrollToShow(490, 22, 100, 400)).toBe(112);
});
