/**
 * The time range of the whole explorer. It lives in the URL: `range=1h` ends now and moves with it, `from` and `to`
 * (Unix milliseconds) stand still. Charts zoom it, Backspace undoes that, the header steps it by its own width.
 */
import { page } from '$app/state';
import { preferences } from './preferences.svelte.ts';
import { parseWidth, type RangeChoice, widthText } from './range-text.ts';
import { setParams } from './url-state.svelte.ts';

const defaultWidthMs = 3_600e3;
const narrowestMs = 1000;
const undoLimit = 50;

/** What "now" is for ranges that end now; moves when data is refreshed. */
let anchorMs = $state(Date.now());
/** Choices that a zoom or a step left, newest last. */
let left: RangeChoice[] = [];

const choice: RangeChoice = $derived.by(() => {
  const query = page.url.searchParams;
  const fromMs = Number(query.get('from'));
  const toMs = Number(query.get('to'));
  if (Number.isFinite(fromMs) && fromMs > 0 && toMs > fromMs) return { kind: 'between', fromMs, toMs };
  const widthMs = parseWidth(query.get('range') ?? '') ?? defaultWidthMs;
  return { kind: 'last', widthMs: Math.max(narrowestMs, widthMs) };
});
const toMs = $derived(choice.kind === 'last' ? anchorMs : choice.toMs);
const fromMs = $derived(choice.kind === 'last' ? anchorMs - choice.widthMs : choice.fromMs);

const go = (next: RangeChoice): Promise<void> =>
  next.kind === 'last'
    ? setParams({ range: next.widthMs === defaultWidthMs ? null : widthText(next.widthMs), from: null, to: null })
    : setParams({ range: null, from: Math.floor(next.fromMs), to: Math.ceil(next.toMs) });

export const timeRange = {
  get choice(): RangeChoice {
    return choice;
  },
  /** Unix milliseconds, whole. */
  get fromMs(): number {
    return fromMs;
  },
  get toMs(): number {
    return toMs;
  },
  get widthMs(): number {
    return toMs - fromMs;
  },
  /** True while the range ends now and moves. */
  get live(): boolean {
    return choice.kind === 'last' && preferences.live;
  },
  /** How often a live page asks again: a 360th of the range, from five seconds to one minute. */
  get refreshMs(): number {
    return Math.min(60_000, Math.max(5000, (toMs - fromMs) / 360));
  },

  /** A deliberate choice, from the header or by zooming; what it leaves can be undone. */
  set(next: RangeChoice): Promise<void> {
    left = [...left.slice(1 - undoLimit), choice];
    if (next.kind === 'last') anchorMs = Date.now();
    return go(next);
  },
  /** What a drag on a chart does. */
  zoom(from: number, to: number): Promise<void> {
    const middle = (from + to) / 2;
    const half = Math.max(narrowestMs, to - from) / 2;
    return timeRange.set({ kind: 'between', fromMs: middle - half, toMs: middle + half });
  },
  /** One width earlier (-1) or later (1). Stepping later up to now turns live again. */
  step(direction: -1 | 1): Promise<void> {
    const width = toMs - fromMs;
    const to = toMs + direction * width;
    const now = Date.now();
    if (to < now) return timeRange.set({ kind: 'between', fromMs: to - width, toMs: to });
    return timeRange.set({ kind: 'last', widthMs: width });
  },
  get canUndo(): boolean {
    return left.length > 0;
  },
  /** Back to the range before the last zoom or step. */
  undo(): Promise<void> {
    const previous = left.at(-1);
    if (previous === undefined) return Promise.resolve();
    left = left.slice(0, -1);
    return go(previous);
  },
  /** The address of this view with the range standing still, for somebody who looks later. */
  get shareUrl(): string {
    const url = new URL(page.url.href);
    url.searchParams.delete('range');
    url.searchParams.set('from', String(fromMs));
    url.searchParams.set('to', String(toMs));
    return url.href;
  },
  /** Asks for everything again, with "now" moved to now. */
  refresh(): void {
    anchorMs = Date.now();
  },
};
