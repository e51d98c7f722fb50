/** Metrics: names, attributes, aggregated series and points as sent. */
import { z } from 'zod';
import { points } from './services.ts';
import {
  attributes,
  cost,
  count,
  id,
  inProject,
  ofService,
  page,
  resource,
  route,
  scope,
  searchText,
  timeRange,
  unixNano,
} from './values.ts';

export const metricKind = z.enum(['gauge', 'sum', 'histogram', 'exponential_histogram', 'summary']);
export const metricName = z.object({
  name: z.string(),
  kind: metricKind,
  unit: z.string(),
  description: z.string(),
  temporality: z.enum(['unspecified', 'delta', 'cumulative']),
  monotonic: z.boolean(),
  series: count,
  services: z.array(z.string()),
  lastSeenMs: z.number(),
});
export const metricList = z.object({ metrics: z.array(metricName), cost });
export const metricDetail = z.object({
  metric: metricName,
  attributes: z.array(
    z.object({
      key: z.string(),
      scope: z.enum(['record', 'resource']),
      distinct: count,
      values: z.array(z.object({ value: z.string(), series: count })),
    }),
  ),
  cost,
});
/**
 * `rate` and `increase` follow the temporality and resets, and are spread over the time that was reported for; of
 * histograms and summaries they, `count`, `sum` and `avg` are about what was recorded. Quantiles read histograms of both
 * kinds; of a summary, the nearest quantile that it has, averaged over series: an indication, no more. Of gauges and
 * sums, each series counts once in a step, with its average there (`min`, `max` and `last` with those); `count` is how
 * many series there are. What a kind has not is INVALID_REQUEST, and the message says what it has.
 */
export const aggregation = z.enum([
  'rate',
  'increase',
  'sum',
  'avg',
  'min',
  'max',
  'count',
  'last',
  'p50',
  'p75',
  'p90',
  'p95',
  'p99',
]);
export const metricResult = z.object({
  startMs: z.number(),
  stepMs: z.number(),
  unit: z.string(),
  series: z.array(z.object({ labels: z.record(z.string(), z.string()), values: points })),
  /**
   * Series beyond the limit, and those of another kind or unit under the same name. Rates, increases, sums and counts
   * beyond the limit are one more series at the end, all of whose labels are "other"; the rest is left out.
   */
  omittedSeries: count,
  exemplars: z.array(z.object({ timeUnixNano: unixNano, value: z.number(), traceId: z.string(), spanId: z.string() })),
  cost,
});
/** The points of a metric as they were sent, for export and for tests. */
export const metricPoint = z.object({
  timeUnixNano: unixNano,
  startTimeUnixNano: unixNano,
  flags: count,
  service: z.string(),
  attributes,
  resource,
  scope,
  value: z.union([z.number(), z.string()]).nullable(),
  valueType: z.enum(['none', 'double', 'int']),
  count: count.nullable(),
  sum: z.number().nullable(),
  min: z.number().nullable(),
  max: z.number().nullable(),
  explicitBounds: z.array(z.number()),
  bucketCounts: z.array(count),
  scale: z.number().int().nullable(),
  zeroCount: count.nullable(),
  zeroThreshold: z.number().nullable(),
  positive: z.object({ offset: z.number().int(), bucketCounts: z.array(count) }).nullable(),
  negative: z.object({ offset: z.number().int(), bucketCounts: z.array(count) }).nullable(),
  quantileValues: z.array(z.object({ quantile: z.number(), value: z.number() })),
  exemplars: z.array(
    z.object({
      timeUnixNano: unixNano,
      value: z.union([z.number(), z.string()]).nullable(),
      traceId: z.string(),
      spanId: z.string(),
      attributes,
    }),
  ),
});
export const metricPoints = z.object({
  metric: metricName,
  points: z.array(metricPoint),
  nextCursor: z.string().nullable(),
  cost,
});

export const metricsRoutes = {
  listMetrics: route({
    method: 'GET',
    path: '/projects/:projectId/metrics',
    summary: 'Metric names',
    authenticated: true,
    params: inProject,
    query: z.object({ ...timeRange, q: searchText, service: z.string().optional() }),
    answer: metricList,
  }),
  getMetric: route({
    method: 'GET',
    path: '/projects/:projectId/metrics/:metric',
    summary: 'A metric and its attributes',
    authenticated: true,
    params: inProject.extend({ metric: id }),
    query: z.object(timeRange),
    answer: metricDetail,
  }),
  queryMetric: route({
    method: 'GET',
    path: '/projects/:projectId/metrics/:metric/query',
    summary: 'A metric over time: aggregate, group, filter',
    authenticated: true,
    params: inProject.extend({ metric: id }),
    query: z.object({
      ...timeRange,
      aggregation,
      /** Attribute keys, comma separated; `service` and `resource.<key>` count as keys. */
      groupBy: z.string().max(1024).default(''),
      /** The query language of logs, over attributes. */
      q: searchText,
      stepMs: z.coerce.number().int().min(1000).optional(),
      maxSeries: z.coerce.number().int().min(1).max(100).default(20),
    }),
    answer: metricResult,
  }),
  listMetricPoints: route({
    method: 'GET',
    path: '/projects/:projectId/metrics/:metric/points',
    summary: 'A metric as it was sent',
    authenticated: true,
    params: inProject.extend({ metric: id }),
    query: z.object({ ...timeRange, ...page }),
    answer: metricPoints,
  }),
  listServiceMetrics: route({
    method: 'GET',
    path: '/services/:serviceId/metrics',
    summary: 'Metric names of one service',
    authenticated: true,
    params: ofService,
    query: z.object({ ...timeRange, q: searchText }),
    answer: metricList,
  }),
};

export type MetricKind = z.infer<typeof metricKind>;
export type MetricName = z.infer<typeof metricName>;
export type MetricList = z.infer<typeof metricList>;
export type MetricDetail = z.infer<typeof metricDetail>;
export type MetricResult = z.infer<typeof metricResult>;
export type MetricPoint = z.infer<typeof metricPoint>;
export type Aggregation = z.infer<typeof aggregation>;
