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

/** Spans with all they carry, and what they share. */
export const spanDetails = z.object({
  spans: z.array(span),
  resources: z.array(resource),
  scopes: z.array(scope),
});
/**
 * What a waterfall draws, in columns: value i of each belongs to span i. Spans by their start; one that was received
 * twice is there once.
 */
export const outlineSpans = z.object({
  /** Services and names, each once: the columns tell their place here. */
  texts: z.array(z.string()),
  spanId: z.array(z.string()),
  /** The parent's place in these columns, or its id where it is not among them; null for a root. */
  parent: z.array(z.union([count, z.string()]).nullable()),
  service: z.array(count),
  /** Cut after 1,000 characters. */
  name: z.array(count),
  /** Numbers of OpenTelemetry's SpanKind and StatusCode. */
  kind: z.array(z.number().int().min(0).max(5)),
  status: z.array(z.number().int().min(0).max(2)),
  /** Nanoseconds after `startUnixNano`, to the nanosecond for 104 days. */
  startNano: z.array(z.number()),
  durationNano: z.array(z.number()),
  /** Equal for spans of the same resource; no index of anything. */
  resource: z.array(count),
});
/** What rows say besides, of the few spans that have it: how they failed or answered, and what was called. */
export const outlineNote = z.object({
  /** Its place in the columns. */
  span: count,
  statusMessage: z.string(),
  /** Type of the last exception in a span that failed. */
  exceptionType: z.string(),
  /** Those that tell it, as text, cut after 300 characters. */
  attributes: z.record(z.string(), z.string()),
});
export const traceOutline = z.object({
  traceId: z.string(),
  /** Start of the first span; what the times of the others count from. */
  startUnixNano: unixNano,
  spans: outlineSpans,
  notes: z.array(outlineNote),
  /** All of the spans with all they carry, where they are at most 200 and hold at most 256 KiB; of others it is asked for. */
  details: spanDetails.nullable(),
  /** Spans of the trace beyond the most that one answer holds. */
  omittedSpans: count,
  /** p95 of the root operation over the last day; null when unknown. */
  usualP95Ms: milliseconds.nullable(),
  cost,
});

const ofTrace = { traceId: z.string().regex(/^[0-9a-fA-F]{32}$/) };

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
    params: z.object(ofTrace),
    query: z.object({ projectId: id.optional() }),
    answer: trace,
  }),
  getTraceOutline: route({
    method: 'GET',
    path: '/traces/:traceId/outline',
    summary: 'What a waterfall of a trace draws: a tenth of the whole trace, and as fast',
    authenticated: true,
    params: z.object(ofTrace),
    query: z.object({ projectId: id.optional() }),
    answer: traceOutline,
  }),
  getTraceSpans: route({
    method: 'GET',
    path: '/traces/:traceId/spans',
    summary: 'Some spans of a trace with all they carry',
    authenticated: true,
    params: z.object(ofTrace),
    query: z.object({
      projectId: id.optional(),
      /**
       * Span ids with commas between them, at most 100. Those that are not in the trace are left out, and of those that are
       * the later ones once an answer holds a mebibyte, but never all: they can be asked for again.
       */
      ids: z.string().regex(/^[0-9a-fA-F]{16}(?:,[0-9a-fA-F]{16}){0,99}$/),
    }),
    answer: spanDetails.extend({ cost }),
  }),
  findInTrace: route({
    method: 'GET',
    path: '/traces/:traceId/matches',
    summary: 'Spans of a trace with a text anywhere in what they carry, their resource, scope and links included',
    authenticated: true,
    params: z.object(ofTrace),
    query: z.object({
      projectId: id.optional(),
      /** Whatever its case. An attribute is compared as `key=value`, an id by how it begins. */
      text: z.string().min(1).max(1000),
    }),
    /** Two sides of a call may share an id: then it stands for both. */
    answer: z.object({ spanIds: z.array(z.string()), cost }),
  }),
};

export type TraceSummary = z.infer<typeof traceSummary>;
export type TraceList = z.infer<typeof traceList>;
export type TraceHistogram = z.infer<typeof traceHistogram>;
export type Span = z.infer<typeof span>;
export type SpanEvent = z.infer<typeof spanEvent>;
export type SpanLink = z.infer<typeof spanLink>;
export type Trace = z.infer<typeof trace>;
export type SpanDetails = z.infer<typeof spanDetails>;
export type OutlineSpans = z.infer<typeof outlineSpans>;
export type OutlineNote = z.infer<typeof outlineNote>;
export type TraceOutline = z.infer<typeof traceOutline>;
