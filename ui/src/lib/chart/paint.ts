/** Draws one chart's layers on a canvas. Coordinates are CSS pixels; the caller has scaled for the screen. */
import { type TimeTick, thin, type ValueScale } from './scale.ts';

export interface Series {
  readonly name: string;
  /** Values at `startMs + i * stepMs`; null where nothing was measured: gaps stay gaps. */
  readonly values: readonly (number | null)[];
  /** A colour token: `ink`, `error`, `s1`… */
  readonly color: string;
  readonly dashed?: boolean;
  /** A token to fill the area below with. For errors. */
  readonly fill?: string;
  /** Line width in pixels, 1.5 unless said. */
  readonly width?: number;
}

export interface Marker {
  readonly atMs: number;
  readonly label?: string;
  /** In full ink: the one under discussion. */
  readonly strong?: boolean;
}

/** The plot's area and how values and moments map onto it. */
export interface Frame {
  readonly g: CanvasRenderingContext2D;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly x: (ms: number) => number;
  readonly color: (token: string) => string;
}

export const paintTimeAxis = (frame: Frame, ticks: readonly TimeTick[]): void => {
  const { g, left, top, width, height } = frame;
  g.fillStyle = frame.color('text-3');
  g.textBaseline = 'alphabetic';
  let freeFrom = -1;
  for (const tick of ticks) {
    const at = frame.x(tick.ms);
    const half = g.measureText(tick.label).width / 2;
    const middle = Math.min(left + width - half, Math.max(left + half, at));
    if (middle - half < freeFrom) continue;
    g.textAlign = 'center';
    g.fillText(tick.label, middle, top + height + 13);
    freeFrom = middle + half + 8;
  }
};

export const paintValueAxis = (frame: Frame, scale: ValueScale, label: (value: number) => string): void => {
  const { g, left, width } = frame;
  g.textAlign = 'right';
  g.textBaseline = 'middle';
  for (const tick of scale.ticks) {
    const y = yOf(frame, scale, tick);
    g.strokeStyle = frame.color(tick === 0 ? 'line-2' : 'grid');
    g.beginPath();
    g.moveTo(left, crisp(y));
    g.lineTo(left + width, crisp(y));
    g.stroke();
    g.fillStyle = frame.color('text-3');
    g.fillText(label(tick), left - 6, y);
  }
};

export const paintLine = (frame: Frame, scale: ValueScale, series: Series, startMs: number, stepMs: number): void => {
  const { g } = frame;
  g.save();
  g.beginPath();
  g.rect(frame.left, frame.top - 2, frame.width, frame.height + 4);
  g.clip();
  g.lineJoin = 'round';
  for (const run of runsOf(thin(series.values, frame.width))) {
    const points = run.map(
      ([index, value]) => [frame.x(startMs + (index + 0.5) * stepMs), yOf(frame, scale, value)] as const,
    );
    const [first, last] = [points[0], points.at(-1)];
    if (first === undefined || last === undefined) continue;
    if (series.fill !== undefined && points.length > 1) {
      g.beginPath();
      g.moveTo(first[0], frame.top + frame.height);
      for (const [x, y] of points) g.lineTo(x, y);
      g.lineTo(last[0], frame.top + frame.height);
      g.closePath();
      g.fillStyle = frame.color(series.fill);
      g.fill();
    }
    g.strokeStyle = frame.color(series.color);
    g.fillStyle = g.strokeStyle;
    g.lineWidth = series.width ?? 1.5;
    g.setLineDash(series.dashed ? [3, 3] : []);
    g.beginPath();
    if (points.length === 1) {
      // A lone value between two gaps has no line to be seen by.
      g.arc(first[0], first[1], 1.75, 0, 2 * Math.PI);
      g.fill();
    } else {
      for (const [x, y] of points) g.lineTo(x, y);
      g.stroke();
    }
  }
  g.restore();
};

