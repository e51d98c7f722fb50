/**
 * What the trace list showed last. Coming back from a trace shows the same rows at the same place at once, and the
 * trace page knows which traces come before and after.
 */
import type { TraceSummary } from '../../../../api/contract/traces.ts';

export interface ListMemory {
  /** Filters, order and chosen range the rows belong to. */
  readonly key: string;
  /** Address of the list, to return to. */
  readonly href: string;
  readonly traces: readonly TraceSummary[];
  readonly nextCursor: string | null;
  readonly fromMs: number;
  readonly toMs: number;
  scrollTopPx: number;
  /** Trace id of the row that keys act on. */
  current: string;
}

let last: ListMemory | null = null;

export const rememberList = (memory: ListMemory): void => {
  last = memory;
};
export const lastList = (): ListMemory | null => last;

/** Where a trace stood in the list it was opened from; null when it was not. */
export function neighboursOf(traceId: string) {
  const at = last?.traces.findIndex((trace) => trace.traceId === traceId) ?? -1;
  if (last === null || at < 0) return null;
  const { traces, nextCursor } = last;
  return {
    place: at + 1,
    count: traces.length,
    more: nextCursor !== null,
    previous: traces[at - 1]?.traceId ?? null,
    next: traces[at + 1]?.traceId ?? null,
  };
}
