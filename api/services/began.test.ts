import { expect, test } from 'vitest';
import { beginAt } from './began.ts';
import { redWindow } from './window.ts';

const minute = 60_000;

test('rates divide by the time since the first call, and by a second at least', () => {
  const now = Date.UTC(2026, 5, 1, 12, 0, 30);
  const window = redWindow({ fromMs: now - 60 * minute, toMs: now }, now);
  const tenMinutesAgo = now - 30_000 - 10 * minute;
  expect(beginAt(tenMinutesAgo, window)).toEqual({ ...window, seconds: 10 * 60 + 30 });
  expect(beginAt(now + minute, window).seconds).toBe(1);
});
