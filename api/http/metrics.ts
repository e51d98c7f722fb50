/** /metrics: the figures of this process, for whoever scrapes them. Who may ask is as for the API. */
import type { FastifyInstance } from 'fastify';
import { contentTypes, type TextFormat, writeMetrics } from '../../kernel/reports/openmetrics.ts';
import type { Reports } from '../../kernel/reports/publish-reports.ts';
import { metricsOf } from '../../kernel/reports/report-metrics.ts';

export const registerMetrics = (app: FastifyInstance, reports: Pick<Reports, 'latest' | 'lags'>): void => {
  app.get('/metrics', { config: { authenticated: true } }, async (request, reply) => {
    const [report, lags] = await Promise.all([reports.latest(), reports.lags()]);
    const format = formatFor(request.headers.accept);
    return reply
      .header('cache-control', 'no-store')
      .header('vary', 'accept')
      .type(contentTypes[format])
      .send(writeMetrics(metricsOf(report, lags), format));
  });
};

/** OpenMetrics for those that know it and for those that do not say; browsers and old scrapers can read plain text. */
const formatFor = (accept: string | undefined): TextFormat =>
  accept === undefined || accept.trim() === '*/*' || accept.includes('application/openmetrics-text')
    ? 'openmetrics'
    : 'prometheus';
