import { describe, expect, it } from 'vitest';
import { formatAge, formatClock, formatMoment, formatRange, nanosBetweenMs, nanoToMs } from './format-time.ts';

const at = (text: string) => Date.parse(`${text}Z`);
const now = at('2026-11-20T14:47:19.982');

describe('moments', () => {
  it('shows as much of the clock as asked for', () => {
    expect(formatClock(now, 'utc', 'minute')).toBe('14:47');
    expect(formatClock(now, 'utc', 'second')).toBe('14:47:19');
    expect(formatClock(now, 'utc', 'millisecond')).toBe('14:47:19.982');
  });

  it('leaves nothing out of a title', () => {
    expect(formatMoment(now, 'utc')).toBe('20 Nov 2026 14:47:19.982 UTC');
  });
});

describe('ranges', () => {
  it.each([
    ['2026-11-20T13:47:00', '2026-11-20T14:47:00', '13:47 – 14:47'],
    ['2026-11-20T14:46:10', '2026-11-20T14:47:05', '14:46:10 – 14:47:05'],
    ['2026-11-19T13:00:00', '2026-11-19T14:00:00', '19 Nov 13:00 – 14:00'],
    ['2026-11-19T23:30:00', '2026-11-20T00:30:00', '19 Nov 23:30 – 20 Nov 00:30'],
    ['2025-11-19T13:00:00', '2025-11-19T14:00:00', '19 Nov 2025 13:00 – 14:00'],
  ])('%s to %s', (from, to, text) => {
    expect(formatRange(at(from), at(to), 'utc', now)).toBe(text);
  });
});

describe('ages', () => {
  it.each([
    [200, 'now'],
    [-5000, 'now'],
    [12_900, '12 s ago'],
    [180_000, '3 min ago'],
    [7_300_000, '2 h ago'],
    [260_000_000, '3 d ago'],
  ])('%s ms', (age, text) => {
    expect(formatAge(now - age, now)).toBe(text);
  });
});

describe('nanoseconds', () => {
  it('keeps differences exact beyond what a double holds', () => {
    expect(nanosBetweenMs('1763650039982000001', '1763650039982000251')).toBe(0.00025);
  });

  it('reads a moment in milliseconds', () => {
    expect(nanoToMs('1763650039982000000')).toBe(1_763_650_039_982);
  });
});
