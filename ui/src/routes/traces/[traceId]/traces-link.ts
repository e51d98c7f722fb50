/** Leads from a trace to the lists and metrics around it: same project, and a time range in which the trace lies. */
import { timeRange } from '#lib/time-range.svelte.ts';
import { type Changes, link } from '#lib/url-state.svelte.ts';

const marginMs = 30 * 60_000;
const aroundMs = 15 * 60_000;

/** The page's own range where the moment is in it, else half an hour around. */
export function listLink(path: '/traces' | '/logs', atUnixMs: number, changes: Changes): string {
  if (atUnixMs >= timeRange.fromMs && atUnixMs <= timeRange.toMs) return link(path, changes);
  const [from, to] = [Math.floor(atUnixMs - marginMs), Math.ceil(atUnixMs + marginMs)];
  return link(path, { range: null, from, to, ...changes });
}

/** A quarter of an hour before and after some moments: what was measured then says little over a day. */
export const linkAround = (path: '/metrics', fromUnixMs: number, toUnixMs: number, changes: Changes): string =>
  link(path, {
    range: null,
    from: Math.floor(fromUnixMs - aroundMs),
    to: Math.ceil(toUnixMs + aroundMs),
    ...changes,
  });
