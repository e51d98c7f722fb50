/**
 * What every service of the shop does the same way: listen on a free port, log each request, answer errors, and follow
 * the shop that started it. Telemetry is not set up here: Node loads the auto-instrumentation before this file.
 */
import type { AddressInfo } from 'node:net';
import { context, trace } from '@opentelemetry/api';
import { getRPCMetadata, RPCType } from '@opentelemetry/core';
import { type FastifyInstance, fastify, LogController } from 'fastify';
import { knowPeers } from './call.ts';
import { switchFault } from './faults.ts';
import { log } from './log.ts';
import type { FromService, ToService } from './roster.ts';
import { recordError } from './span.ts';

/** Serves the routes that `declare` adds, until the shop says stop. `onClose` hooks of the app run then. */
export const serve = async (declare: (app: FastifyInstance) => void): Promise<void> => {
  const app = fastify({ loggerInstance: log, logController: new LogController({ disableRequestLogging: true }) });
  nameSpansByRoute(app);
  logEachAnswer(app);
  recordEachError(app);
  declare(app);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  follow(`http://127.0.0.1:${port}`, () => app.close());
};

/** Tells the shop that this process is ready and does as it says; leaves with the shop, however that ends. */
export const follow = (url: string | null, close: () => Promise<unknown>): void => {
  process.on('disconnect', () => void close());
  process.on('message', (message: ToService) => {
    if (message.kind === 'peers') knowPeers(message.urls);
    else if (message.kind === 'fault') switchFault(message.name, message.on);
    // Without the channel and the server nothing keeps the process: it ends, and the SDK sends what it still holds.
    else process.disconnect();
  });
  if (process.connected) process.send?.({ kind: 'ready', url } satisfies FromService);
  else void close();
};

/** The HTTP instrumentation names its span after the route if somebody tells it: `GET /products/:sku`. */
const nameSpansByRoute = (app: FastifyInstance): void => {
  app.addHook('onRequest', async (request) => {
    const metadata = getRPCMetadata(context.active());
    if (metadata?.type === RPCType.HTTP && request.routeOptions.url) metadata.route = request.routeOptions.url;
  });
};

const logEachAnswer = (app: FastifyInstance): void => {
  app.addHook('onResponse', async (request, reply) => {
    const level = reply.statusCode >= 400 ? 'warn' : 'info';
    request.log[level](
      {
        'http.request.method': request.method,
        'http.route': request.routeOptions.url ?? request.url,
        'http.response.status_code': reply.statusCode,
        'duration.ms': Math.round(reply.elapsedTime),
      },
      `${request.method} ${request.url} ${reply.statusCode}`,
    );
  });
};

const recordEachError = (app: FastifyInstance): void => {
  app.setErrorHandler<Error & { statusCode?: number }>(async (error, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) {
      const span = trace.getActiveSpan();
      if (span) recordError(span, error);
      request.log.error({ err: error }, error.message);
    }
    return reply.code(status).send({ message: error.message });
  });
};
