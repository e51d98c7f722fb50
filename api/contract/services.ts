/** Services: rate, errors and duration, and who calls whom. */
import { z } from 'zod';
import {
  cost,
  count,
  id,
  inProject,
  milliseconds,
  ofService,
  route,
  searchText,
  spanKind,
  timeRange,
} from './values.ts';

/**
 * Values of the steps that begin at `startMs + i * stepMs`; null where nothing was measured. Services: only minutes that
 * are complete, so the last step ends a little before now and may be shorter than the others; its rate knows.
 */
export const points = z.array(z.number().nullable());
export const red = z.object({
  calls: count,
  requestsPerSecond: z.number(),
  /** 0 to 1. */
  errorRate: z.number(),
  p50Ms: milliseconds.nullable(),
  p95Ms: milliseconds.nullable(),
  p99Ms: milliseconds.nullable(),
});
export const redSeries = z.object({
  startMs: z.number(),
  stepMs: z.number(),
  requestsPerSecond: points,
  errorRate: points,
  p50Ms: points,
  p95Ms: points,
  p99Ms: points,
});
export const serviceSummary = z.object({
  id,
  name: z.string(),
  /** Colour slot 0 to 15; null from the 17th service on. */
  slot: z.number().int().min(0).max(15).nullable(),
  red,
  /** The range of the same width just before; null when it saw no calls. */
  before: red.nullable(),
  series: redSeries,
  version: z.string(),
  environment: z.string(),
  lastSeenMs: z.number(),
});
export const operation = z.object({ name: z.string(), kind: spanKind, red, before: red.nullable() });
export const serviceList = z.object({
  services: z.array(serviceSummary),
  /** All services together, and the same a range earlier. */
  total: z.object({ red, before: red.nullable(), series: redSeries, seriesBefore: redSeries }),
  /** Operations whose errors or p95 moved most against the range before, at most 10. */
  moved: z.array(
    z.object({
      service: z.string(),
      operation: z.string(),
      figure: z.enum(['errorRate', 'p95Ms', 'requestsPerSecond']),
      before: z.number().nullable(),
      now: z.number().nullable(),
    }),
  ),
  cost,
});
export const serviceDetail = z.object({
  service: serviceSummary,
  operations: z.array(operation),
  /** Who calls it and whom it calls, from the service map. */
  callers: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['service', 'queue', 'client']),
      requestsPerSecond: z.number(),
      errorRate: z.number(),
      p95Ms: milliseconds.nullable(),
    }),
  ),
  dependencies: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['service', 'database', 'queue', 'external']),
      requestsPerSecond: z.number(),
      errorRate: z.number(),
      p95Ms: milliseconds.nullable(),
    }),
  ),
  cost,
});
/** Edges name their nodes. The node of kind `client` is whoever calls from outside without sending spans. */
export const serviceMap = z.object({
  nodes: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['service', 'database', 'queue', 'external', 'client']),
      slot: z.number().int().nullable(),
      requestsPerSecond: z.number(),
      errorRate: z.number(),
      p95Ms: milliseconds.nullable(),
    }),
  ),
  edges: z.array(
    z.object({
      source: z.string(),
      target: z.string(),
      requestsPerSecond: z.number(),
      errorRate: z.number(),
      p95Ms: milliseconds.nullable(),
    }),
  ),
  /** Only one trace in this many was read. */
  sampledOneIn: z.number().int().positive(),
  cost,
});

export const servicesRoutes = {
  listServices: route({
    method: 'GET',
    path: '/projects/:projectId/services',
    summary: 'Services with rate, errors and duration',
    authenticated: true,
    params: inProject,
    query: z.object({ ...timeRange, q: searchText }),
    answer: serviceList,
  }),
  getServiceMap: route({
    method: 'GET',
    path: '/projects/:projectId/service-map',
    summary: 'Who calls whom',
    authenticated: true,
    params: inProject,
    query: z.object(timeRange),
    answer: serviceMap,
  }),
  getService: route({
    method: 'GET',
    path: '/services/:serviceId',
    summary: 'One service: its figures, operations and neighbours',
    authenticated: true,
    params: ofService,
    query: z.object(timeRange),
    answer: serviceDetail,
  }),
};

export type Red = z.infer<typeof red>;
export type RedSeries = z.infer<typeof redSeries>;
export type ServiceSummary = z.infer<typeof serviceSummary>;
export type ServiceList = z.infer<typeof serviceList>;
export type ServiceDetail = z.infer<typeof serviceDetail>;
export type ServiceMap = z.infer<typeof serviceMap>;
