/**
 * A page of traces. The newest are looked for in growing windows, back from the end of the range: on a busy project the
 * last minute fills the page, and nobody has to sort a day of traces for it.
 */
import type { QueryCost, Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import { ApiError } from '../api-error.ts';
import type { TraceList, TraceSummary } from '../contract/traces.ts';
import { totalCost } from '../cost.ts';
import { type Order, type Place, readCandidates } from './candidates.ts';
import { matchesEverything, type SpanSearch } from './search.ts';
import { type FoundTrace, readSummaries } from './summary.ts';

export interface PageRequest {
  readonly search: SpanSearch;
  readonly order: Order;
  readonly limit: number;
  readonly cursor: string | undefined;
}

const firstWindowMs = 60_000;
const windowGrowth = 16;
/** Room for candidates that turn out to have begun elsewhere; more, the more often there were too few. */
const spare = 20;
const maxCandidates = 5000;
const maxRounds = 40;

/**
 * Traces with a span that matches and begins in the range; without any filter, traces that begin in it. While nothing
 * new arrives, pages neither repeat nor skip one; a trace whose first spans arrive late may move.
 * @throws ApiError INVALID_REQUEST for a cursor of another list, QUERY_TOO_EXPENSIVE when a page cannot be filled
 */
export const readTracePage = async (
  telemetry: Pick<Telemetry, 'query'>,
  tenant: Tenant,
  { search, order, limit, cursor }: PageRequest,
): Promise<TraceList> => {
  const costs: QueryCost[] = [];
  const found: { summary: TraceSummary; place: Place }[] = [];
  let after = cursor === undefined ? undefined : parseCursor(cursor, order);
  let windowMs = firstWindowMs;
  let sinceMs = firstSince(search, order, after);
  for (let round = 0; found.length <= limit; round++) {
    if (round === maxRounds) {
      throw new ApiError(
        'QUERY_TOO_EXPENSIVE',
        'Too many traces began before this time range: choose a longer one, or add a filter.',
      );
    }
    const wanted = Math.min(maxCandidates, (limit + 1 + spare) * 2 ** round);
    const { places, cost } = await readCandidates(telemetry, tenant, { search, order, sinceMs, after, limit: wanted });
    costs.push(cost);
    if (places.length > 0) {
      const ids = places.map((place) => place.traceId);
      const summaries = await readSummaries(telemetry, tenant, search.fromMs, ids);
      costs.push(summaries.cost);
      for (const place of places) {
        const trace = summaries.traces.get(place.traceId);
        if (trace && belongs(trace, search, order, sinceMs)) found.push({ summary: trace.summary, place });
      }
    }
    if (places.length === wanted) after = places.at(-1)!;
    else if (order === 'slowest' || sinceMs <= search.fromMs) break;
    else {
      after = startOf(sinceMs);
      windowMs *= windowGrowth;
      sinceMs = Math.max(search.fromMs, sinceMs - windowMs);
    }
  }
  const page = found.slice(0, limit);
  return {
    traces: page.map(({ summary }) => summary),
    nextCursor: found.length > limit ? cursorOf(page.at(-1)!.place, order) : null,
    cost: totalCost(costs),
  };
};

/** A trace of an earlier window is not lost by being left out here: it is found again in its own. */
const belongs = (trace: FoundTrace, search: SpanSearch, order: Order, sinceMs: number): boolean => {
  if (matchesEverything(search)) {
    const startNs = BigInt(trace.summary.startUnixNano);
    if (startNs < nanoseconds(search.fromMs) || startNs >= nanoseconds(search.toMs)) return false;
  }
  return order === 'slowest' || sinceMs <= search.fromMs || trace.firstInRangeNs >= nanoseconds(sinceMs);
};

const firstSince = (search: SpanSearch, order: Order, after: Place | undefined): number => {
  if (order === 'slowest') return search.fromMs;
  const endMs = after === undefined ? search.toMs : Math.min(search.toMs, Number(after.keyNs / 1_000_000n) + 1);
  return Math.max(search.fromMs, endMs - firstWindowMs);
};

/** Everything that began before this moment comes after this place. */
const startOf = (ms: number): Place => ({ keyNs: nanoseconds(ms), traceId: '0'.repeat(32) });

const nanoseconds = (ms: number): bigint => BigInt(ms) * 1_000_000n;

const cursorOf = ({ keyNs, traceId }: Place, order: Order): string => `${order}-${keyNs}-${traceId}`;

const parseCursor = (cursor: string, order: Order): Place => {
  const [, ordered, key, traceId] = /^(newest|slowest)-(\d{1,18}|[1-8]\d{18})-([0-9a-f]{32})$/.exec(cursor) ?? [];
  if (ordered !== order || key === undefined || traceId === undefined) {
    throw new ApiError('INVALID_REQUEST', '"cursor" must be the nextCursor of an earlier page of the same list.');
  }
  return { keyNs: BigInt(key), traceId };
};
