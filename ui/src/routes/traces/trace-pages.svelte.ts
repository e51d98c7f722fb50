/**
 * The rows of the trace list. The newest answer replaces them only where nobody is reading: at the top with no row
 * chosen. Otherwise it waits, and the list says how many traces are new.
 */
import { untrack } from 'svelte';
import { type ApiFailure, failureOf, type GetAnswer, type GetValues, get } from '#lib/api.ts';
import { createQuery } from '#lib/query.svelte.ts';
import { session } from '#lib/session.svelte.ts';
import { timeRange } from '#lib/time-range.svelte.ts';
import { page } from '$app/state';
import type { TraceSummary } from '../../../../api/contract/traces.ts';
import { lastList, rememberList } from './list-memory.ts';
import { filterValues, type TraceFilters } from './trace-filters.ts';

type Answer = GetAnswer<'/projects/:projectId/traces'>;
type Asked = GetValues<'/projects/:projectId/traces'>;
interface Page {
  readonly key: string;
  readonly asked: Asked;
  readonly answer: Answer;
}

export const pageSize = 50;

export const createTracePages = (
  filters: () => TraceFilters,
  order: () => 'newest' | 'slowest',
  /** Whether the first rows are in view and none is chosen. */
  atRest: () => boolean,
) => {
  const key = $derived(JSON.stringify([session.projectId, filters(), order(), timeRange.choice]));
  const kept = untrack(() => (lastList()?.key === key ? lastList() : null));
  let shownKey = $state(kept?.key ?? '');
  let asked = $state.raw<Asked | null>(kept === null ? null : askedFor(kept.fromMs, kept.toMs));
  let traces = $state.raw<readonly TraceSummary[]>(kept?.traces ?? []);
  let nextCursor = $state.raw<string | null>(kept?.nextCursor ?? null);
  let waiting = $state.raw<Page | null>(null);
  let loadingMore = $state(false);
  let moreFailure = $state.raw<ApiFailure>();

  function askedFor(fromMs: number, toMs: number): Asked {
    return { projectId: session.projectId, fromMs, toMs, ...filterValues(filters()), order: order(), limit: pageSize };
  }

  const query = createQuery<Page>(() => {
    const values = askedFor(timeRange.fromMs, timeRange.toMs);
    const askedKey = key;
    return async (signal) => ({
      key: askedKey,
      asked: values,
      answer: await get('/projects/:projectId/traces', values, signal),
    });
  });

  const accept = (next: Page): void => {
    shownKey = next.key;
    asked = next.asked;
    traces = next.answer.traces;
    nextCursor = next.answer.nextCursor;
    waiting = null;
    moreFailure = undefined;
  };

  $effect(() => {
    const { data } = query;
    if (data === undefined) return;
    untrack(() => {
      if (data.key !== shownKey || atRest() || traces.length === 0) accept(data);
      else waiting = data;
    });
  });
  $effect(() => {
    if (atRest() && waiting !== null) untrack(() => waiting !== null && accept(waiting));
  });

  $effect(() => {
    if (shownKey === '' || asked === null) return;
    const before = untrack(lastList);
    const same = before?.key === shownKey;
    rememberList({
      key: shownKey,
      href: page.url.pathname + page.url.search,
      traces,
      nextCursor,
      fromMs: asked.fromMs,
      toMs: asked.toMs,
      scrollTopPx: same ? before.scrollTopPx : 0,
      current: same ? before.current : '',
    });
  });

  const fresh = $derived.by(() => {
    if (waiting === null) return 0;
    const known = new Set(traces.map((trace) => trace.traceId));
    return waiting.answer.traces.filter((trace) => !known.has(trace.traceId)).length;
  });

  return {
    /** What was shown before a trace was opened, when this is the way back. */
    kept,
    get traces() {
      return traces;
    },
    /** True once the rows answer what is asked now. */
    get settled() {
      return shownKey === key;
    },
    get loaded() {
      return shownKey !== '';
    },
    get cost() {
      return query.data?.answer.cost;
    },
    get failure() {
      return query.failure;
    },
    get pending() {
      return query.pending;
    },
    get slow() {
      return query.slow;
    },
    reload: query.reload,
    cancel: query.cancel,
    /** Traces that arrived while the list was being read. */
    get fresh() {
      return fresh;
    },
    showFresh(): void {
      if (waiting !== null) accept(waiting);
    },
    get hasMore() {
      return nextCursor !== null;
    },
    get loadingMore() {
      return loadingMore;
    },
    get moreFailure() {
      return moreFailure;
    },
    async more(): Promise<void> {
      if (nextCursor === null || asked === null || loadingMore) return;
      const [from, cursor] = [shownKey, nextCursor];
      loadingMore = true;
      try {
        const answer = await get('/projects/:projectId/traces', { ...asked, cursor });
        if (from !== shownKey || cursor !== nextCursor) return;
        const known = new Set(traces.map((trace) => trace.traceId));
        traces = [...traces, ...answer.traces.filter((trace) => !known.has(trace.traceId))];
        nextCursor = answer.nextCursor;
        moreFailure = undefined;
      } catch (error) {
        moreFailure = failureOf(error);
      } finally {
        loadingMore = false;
      }
    },
  };
};
