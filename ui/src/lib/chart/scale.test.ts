import { describe, expect, it } from 'vitest';
import { thin, timeTicks, valueScale } from './scale.ts';

describe('values', () => {
  it.each([
    [4722, 5000, [0, 2500, 5000]],
    [0.0039, 0.004, [0, 0.002, 0.004]],
    [0.35, 0.4, [0, 0.2, 0.4]],
    [8.4, 10, [0, 5, 10]],
    [1, 1, [0, 0.5, 1]],
    [0, 1, [0, 1]],
    [Number.NaN, 1, [0, 1]],
  ])('%s', (largest, max, ticks) => {
    const scale = valueScale(largest);
    expect(scale.max).toBeCloseTo(max, 12);
    expect(scale.ticks.map((tick) => Number(tick.toPrecision(6)))).toEqual(ticks);
  });

  it('always holds the largest value, and wastes less than half', () => {
    for (let exponent = -6; exponent < 9; exponent += 0.013) {
      const largest = 10 ** exponent;
      const { max } = valueScale(largest);
      expect(max, `${largest}`).toBeGreaterThanOrEqual(largest * 0.999);
      expect(max, `${largest}`).toBeLessThanOrEqual(largest * 2);
    }
  });
});

describe('times', () => {
  const at = (text: string) => Date.parse(`${text}Z`);

  it('falls on quarters of an hour', () => {
    const ticks = timeTicks(at('2026-11-20T13:47'), at('2026-11-20T14:47'), 280, 'utc');
    expect(ticks.map((tick) => tick.label)).toEqual(['14:00', '14:15', '14:30', '14:45']);
  });

  it('names the day at midnight', () => {
    const ticks = timeTicks(at('2026-11-19T20:00'), at('2026-11-20T06:00'), 400, 'utc');
    expect(ticks.map((tick) => tick.label)).toEqual(['20:00', '22:00', '20 Nov', '02:00', '04:00', '06:00']);
  });

  it('never puts labels closer than asked', () => {
    for (let widthMs = 100; widthMs < 400 * 86_400e3; widthMs *= 1.7) {
      const ticks = timeTicks(at('2026-11-20T13:47'), at('2026-11-20T13:47') + widthMs, 600, 'utc');
      expect(ticks.length, `${widthMs}`).toBeLessThanOrEqual(10);
    }
  });
});

describe('more values than pixels', () => {
  it('keeps the peak, the trough and the gap', () => {
    const values: (number | null)[] = Array.from({ length: 1000 }, () => 5);
    values[371] = 99;
    values[612] = -3;
    for (let index = 800; index < 900; index += 1) values[index] = null;
    const points = thin(values, 50);
    expect(points.length).toBeLessThanOrEqual(100);
    expect(points).toContainEqual([371, 99]);
    expect(points).toContainEqual([612, -3]);
    expect(points.filter(([, value]) => value === null)).toHaveLength(5);
  });

  it('leaves few values as they are', () => {
    expect(thin([1, null, 3], 10)).toEqual([
      [0, 1],
      [1, null],
      [2, 3],
    ]);
  });
});
