/** The HTTP server of the API and the explorer: one port, one origin. */
import { randomUUID } from 'node:crypto';
import fastifyCompress from '@fastify/compress';
import fastifyCookie from '@fastify/cookie';
import type { Tracer } from '@opentelemetry/api';
import { type FastifyInstance, fastify, LogController } from 'fastify';
import type { Config } from '../kernel/config.ts';
import type { Report } from '../kernel/own-telemetry/own-telemetry.ts';
import type { Handlers } from './handler.ts';
import { type Explorer, findExplorer, isPageRequest, registerExplorer, sendPage } from './http/explorer.ts';
import { notFound, registerFailures, sendFailure } from './http/failures.ts';
import { type Check, registerHealth } from './http/health.ts';
import { openApiDocument } from './http/openapi.ts';
import { reportLogger } from './http/report-logger.ts';
import { apiPrefix, registerRoutes } from './http/routes.ts';
import { securityHeaders } from './http/security-headers.ts';
import { createSessions, type Sessions } from './http/session.ts';
import { traceRequests } from './http/trace-requests.ts';
import { type LiveOptions, registerLive } from './live/live.ts';
import type { Projects } from './tenancy.ts';

export interface ServerOptions {
  readonly config: Pick<Config, 'adminToken' | 'loopback'>;
  readonly projects: Projects;
  /** All of them in production (`handlers.ts`); a test may bring only what it tests. */
  readonly handlers: Partial<Handlers>;
  /** What /readyz asks, by name. */
  readonly dependencies?: Readonly<Record<string, Check>>;
  /** Told what the people who run this installation should know. */
  readonly report?: Report;
  /** What the WebSocket at /api/v1/live reads; without it there is none. */
  readonly live?: LiveOptions;
  /** Makes a span of every request to the API, but for those about the project that these spans belong to. */
  readonly tracing?: { readonly tracer: Tracer; readonly ownProject: string };
  /** The static build of the explorer. */
  readonly explorerDirectory?: string;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** False where a route answers without a credential. */
    readonly authenticated?: boolean;
  }
}

const maxBodyBytes = 64 * 1024;

/**
 * A server that is ready to `listen` or `inject`, and that `close` ends.
 * @throws Error when `config` asks for no token on an address that others can reach.
 */
export const buildServer = async (options: ServerOptions): Promise<FastifyInstance> => {
  const sessions = createSessions(options.config);
  const explorer = options.explorerDirectory === undefined ? undefined : await findExplorer(options.explorerDirectory);
  const app = fastify({
    loggerInstance: reportLogger(options.report ?? (() => {})),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: maxBodyBytes,
    genReqId: () => randomUUID(),
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 512 },
    frameworkErrors: (error, request, reply) => {
      sendFailure(error, request, reply);
    },
  });
  // A form of another site can post text/plain without asking the browser first.
  app.removeContentTypeParser('text/plain');
  addHeaders(app, securityHeaders(explorer?.inlineScripts ?? []));
  if (options.tracing !== undefined) traceRequests(app, options.tracing.tracer, options.tracing.ownProject);
  registerFailures(app);
  // Before all that may refuse a request: only then does a refused upgrade end its connection.
  if (options.live !== undefined) await registerLive(app, options.live, options.projects);
  // Answers only, which repeat themselves: the explorer's files are compressed when they are built.
  await app.register(fastifyCompress, { threshold: 4096, encodings: ['zstd', 'gzip'], globalDecompression: false });
  await app.register(fastifyCookie);
  addAuthentication(app, sessions);
  registerHealth(app, options.dependencies ?? {});
  registerRoutes(app, { projects: options.projects, handlers: options.handlers, session: sessions });
  const openApi = openApiDocument();
  app.get(`${apiPrefix}/openapi.json`, { config: { authenticated: false } }, async () => openApi);
  await addPages(app, explorer);
  return app;
};

const addHeaders = (app: FastifyInstance, headers: Readonly<Record<string, string>>): void => {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(headers).header('x-request-id', request.id);
  });
};

/** Every route of the API asks for a credential unless the contract says that it does not. */
const addAuthentication = (app: FastifyInstance, sessions: Sessions): void => {
  app.addHook('onRequest', async (request) => {
    const { url, config } = request.routeOptions;
    if (url === undefined || !url.startsWith('/api/')) return;
    if (config.authenticated === false) sessions.guard(request);
    else sessions.authenticate(request);
  });
};

const addPages = async (app: FastifyInstance, explorer: Explorer | undefined): Promise<void> => {
  if (explorer !== undefined) await registerExplorer(app, explorer);
  app.setNotFoundHandler((request, reply) =>
    explorer !== undefined && isPageRequest(request)
      ? sendPage(reply, explorer)
      : sendFailure(notFound(request), request, reply),
  );
};
