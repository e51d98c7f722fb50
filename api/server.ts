/** The HTTP server of the API and the explorer: one port, one origin. */
import { randomUUID } from 'node:crypto';
import { type FastifyInstance, fastify } from 'fastify';
import type { Config } from '../kernel/config.ts';
import { registerFailures } from './failures.ts';
import type { Handlers } from './handler.ts';
import { registerRoutes, type SessionResponders } from './routes.ts';
import type { Projects } from './tenancy.ts';

export interface ServerOptions {
  readonly config: Pick<Config, 'adminToken' | 'loopback' | 'logLevel'>;
  readonly projects: Projects;
  /** All of them in production (`handlers.ts`); a test may bring only what it tests. */
  readonly handlers: Partial<Handlers>;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** False where a route answers without a credential. */
    readonly authenticated?: boolean;
  }
}

const maxBodyBytes = 64 * 1024;

/** A server that is ready to `listen` or `inject`, and that `close` ends. */
export const buildServer = async (options: ServerOptions): Promise<FastifyInstance> => {
  const app = fastify({
    logger: { level: options.config.logLevel },
    disableRequestLogging: true,
    bodyLimit: maxBodyBytes,
    genReqId: () => randomUUID(),
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 512 },
  });
  // A form of another site can post text/plain without asking the browser first.
  app.removeContentTypeParser('text/plain');
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  registerFailures(app);
  registerRoutes(app, { projects: options.projects, handlers: options.handlers, session: openSession });
  return app;
};

const openSession: SessionResponders = {
  getSession: async () => ({ authenticated: true, tokenRequired: false }),
  createSession: async () => ({ authenticated: true, tokenRequired: false }),
  deleteSession: async () => ({ authenticated: true, tokenRequired: false }),
};
