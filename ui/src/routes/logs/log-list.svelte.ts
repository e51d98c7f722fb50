/**
 * The lines of the page: the newest page, older ones below as they are scrolled to, and live ones above while the range
 * ends now. What is being read never moves: lines that arrive then are counted and wait.
 */
import { untrack } from 'svelte';
import { type ApiFailure, failureOf, type GetAnswer, type GetValues, get } from '#lib/api.ts';
import { viewOf } from '#lib/logs/line-view.ts';
import { extend, receive, refill, resume, startBuffer } from '#lib/logs/live-buffer.ts';
import { preferences } from '#lib/preferences.svelte.ts';
import { createQuery } from '#lib/query.svelte.ts';
import { session } from '#lib/session.svelte.ts';
import { timeRange } from '#lib/time-range.svelte.ts';
import { createTail } from './live-tail.svelte.ts';

export type LineOrder = 'newest' | 'oldest';
/** Why live lines wait: the reader scrolled down, chose a line, or asked for it. */
export type Pause = 'scroll' | 'line' | 'hand';
type Asked = GetValues<'/projects/:projectId/logs'>;
interface Page {
  readonly key: string;
  readonly asked: Asked;
  readonly answer: GetAnswer<'/projects/:projectId/logs'>;
}

const pageLines = 200;
/** Loaded by scrolling; beyond it the reader is asked to narrow the range. */
export const mostLoaded = 20_000;

export const createLogList = (q: () => string, order: () => LineOrder, enabled: () => boolean) => {
  const key = $derived(JSON.stringify([session.projectId, q(), order(), timeRange.choice]));
  const followable = $derived(order() === 'newest' && timeRange.choice.kind === 'last');
  let buffer = $state.raw(startBuffer([], null));
  let asked = $state.raw<Asked | null>(null);
  let shownKey = $state('');
  let paused = $state<Pause | null>(untrack(() => (preferences.live ? null : 'hand')));
  let loadingMore = $state(false);
  let moreFailure = $state.raw<ApiFailure>();

  const first = createQuery<Page>(() => {
    const askedKey = key;
    if (!enabled()) return null;
    return untrack(() => {
      const { fromMs, toMs } = timeRange;
      const nowMs = Math.max(toMs, Date.now());
      const values: Asked = {
        projectId: session.projectId,
        // A live range is asked for as of now, not as of the last refresh of the page.
        ...(followable ? { fromMs: Math.floor(fromMs + nowMs - toMs), toMs: nowMs } : { fromMs, toMs }),
        q: q(),
        order: order(),
        limit: pageLines,
      };
      return async (signal) => ({
        key: askedKey,
        asked: values,
        answer: await get('/projects/:projectId/logs', values, signal),
      });
    });
  });
  $effect(() => {
    const page = first.data;
    if (page === undefined) return;
    untrack(() => {
      if (page.key !== shownKey && paused !== 'hand') paused = null;
      buffer = startBuffer(page.answer.lines, page.answer.nextCursor);
      ({ asked } = page);
      shownKey = page.key;
      moreFailure = undefined;
    });
  });

  const tail = createTail(
    () => (enabled() && followable && shownKey === key ? { projectId: session.projectId, q: q() } : null),
    {
      onLines: (lines) => {
        buffer = receive(buffer, lines, paused !== null);
      },
      onRefill: (page, whole) => {
        buffer = refill(buffer, page, whole, paused !== null);
      },
      knownUntilMs: () => {
        const newest = buffer.waiting[0] ?? buffer.lines[0];
        return newest === undefined ? (asked?.fromMs ?? Date.now()) : Math.min(Date.now(), viewOf(newest).ms);
      },
    },
  );

  const goOn = (): void => {
    preferences.live = true;
    paused = null;
    if (!followable) {
      const widthMs = Math.max(1000, Math.round(timeRange.widthMs / 1000) * 1000);
      if (timeRange.choice.kind === 'between') void timeRange.set({ kind: 'last', widthMs });
      return;
    }
    buffer = resume(buffer);
    timeRange.refresh();
  };

  return {
    get lines() {
      return buffer.lines;
    },
    /** What the lines shown answer; changes when another query or range does. */
    get shownKey() {
      return shownKey;
    },
    get settled() {
      return shownKey === key;
    },
    get loaded() {
      return shownKey !== '';
    },
    get cost() {
      return first.data?.answer.cost;
    },
    get failure() {
      return first.failure;
    },
    get pending() {
      return first.pending;
    },
    get slow() {
      return first.slow;
    },
    reload: first.reload,
    cancel: first.cancel,

    tail,
    /** Whether lines can arrive at all: the newest first, of a range that ends now. */
    get followable() {
      return followable;
    },
    get paused() {
      return paused;
    },
    /** Lines that arrived since reading began. */
    get arrived() {
      return buffer.arrived;
    },
    pause(why: Pause): void {
      if (followable && paused === null) paused = why;
      if (why === 'hand') {
        paused = 'hand';
        preferences.live = false;
      }
    },
    /** Shows what waited and goes on live; a range that stood still becomes one that ends now. */
    resume: goOn,

    get hasMore() {
      return buffer.nextCursor !== null;
    },
    get full() {
      return buffer.lines.length >= mostLoaded;
    },
    get loadingMore() {
      return loadingMore;
    },
    get moreFailure() {
      return moreFailure;
    },
    async more(): Promise<void> {
      const cursor = buffer.nextCursor;
      if (cursor === null || asked === null || loadingMore || buffer.lines.length >= mostLoaded) return;
      const from = shownKey;
      loadingMore = true;
      try {
        const toMs = followable ? Date.now() : asked.toMs;
        const answer = await get('/projects/:projectId/logs', { ...asked, toMs, cursor });
        if (from !== shownKey || cursor !== buffer.nextCursor) return;
        buffer = extend(buffer, answer.lines, answer.nextCursor);
        moreFailure = undefined;
      } catch (error) {
        moreFailure = failureOf(error);
      } finally {
        loadingMore = false;
      }
    },
  };
};

export type LogListState = ReturnType<typeof createLogList>;
