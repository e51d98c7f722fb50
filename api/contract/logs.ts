/** Log lines: search, histogram and facets. */
import { z } from 'zod';
import { facets } from './search.ts';
import {
  attributes,
  attributeValue,
  cost,
  count,
  inProject,
  ofService,
  page,
  resource,
  route,
  scope,
  searchText,
  severity,
  timeRange,
  unixNano,
} from './values.ts';

export const logLine = z.object({
  /** Stable: a link to one line. */
  id: z.string(),
  /** What the line is sorted by: its own time, else the observed one, else its arrival. */
  sortUnixNano: unixNano,
  timeUnixNano: unixNano,
  observedTimeUnixNano: unixNano,
  service: z.string(),
  severity,
  severityNumber: count,
  severityText: z.string(),
  body: attributeValue,
  eventName: z.string(),
  traceId: z.string(),
  spanId: z.string(),
  flags: count,
  attributes,
  droppedAttributesCount: count,
  resource,
  scope,
});
const logSearch = {
  ...timeRange,
  q: searchText,
  traceId: z
    .string()
    .regex(/^[0-9a-fA-F]{32}$/)
    .optional(),
};
export const logList = z.object({ lines: z.array(logLine), nextCursor: z.string().nullable(), cost });
export const logHistogram = z.object({
  startMs: z.number(),
  stepMs: z.number(),
  /** One array of counts per severity present. */
  series: z.array(z.object({ severity, counts: z.array(count), total: count })),
  total: count,
  cost,
});

const logPage = { ...page, order: z.enum(['newest', 'oldest']).default('newest') };

export const logsRoutes = {
  listLogs: route({
    method: 'GET',
    path: '/projects/:projectId/logs',
    summary: 'Search log lines',
    authenticated: true,
    params: inProject,
    query: z.object({ ...logSearch, ...logPage }),
    answer: logList,
  }),
  listServiceLogs: route({
    method: 'GET',
    path: '/services/:serviceId/logs',
    summary: 'Search log lines of one service',
    authenticated: true,
    params: ofService,
    query: z.object({ ...logSearch, ...logPage }),
    answer: logList,
  }),
  getLogHistogram: route({
    method: 'GET',
    path: '/projects/:projectId/logs/histogram',
    summary: 'Matching lines by time and severity',
    authenticated: true,
    params: inProject,
    query: z.object(logSearch),
    answer: logHistogram,
  }),
  getLogFacets: route({
    method: 'GET',
    path: '/projects/:projectId/logs/facets',
    summary: 'Values among matching lines',
    authenticated: true,
    params: inProject,
    query: z.object({ ...logSearch, fields: z.string().max(1024).optional() }),
    answer: facets,
  }),
};

export type LogLine = z.infer<typeof logLine>;
export type LogList = z.infer<typeof logList>;
export type LogHistogram = z.infer<typeof logHistogram>;
