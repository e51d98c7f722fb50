/** Where grid lines and labels go: round values, clock times that people would choose. */
import { formatClock, formatDay, type Zone } from '../format-time.ts';

export interface ValueScale {
  readonly max: number;
  /** Ascending, from 0 to `max`. */
  readonly ticks: readonly number[];
}

/** A scale from zero that holds `largest` with two or three intervals; 1 when there is nothing above zero. */
export const valueScale = (largest: number): ValueScale => {
  if (!(largest > 0) || !Number.isFinite(largest)) return { max: 1, ticks: [0, 1] };
  const magnitude = 10 ** Math.floor(Math.log10(largest));
  for (const [step, intervals] of candidates) {
    const max = step * intervals * magnitude;
    if (max >= largest * 0.999)
      return { max, ticks: Array.from({ length: intervals + 1 }, (_, i) => i * step * magnitude) };
  }
  return { max: magnitude * 10, ticks: [0, magnitude * 5, magnitude * 10] };
};

export interface TimeTick {
  readonly ms: number;
  readonly label: string;
}

/** Clock times at most every `spacingPx`, whole in the reader's zone; days where the range is wide. */
export const timeTicks = (fromMs: number, toMs: number, widthPx: number, zone: Zone, spacingPx = 64): TimeTick[] => {
  const most = Math.max(1, Math.floor(widthPx / spacingPx));
  const stepMs =
    stepsMs.find((step) => (toMs - fromMs) / step <= most) ?? Math.ceil((toMs - fromMs) / most / dayMs) * dayMs;
  const ticks: TimeTick[] = [];
  // Zone offsets are whole minutes, and change at most twice a year: the one at the start serves the whole range.
  const offsetMs = zone === 'utc' ? 0 : -new Date(fromMs).getTimezoneOffset() * 60_000;
  for (let ms = Math.ceil((fromMs + offsetMs) / stepMs) * stepMs - offsetMs; ms <= toMs; ms += stepMs) {
    const midnight = (ms + offsetMs) % dayMs === 0;
    const label = midnight
      ? formatDay(ms, zone, toMs)
      : formatClock(ms, zone, stepMs < 1000 ? 'millisecond' : stepMs < 60_000 ? 'second' : 'minute');
    ticks.push({ ms, label });
  }
  return ticks;
};

/** Keeps the lowest and highest of each pixel when there are more than two values a pixel; null stays a gap. */
export const thin = (
  values: readonly (number | null)[],
  widthPx: number,
): (readonly [index: number, value: number | null])[] => {
  if (values.length <= widthPx * 2) return values.map((value, index) => [index, value] as const);
  const points: (readonly [number, number | null])[] = [];
  const perPixel = values.length / widthPx;
  for (let pixel = 0; pixel < widthPx; pixel += 1) {
    const start = Math.floor(pixel * perPixel);
    const end = Math.min(values.length, Math.floor((pixel + 1) * perPixel));
    let low = -1;
    let high = -1;
    for (let index = start; index < end; index += 1) {
      const value = values[index];
      if (value === null || value === undefined) continue;
      if (low < 0 || value < (values[low] ?? 0)) low = index;
      if (high < 0 || value > (values[high] ?? 0)) high = index;
    }
    if (low < 0) {
      points.push([start, null]);
      continue;
    }
    for (const index of low === high ? [low] : [Math.min(low, high), Math.max(low, high)]) {
      points.push([index, values[index] ?? null]);
    }
  }
  return points;
};

// ---- helpers

const dayMs = 86_400e3;

/** Step and number of intervals, by the height they reach within one decade. */
const candidates: readonly (readonly [step: number, intervals: number])[] = (
  [
    [0.5, 2],
    [0.5, 3],
    [1, 2],
    [1, 3],
    [2, 2],
    [2.5, 2],
    [2, 3],
    [4, 2],
    [5, 2],
  ] as const
).toSorted((a, b) => a[0] * a[1] - b[0] * b[1]);

const stepsMs: readonly number[] = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  1e3,
  2e3,
  5e3,
  10e3,
  15e3,
  30e3,
  60e3,
  120e3,
  300e3,
  600e3,
  900e3,
  1800e3,
  3600e3,
  7200e3,
  10_800e3,
  21_600e3,
  43_200e3,
  dayMs,
  2 * dayMs,
  7 * dayMs,
  14 * dayMs,
  28 * dayMs,
];
