import { expect, test } from 'vitest';
import { windowsOf } from './windows.ts';

const minute = 60_000;
const noon = Date.UTC(2026, 2, 10, 12);
const day = { fromMs: noon - 1440 * minute, toMs: noon };

test('the newest quarter of an hour first, then pieces that grow, as far as the range goes', () => {
  const widths = [...windowsOf(day, 'newest')].map(({ fromMs, toMs }) => [(toMs - fromMs) / minute, toMs]);
  expect(widths).toEqual([
    [15, noon],
    [240, noon - 15 * minute],
    [1185, noon - 255 * minute],
  ]);
});

test('from the other end, where the oldest come first', () => {
  const starts = [...windowsOf(day, 'oldest')].map(({ fromMs }) => (fromMs - day.fromMs) / minute);
  expect(starts).toEqual([0, 15, 255]);
});

test.for([0, 1, 899_999, 900_000, 900_001, 15_300_000, 1e9, noon])(
  '%i ms are covered once, without a gap',
  (widthMs) => {
    for (const order of ['newest', 'oldest'] as const) {
      const windows = [...windowsOf({ fromMs: noon - widthMs, toMs: noon }, order)];
      const inOrder = order === 'oldest' ? windows : windows.toReversed();
      expect(inOrder[0]!.fromMs).toBe(noon - widthMs);
      expect(inOrder.at(-1)!.toMs).toBe(noon);
      for (const [i, { fromMs }] of inOrder.slice(1).entries()) expect(fromMs).toBe(inOrder[i]!.toMs);
    }
  },
);