/** Stacked, the first series at the baseline, so that its height can be read. */
export const paintBars = (
  frame: Frame,
  scale: ValueScale,
  series: readonly Series[],
  startMs: number,
  stepMs: number,
): void => {
  const { g } = frame;
  const count = Math.max(0, ...series.map((one) => one.values.length));
  g.save();
  g.beginPath();
  g.rect(frame.left, frame.top - 2, frame.width, frame.height + 4);
  g.clip();
  for (let index = 0; index < count; index += 1) {
    const from = Math.round(frame.x(startMs + index * stepMs));
    const to = Math.round(frame.x(startMs + (index + 1) * stepMs));
    let base = 0;
    for (const one of series) {
      const value = one.values[index] ?? 0;
      if (value <= 0) continue;
      const bottom = Math.round(yOf(frame, scale, base));
      const top = Math.round(yOf(frame, scale, base + value));
      g.fillStyle = frame.color(one.color);
      // One pixel at least: a single error among thousands must be seen.
      g.fillRect(from, Math.min(top, bottom - 1), Math.max(1, to - from - 1), Math.max(1, bottom - top));
      base += value;
    }
  }
  g.restore();
};

/** A flag and a dotted line; those within 12 px share one. */
export const paintMarkers = (frame: Frame, markers: readonly Marker[]): void => {
  const { g, top, height } = frame;
  let last = Number.NEGATIVE_INFINITY;
  for (const marker of markers) {
    if (marker.atMs < frame.fromMs || marker.atMs > frame.toMs) continue;
    const x = crisp(frame.x(marker.atMs));
    if (x - last < 12 && !marker.strong) continue;
    last = x;
    g.strokeStyle = frame.color(marker.strong ? 'text' : 'marker');
    g.fillStyle = g.strokeStyle;
    g.setLineDash([2, 3]);
    g.beginPath();
    g.moveTo(x, top - 2);
    g.lineTo(x, top + height);
    g.stroke();
    g.setLineDash([]);
    g.beginPath();
    g.moveTo(x - 3.5, top - 7);
    g.lineTo(x + 3.5, top - 7);
    g.lineTo(x, top - 1);
    g.fill();
    if (marker.label === undefined) continue;
    g.textAlign = x - frame.left > g.measureText(marker.label).width + 10 ? 'right' : 'left';
    g.textBaseline = 'alphabetic';
    g.fillText(marker.label, g.textAlign === 'right' ? x - 7 : x + 7, top - 2);
  }
};

/** The usual range behind a line: what is outside it is the news. */
export const paintBand = (
  frame: Frame,
  scale: ValueScale,
  band: readonly (readonly [low: number, high: number])[],
  startMs: number,
  stepMs: number,
): void => {
  const { g } = frame;
  g.fillStyle = frame.color('band');
  g.beginPath();
  band.forEach(([, high], index) => {
    g.lineTo(frame.x(startMs + (index + 0.5) * stepMs), yOf(frame, scale, high));
  });
  for (let index = band.length - 1; index >= 0; index -= 1) {
    g.lineTo(frame.x(startMs + (index + 0.5) * stepMs), yOf(frame, scale, band[index]?.[0] ?? 0));
  }
  g.fill();
};

// ---- helpers

const crisp = (value: number): number => Math.round(value) + 0.5;

const yOf = (frame: Frame, scale: ValueScale, value: number): number =>
  frame.top + frame.height - Math.min(1, value / scale.max) * frame.height;

/** Stretches without a gap. */
const runsOf = (points: readonly (readonly [number, number | null])[]): (readonly [number, number])[][] => {
  const runs: (readonly [number, number])[][] = [];
  let run: (readonly [number, number])[] = [];
  for (const [index, value] of points) {
    if (value !== null) {
      run.push([index, value]);
      continue;
    }
    if (run.length > 0) runs.push(run);
    run = [];
  }
  if (run.length > 0) runs.push(run);
  return runs;
};
