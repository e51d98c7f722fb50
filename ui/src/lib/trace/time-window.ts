/** The part of a trace that the timeline shows: zooming, panning and the marks of its ruler. */

/** Milliseconds since the start of the trace. */
export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Nobody records less than a microsecond well, and a double still divides it. */
const leastWidthMs = 0.001;

/** Everything, with one unit of width for a trace in which nothing took any time. */
export const fit = (durationMs: number): TimeWindow => ({ fromMs: 0, toMs: durationMs > 0 ? durationMs : 1 });

/** Where a moment lies in the window: 0 at its start, 1 at its end, beyond that outside. */
export const fraction = (window: TimeWindow, ms: number): number =>
  (ms - window.fromMs) / (window.toMs - window.fromMs);

/** Scales the width by `factor` (below 1 zooms in) and leaves what lies at the fraction `anchor` in its place. */
export function zoom(window: TimeWindow, anchor: number, factor: number, durationMs: number): TimeWindow {
  const all = fit(durationMs);
  const width = window.toMs - window.fromMs;
  const wanted = Math.min(all.toMs, Math.max(Math.min(leastWidthMs, all.toMs), width * factor));
  const fromMs = window.fromMs + (width - wanted) * anchor;
  return within({ fromMs, toMs: fromMs + wanted }, all);
}

/** Moves by a share of its width, and stops at the ends of the trace. */
export function pan(window: TimeWindow, share: number, durationMs: number): TimeWindow {
  const byMs = (window.toMs - window.fromMs) * share;
  return within({ fromMs: window.fromMs + byMs, toMs: window.toMs + byMs }, fit(durationMs));
}

/** The window between two moments in any order, at least as wide as can be read. */
export function between(aMs: number, bMs: number, durationMs: number): TimeWindow {
  const all = fit(durationMs);
  const fromMs = Math.min(Math.max(0, Math.min(aMs, bMs)), all.toMs);
  const toMs = Math.min(Math.max(aMs, bMs, fromMs + Math.min(leastWidthMs, all.toMs)), all.toMs);
  return within({ fromMs: Math.min(fromMs, toMs - Math.min(leastWidthMs, all.toMs)), toMs }, all);
}

/** One unit for all marks, so that they can be compared: the one in which the window reads shortest. */
export function unitOf(window: TimeWindow): { readonly text: string; readonly ms: number } {
  const width = window.toMs - window.fromMs;
  if (width < 0.05) return { text: 'µs', ms: 0.001 };
  if (width < 5_000) return { text: 'ms', ms: 1 };
  if (width < 300_000) return { text: 's', ms: 1000 };
  return width < 18_000_000 ? { text: 'min', ms: 60_000 } : { text: 'h', ms: 3_600_000 };
}

/** Moments for the ruler, round in its unit: the smallest of 1, 2, 3, 5 times a power of ten that gives at most `most`. */
export function ticks(window: TimeWindow, most: number): number[] {
  const unitMs = unitOf(window).ms;
  const rough = (window.toMs - window.fromMs) / unitMs / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = unitMs * power * ([1, 2, 3, 5, 10].find((n) => n * power >= rough * (1 - 1e-9)) ?? 10);
  const marks: number[] = [];
  for (let i = Math.ceil(window.fromMs / step - 1e-9); i * step <= window.toMs + step * 1e-9; i++) marks.push(i * step);
  return marks;
}

function within(window: TimeWindow, all: TimeWindow): TimeWindow {
  const width = Math.min(window.toMs - window.fromMs, all.toMs);
  const fromMs = Math.min(Math.max(0, window.fromMs), all.toMs - width);
  return { fromMs, toMs: fromMs + width };
}
