/** Search in what the spans of a large trace carry, which only the server has: spans by id, a moment after one typed. */
import { get } from '#lib/api.ts';
import { createQuery } from '#lib/query.svelte.ts';
import { session } from '#lib/session.svelte.ts';
import type { OutlinedTrace } from '#lib/trace/row-span.ts';

const askAfterMs = 150;
const longestText = 1000;

/** Call during a component's initialisation. */
export const createFoundSpans = (trace: () => OutlinedTrace, text: () => string) => {
  const wanted = $derived(trace().details === null ? text().trim().slice(0, longestText) : '');
  const query = createQuery(() => {
    const [asked, { traceId }, { projectId }] = [wanted, trace(), session];
    if (asked === '') return null;
    return async (signal) => {
      await new Promise((resolve) => setTimeout(resolve, askAfterMs));
      signal.throwIfAborted();
      const { spanIds } = await get('/traces/:traceId/matches', { traceId, projectId, text: asked }, signal);
      return { asked, spanIds: new Set(spanIds) };
    };
  });
  /** What was found for another text says nothing about this one. */
  const spanIds = $derived(query.data?.asked === wanted ? query.data.spanIds : none);
  return {
    get spanIds(): ReadonlySet<string> {
      return spanIds;
    },
    /** Whether spans are missing that may carry the text. */
    get isPartial(): boolean {
      return wanted !== '' && query.data?.asked !== wanted;
    },
    get failure() {
      return query.failure;
    },
  };
};

const none: ReadonlySet<string> = new Set();
