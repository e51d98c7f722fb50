/** Who answers which route. A new route is its contract, its file and one line here. */
import type { Log } from '../kernel/log/log.ts';
import type { DeadLetterPages } from '../kernel/state/letter-pages.ts';
import type { Telemetry } from '../kernel/telemetry/client.ts';
import { getDeadLetter } from './dead-letters/detail.ts';
import { discardDeadLetters } from './dead-letters/discard.ts';
import { listDeadLetters } from './dead-letters/list.ts';
import { retryDeadLetters } from './dead-letters/retry.ts';
import type { Handlers } from './handler.ts';
import { getIngestHealth, getSetup, type IngestView, listProjects } from './installation/installation.ts';
import { getLogFacets } from './logs/facets.ts';
import { getLogHistogram } from './logs/histogram.ts';
import { listLogs, listServiceLogs } from './logs/logs.ts';
import { getMetric } from './metrics/detail.ts';
import { listMetrics, listServiceMetrics } from './metrics/names.ts';
import { listMetricPoints } from './metrics/points.ts';
import { queryMetric } from './metrics/query.ts';
import { getPipeline } from './pipeline/pipeline.ts';
import type { PipelineWatch } from './pipeline/watch-pipeline.ts';
import { complete } from './search/complete.ts';
import { getServiceMap } from './service-map/service-map.ts';
import { getService, listServices } from './services/services.ts';
import type { Projects } from './tenancy.ts';
import { getTraceFacets } from './traces/facets.ts';
import { getTraceHistogram } from './traces/histogram.ts';
import { findInTrace } from './traces/matches.ts';
import { getTraceOutline } from './traces/outline.ts';
import { getTraceSpans } from './traces/span-details.ts';
import { getTrace } from './traces/trace.ts';
import { listServiceTraces, listTraces } from './traces/traces.ts';

export interface HandlerDependencies {
  readonly telemetry: Telemetry;
  readonly projects: Projects;
  readonly log: Log;
  readonly deadLetters: DeadLetterPages;
  readonly pipeline: PipelineWatch;
  readonly ingest: IngestView;
  /** Unix milliseconds. */
  readonly now: () => number;
}

export const createHandlers = ({
  telemetry,
  projects,
  log,
  deadLetters,
  pipeline,
  ingest,
  now,
}: HandlerDependencies): Handlers => ({
  listProjects: listProjects(projects),
  getSetup: getSetup(telemetry, projects, ingest, now),
  getIngestHealth: getIngestHealth(telemetry, log, pipeline, now),
  listServices: listServices(telemetry, projects, now),
  getService: getService(telemetry, projects, now),
  getServiceMap: getServiceMap(telemetry, projects, now),
  listTraces: listTraces(telemetry),
  listServiceTraces: listServiceTraces(telemetry),
  getTraceHistogram: getTraceHistogram(telemetry),
  getTraceFacets: getTraceFacets(telemetry),
  getTrace: getTrace(telemetry),
  getTraceOutline: getTraceOutline(telemetry),
  getTraceSpans: getTraceSpans(telemetry),
  findInTrace: findInTrace(telemetry),
  listLogs: listLogs(telemetry),
  listServiceLogs: listServiceLogs(telemetry),
  getLogFacets: getLogFacets(telemetry),
  getLogHistogram: getLogHistogram(telemetry),
  listMetrics: listMetrics(telemetry),
  listServiceMetrics: listServiceMetrics(telemetry),
  getMetric: getMetric(telemetry),
  queryMetric: queryMetric(telemetry, now),
  listMetricPoints: listMetricPoints(telemetry),
  complete: complete(telemetry),
  listDeadLetters: listDeadLetters(deadLetters),
  getDeadLetter: getDeadLetter(deadLetters, log),
  retryDeadLetters: retryDeadLetters(deadLetters, log),
  discardDeadLetters: discardDeadLetters(deadLetters, log),
  getPipeline: getPipeline(pipeline, now),
});
