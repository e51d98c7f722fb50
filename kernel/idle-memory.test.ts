import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { giveBackWhenIdle } from './idle-memory.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What is busy in which interval, and in which of them memory was collected. */
const collectedIn = (...intervals: readonly number[]): number[] => {
  const collected: number[] = [];
  let interval = -1;
  const stop = giveBackWhenIdle({
    intervalMs: 1,
    collect: () => void collected.push(interval),
    utilization: () => intervals[interval] ?? 0,
  });
  for (interval = 0; interval < intervals.length; interval++) vi.advanceTimersByTime(1);
  stop();
  vi.advanceTimersByTime(10);
  return collected;
};

test('collects once after a start, when it has become quiet', () => {
  expect(collectedIn(0.9, 0.5, 0.01, 0.01, 0.01)).toEqual([2]);
});

test('collects again after each time that was busy, and not for what an idle process does', () => {
  expect(collectedIn(0.01, 0.04, 0.1, 0.04, 0.8, 0.9, 0.1, 0.02, 0.01)).toEqual([0, 7]);
});

test('finds what V8 has kept', () => {
  let garbage: Uint8Array[] | undefined = Array.from({ length: 64 }, () => new Uint8Array(2 ** 20));
  const before = process.memoryUsage().arrayBuffers;
  expect(garbage).toHaveLength(64);
  garbage = undefined;
  const stop = giveBackWhenIdle({ intervalMs: 1, utilization: () => 0 });
  vi.advanceTimersByTime(1);
  stop();
  expect(before - process.memoryUsage().arrayBuffers).toBeGreaterThan(32 * 2 ** 20);
});
