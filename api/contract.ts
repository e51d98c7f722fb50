/**
 * The whole HTTP API in one declaration: fastify validates with it, OpenAPI is generated from it, and the explorer,
 * the CLI and the agent import its types. Times are Unix milliseconds where a person chooses them (`fromMs`), and
 * decimal strings of Unix nanoseconds, as in OTLP/JSON, where a sender recorded them.
 */
import type { z } from 'zod';
import { deadLettersRoutes } from './contract/dead-letters.ts';
import { installationRoutes } from './contract/installation.ts';
import { logsRoutes } from './contract/logs.ts';
import { metricsRoutes } from './contract/metrics.ts';
import { pipelineRoutes } from './contract/pipeline.ts';
import { searchRoutes } from './contract/search.ts';
import { servicesRoutes } from './contract/services.ts';
import { tracesRoutes } from './contract/traces.ts';

export const contract = {
  ...installationRoutes,
  ...servicesRoutes,
  ...tracesRoutes,
  ...logsRoutes,
  ...searchRoutes,
  ...metricsRoutes,
  ...pipelineRoutes,
  ...deadLettersRoutes,
};

export type Contract = typeof contract;
export type RouteName = keyof Contract;

/** What `data` holds when the route succeeds. */
export type Answer<Name extends RouteName> = z.infer<Contract[Name]['answer']>;
