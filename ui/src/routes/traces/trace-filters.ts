/** The filters of the trace list: read from the URL, sent with every request, said in words, removed one by one. */
import type { GetValues } from '#lib/api.ts';
import type { SpanStatus } from '../../../../api/contract/values.ts';

export interface TraceFilters {
  readonly q: string;
  readonly service: string;
  readonly operation: string;
  readonly status: SpanStatus | '';
  /** Null where there is no bound. */
  readonly minDurationMs: number | null;
  readonly maxDurationMs: number | null;
}

/** Names in the URL. */
export type FilterName = 'q' | 'service' | 'operation' | 'status' | 'duration';

export function filtersOf(query: Pick<URLSearchParams, 'get'>): TraceFilters {
  const [min = '', max = ''] = (query.get('duration') ?? '').split('-');
  const status = query.get('status');
  return {
    q: query.get('q') ?? '',
    service: query.get('service') ?? '',
    operation: query.get('operation') ?? '',
    status: status === 'error' || status === 'ok' || status === 'unset' ? status : '',
    minDurationMs: bound(min),
    maxDurationMs: bound(max),
  };
}

/** `120-2000`, `120-`, `-2000`, or '' for no bounds: what stands in the URL. */
export const durationParam = (minMs: number | null, maxMs: number | null): string =>
  minMs === null && maxMs === null ? '' : `${minMs ?? ''}-${maxMs ?? ''}`;

/** As the API takes them. */
export const filterValues = (
  filters: TraceFilters,
): Omit<GetValues<'/projects/:projectId/traces/histogram'>, 'projectId' | 'fromMs' | 'toMs'> => ({
  q: filters.q,
  ...(filters.service === '' ? {} : { service: filters.service }),
  ...(filters.operation === '' ? {} : { operation: filters.operation }),
  ...(filters.status === '' ? {} : { status: filters.status }),
  ...(filters.minDurationMs === null ? {} : { minDurationMs: filters.minDurationMs }),
  ...(filters.maxDurationMs === null ? {} : { maxDurationMs: filters.maxDurationMs }),
});

/** The filters that are set, each with what it says and the filters that remain without it. */
export function activeFilters(
  filters: TraceFilters,
  duration: (ms: number) => string,
): { name: FilterName; text: string; without: TraceFilters }[] {
  const { q, service, operation, status, minDurationMs: min, maxDurationMs: max } = filters;
  const between = [min === null ? '' : `≥ ${duration(min)}`, max === null ? '' : `≤ ${duration(max)}`];
  return [
    { name: 'q' as const, text: q, without: { ...filters, q: '' } },
    { name: 'service' as const, text: service && `service = ${service}`, without: { ...filters, service: '' } },
    {
      name: 'operation' as const,
      text: operation && `operation = ${operation}`,
      without: { ...filters, operation: '' },
    },
    { name: 'status' as const, text: status && `status = ${status}`, without: { ...filters, status: '' as const } },
    {
      name: 'duration' as const,
      text: min === null && max === null ? '' : `duration ${between.filter((part) => part !== '').join(' and ')}`,
      without: { ...filters, minDurationMs: null, maxDurationMs: null },
    },
  ].filter(({ text }) => text !== '');
}

/** `250`, `250ms`, `1.5 s`, `2m` in milliseconds; null for nothing, undefined for what is not a duration. */
export function parseDuration(text: string): number | null | undefined {
  const typed = text.trim().toLowerCase();
  if (typed === '') return null;
  const [, digits, unit = 'ms'] = /^(\d+(?:[.,]\d+)?)\s*(ns|us|µs|ms|s|sec|m|min|h)?$/.exec(typed) ?? [];
  if (digits === undefined) return undefined;
  return Number((Number(digits.replace(',', '.')) * millisecondsPer[unit]!).toPrecision(12));
}

const millisecondsPer: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1e3,
  sec: 1e3,
  m: 60e3,
  min: 60e3,
  h: 3_600e3,
};

function bound(text: string): number | null {
  const value = Number(text);
  return text === '' || !(value >= 0) ? null : value;
}
