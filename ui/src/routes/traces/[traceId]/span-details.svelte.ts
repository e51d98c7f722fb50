/**
 * All that spans carry. A small trace brings it along; of a large one it is asked for when a row is looked at, for the
 * rows near it at once, and kept.
 */
import { get } from '#lib/api.ts';
import { createQuery } from '#lib/query.svelte.ts';
import { session } from '#lib/session.svelte.ts';
import type { Carried } from '#lib/trace/find.ts';
import { identityOf, type OutlinedTrace, type RowSpan } from '#lib/trace/row-span.ts';
import type { WantedDetails } from '#lib/trace/wanted-details.ts';
import type { SpanDetails } from '../../../../../api/contract/traces.ts';

export type SpanDetailsStore = ReturnType<typeof createSpanDetails>;

/** Call during a component's initialisation. */
export const createSpanDetails = (trace: () => OutlinedTrace, wanted: () => WantedDetails) => {
  const brought = $derived(carriedByIdentity(trace().details));
  let asked = $state.raw<ReadonlyMap<string, Carried>>(new Map());
  const of = (span: RowSpan): Carried | undefined => {
    const identity = identityOf(span);
    return brought.get(identity) ?? asked.get(identity);
  };

  /** Stays the same while one moves among rows that are being asked for: the request is not begun again. */
  const missing = $derived.by(() => {
    const { needed, all } = wanted();
    if (needed.every((span) => of(span) !== undefined)) return '';
    return [...new Set(all.filter((span) => of(span) === undefined).map(({ spanId }) => spanId))].join(',');
  });
  const query = createQuery(() => {
    const [ids, { traceId }, { projectId }] = [missing, trace(), session];
    if (ids === '') return null;
    return async (signal) => {
      const details = await get('/traces/:traceId/spans', { traceId, projectId, ids }, signal);
      asked = new Map([...asked, ...carriedByIdentity(details)]);
    };
  });

  return {
    /** Undefined while it is unknown. */
    of,
    get pending() {
      return query.pending;
    },
    get failure() {
      return query.failure;
    },
    reload: query.reload,
  };
};

const carriedByIdentity = (details: SpanDetails | null): Map<string, Carried> =>
  new Map(
    details?.spans.map((span) => [
      identityOf(span),
      { span, resource: details.resources[span.resource], scope: details.scopes[span.scope] },
    ]),
  );
