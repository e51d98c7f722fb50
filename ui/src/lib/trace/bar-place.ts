/** Where a bar and its label go on a timeline of a given width, so that the label never hides what it speaks of. */
import { fraction, type TimeWindow } from './time-window.ts';

export interface BarPlace {
  /** Pixels from the left of the timeline, cut off a little outside of it. */
  readonly leftPx: number;
  readonly widthPx: number;
  /** `inside` lies on the bar at its right end; `before` and `after` of a bar that is out of sight stand at the edge. */
  readonly label: 'right' | 'left' | 'inside' | 'before' | 'after';
}

const leastBarPx = 2;
/** Beyond the edge nobody sees, and browsers lose count of millions of pixels. */
const overhangPx = 8;

export function placeBar(
  window: TimeWindow,
  timelinePx: number,
  fromMs: number,
  toMs: number,
  labelPx: number,
): BarPlace {
  const start = fraction(window, fromMs) * timelinePx;
  const end = fraction(window, toMs) * timelinePx;
  const leftPx = clamp(start, -overhangPx, timelinePx + overhangPx);
  const widthPx = Math.max(leastBarPx, clamp(end, -overhangPx, timelinePx + overhangPx) - leftPx);
  if (end < 0) return { leftPx, widthPx, label: 'before' };
  if (start > timelinePx) return { leftPx, widthPx, label: 'after' };
  const rightPx = leftPx + widthPx;
  if (timelinePx - rightPx >= labelPx) return { leftPx, widthPx, label: 'right' };
  return { leftPx, widthPx, label: leftPx >= labelPx ? 'left' : 'inside' };
}

/** Moments as pixels, those that would share a pixel and those out of sight left out. */
export function placeMoments(window: TimeWindow, timelinePx: number, momentsMs: readonly number[]): number[] {
  const places = momentsMs
    .map((ms) => Math.round(fraction(window, ms) * timelinePx))
    .filter((px) => px >= 0 && px <= timelinePx);
  // Half of a mark at the very edge would be cut off.
  return [...new Set(places.map((px) => clamp(px, 3, timelinePx - 3)))];
}

const clamp = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value));
