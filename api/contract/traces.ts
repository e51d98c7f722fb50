/** Traces: search, the duration histogram and the whole trace. */
import { z } from 'zod';
import { facets } from './search.ts';
import {
  attributes,
  cost,
  count,
  id,
  inProject,
  milliseconds,
  ofService,
  page,
  resource,
  route,
  scope,
  searchText,
  spanKind,
  spanStatus,
  timeRange,
  unixNano,
} from './values.ts';

export const traceSummary = z.object({
  traceId: z.string(),
  startUnixNano: unixNano,
  durationMs: milliseconds,
  spanCount: count,
  errorCount: count,
  services: z.array(z.string()),
  root: z.object({ service: z.string(), name: z.string(), kind: spanKind, status: spanStatus, missing: z.boolean() }),
});
const traceSearch = {
  ...timeRange,
  q: searchText,
  service: z.string().optional(),
  operation: z.string().optional(),
  status: spanStatus.optional(),
  minDurationMs: z.coerce.number().nonnegative().optional(),
  maxDurationMs: z.coerce.number().nonnegative().optional(),
};
/**
 * With a filter: traces with a span that matches and begins in the range. Without: traces that begin in it. Ordered by
 * the start or the duration of the trace.
 */
export const traceList = z.object({
  traces: z.array(traceSummary),
  nextCursor: z.string().nullable(),
  cost,
});
export const traceHistogram = z.object({
  startMs: z.number(),
  stepMs: z.number(),
  /** Upper bounds of the duration rows, ascending; the last row has none. */
  durationBoundsMs: z.array(milliseconds),
  /** counts[time][duration row], spans that match. */
  counts: z.array(z.array(count)),
  errors: z.array(count),
  total: count,
  cost,
});
export const spanEvent = z.object({
  timeUnixNano: unixNano,
  name: z.string(),
  attributes,
  droppedAttributesCount: count,
});
export const spanLink = z.object({
  traceId: z.string(),
  spanId: z.string(),
  traceState: z.string(),
  flags: count,
  attributes,
  droppedAttributesCount: count,
});
export const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  /** Empty for a root. */
  parentSpanId: z.string(),
  traceState: z.string(),
  flags: count,
  service: z.string(),
  name: z.string(),
  kind: spanKind,
  startTimeUnixNano: unixNano,
  endTimeUnixNano: unixNano,
  status: z.object({ code: spanStatus, message: z.string() }),
  attributes,
  droppedAttributesCount: count,
  events: z.array(spanEvent),
  droppedEventsCount: count,
  links: z.array(spanLink),
  droppedLinksCount: count,
  /** Index into `resources` and `scopes` of the trace: most spans share them. */
  resource: count,
  scope: count,
});
export const trace = z.object({
  traceId: z.string(),
  spans: z.array(span),
  resources: z.array(resource),
  scopes: z.array(scope),
  /** Spans of the trace beyond the most that one answer holds. */
  omittedSpans: count,
  /** p95 of the root operation over the last day; null when unknown. */
  usualP95Ms: milliseconds.nullable(),
  cost,
});

export const tracesRoutes = {
  listTraces: route({
    method: 'GET',
    path: '/projects/:projectId/traces',
    summary: 'Search traces by service, operation, duration, status and any attribute',
    authenticated: true,
    params: inProject,
    query: z.object({ ...traceSearch, ...page, order: z.enum(['newest', 'slowest']).default('newest') }),
    answer: traceList,
  }),
  listServiceTraces: route({
    method: 'GET',
    path: '/services/:serviceId/traces',
    summary: 'Search traces of one service',
    authenticated: true,
    params: ofService,
    query: z.object({ ...traceSearch, ...page, order: z.enum(['newest', 'slowest']).default('newest') }),
    answer: traceList,
  }),
  getTraceHistogram: route({
    method: 'GET',
    path: '/projects/:projectId/traces/histogram',
    summary: 'Matching spans by time and duration',
    authenticated: true,
    params: inProject,
    query: z.object(traceSearch),
    answer: traceHistogram,
  }),
  getTraceFacets: route({
    method: 'GET',
    path: '/projects/:projectId/traces/facets',
    summary: 'Values among matching spans',
    authenticated: true,
    params: inProject,
    query: z.object({ ...traceSearch, fields: z.string().max(1024).optional() }),
    answer: facets,
  }),
  getTrace: route({
    method: 'GET',
    path: '/traces/:traceId',
    summary: 'A trace with all its spans',
    authenticated: true,
    params: z.object({ traceId: z.string().regex(/^[0-9a-fA-F]{32}$/) }),
    query: z.object({ projectId: id.optional() }),
    answer: trace,
  }),
};

export type TraceSummary = z.infer<typeof traceSummary>;
export type TraceList = z.infer<typeof traceList>;
export type TraceHistogram = z.infer<typeof traceHistogram>;
export type Span = z.infer<typeof span>;
export type SpanEvent = z.infer<typeof spanEvent>;
export type SpanLink = z.infer<typeof spanLink>;
export type Trace = z.infer<typeof trace>;
