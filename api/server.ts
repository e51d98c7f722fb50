/** The HTTP server of the API and the explorer: one port, one origin. */
import fastifyCompress from '@fastify/compress';
import fastifyCookie from '@fastify/cookie';
import type { Tracer } from '@opentelemetry/api';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../kernel/config.ts';
import type { Report } from '../kernel/own-telemetry/own-telemetry.ts';
import type { Reports } from '../kernel/reports/publish-reports.ts';
import type { Handlers } from './handler.ts';
import { addAuthentication } from './http/authentication.ts';
import { createApp } from './http/create-app.ts';
import { type Explorer, findExplorer, isPageRequest, registerExplorer, sendPage } from './http/explorer.ts';
import { notFound, sendFailure } from './http/failures.ts';
import { type Checks, registerHealth } from './http/health.ts';
import { registerMetrics } from './http/metrics.ts';
import { openApiDocument } from './http/openapi.ts';
import { apiPrefix, registerRoutes } from './http/routes.ts';
import { securityHeaders } from './http/security-headers.ts';
import { createSessions } from './http/session.ts';
import { traceRequests } from './http/trace-requests.ts';
import { type LiveOptions, registerLive } from './live/live.ts';
import type { Projects } from './tenancy.ts';

export interface ServerOptions {
  readonly config: Pick<Config, 'adminToken' | 'loopback'>;
  readonly projects: Projects;
  /** All of them in production (`handlers.ts`); a test may bring only what it tests. */
  readonly handlers: Partial<Handlers>;
  /** What /readyz asks, by name. */
  readonly dependencies?: Checks;
  /** What /metrics tells; without it there is none. */
  readonly reports?: Pick<Reports, 'latest' | 'lags'>;
  /** Told what the people who run this installation should know. */
  readonly report?: Report;
  /** What the WebSocket at /api/v1/live reads; without it there is none. */
  readonly live?: LiveOptions;
  /** Makes a span of every request to the API, but for those about the project that these spans belong to. */
  readonly tracing?: { readonly tracer: Tracer; readonly ownProject: string };
  /** The static build of the explorer. */
  readonly explorerDirectory?: string;
}

/**
 * A server that is ready to `listen` or `inject`, and that `close` ends.
 * @throws Error when `config` asks for no token on an address that others can reach.
 */
export const buildServer = async (options: ServerOptions): Promise<FastifyInstance> => {
  const sessions = createSessions(options.config);
  const explorer = options.explorerDirectory === undefined ? undefined : await findExplorer(options.explorerDirectory);
  const app = createApp(options.report ?? (() => {}), securityHeaders(explorer?.inlineScripts ?? []));
  if (options.tracing !== undefined) traceRequests(app, options.tracing.tracer, options.tracing.ownProject);
  // Before all that may refuse a request: only then does a refused upgrade end its connection.
  if (options.live !== undefined) await registerLive(app, options.live, options.projects);
  // Answers only, which repeat themselves: the explorer's files are compressed when they are built.
  await app.register(fastifyCompress, { threshold: 4096, encodings: ['zstd', 'gzip'], globalDecompression: false });
  await app.register(fastifyCookie);
  if (explorer !== undefined) sendPageOfMetrics(app, explorer);
  addAuthentication(app, sessions);
  registerHealth(app, options.dependencies ?? {});
  if (options.reports !== undefined) registerMetrics(app, options.reports);
  registerRoutes(app, { projects: options.projects, handlers: options.handlers, session: sessions });
  const openApi = openApiDocument();
  app.get(`${apiPrefix}/openapi.json`, { config: { authenticated: false } }, async () => openApi);
  await addPages(app, explorer);
  return app;
};

/** The explorer has a page where the figures are: people get the page, whether they have signed in or not. */
const sendPageOfMetrics = (app: FastifyInstance, explorer: Explorer): void => {
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.url === '/metrics' && isPageRequest(request)) return sendPage(request, reply, explorer);
  });
};

const addPages = async (app: FastifyInstance, explorer: Explorer | undefined): Promise<void> => {
  if (explorer !== undefined) await registerExplorer(app, explorer);
  app.setNotFoundHandler((request, reply) =>
    explorer !== undefined && isPageRequest(request)
      ? sendPage(request, reply, explorer)
      : sendFailure(notFound(request), request, reply),
  );
};
