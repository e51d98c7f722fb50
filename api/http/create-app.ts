/** A fastify server as all of ours are: bounded, and failing in one shape. */
import { randomUUID } from 'node:crypto';
import { type FastifyInstance, fastify, LogController } from 'fastify';
import type { Report } from '../../kernel/own-telemetry/own-telemetry.ts';
import { registerFailures, sendFailure } from './failures.ts';
import { reportLogger } from './report-logger.ts';

const maxBodyBytes = 64 * 1024;

/** @param headers that every answer has */
export const createApp = (report: Report, headers: Readonly<Record<string, string>>): FastifyInstance => {
  const app = fastify({
    loggerInstance: reportLogger(report),
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
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(headers).header('x-request-id', request.id);
  });
  registerFailures(app);
  return app;
};
