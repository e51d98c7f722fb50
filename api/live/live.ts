/** The WebSocket at /api/v1/live: log lines as they come, and word of arrivals. Messages: `contract/live.ts`. */
import fastifyWebsocket, { type WebSocket } from '@fastify/websocket';
import type { FastifyInstance } from 'fastify';
import type { Log } from '../../kernel/log/log.ts';
import type { Telemetry } from '../../kernel/telemetry/client.ts';
import { apiPrefix } from '../http/routes.ts';
import { type Projects, resolveScope } from '../tenancy.ts';
import { feedArrivals } from './arrivals.ts';
import { serveLive } from './connection.ts';
import { feedLogs } from './logs.ts';

export interface LiveOptions {
  readonly log: Log;
  readonly telemetry: Telemetry;
}

const maxConnections = 500;
const maxMessageBytes = 16 * 1024;
const pingEveryMs = 30_000;
/** A session or a token may have ended since: whoever still has one connects again. */
const maxAgeMs = 12 * 3600 * 1000;
const closeGraceMs = 1_000;

/** Close codes of RFC 6455, section 7.4.1, and of IANA's registry. */
const closeCode = { goingAway: 1001, tryAgainLater: 1013 };

export const registerLive = async (
  app: FastifyInstance,
  { log, telemetry }: LiveOptions,
  projects: Projects,
): Promise<void> => {
  const report = (error: unknown): void => app.log.warn({ error }, 'The live feed stumbled');
  const feeds = { logs: feedLogs(log, report), arrivals: feedArrivals(log, telemetry, report) };
  await app.register(fastifyWebsocket, {
    options: { maxPayload: maxMessageBytes },
    errorHandler: (_error, socket) => socket.terminate(),
    preClose(done) {
      feeds.logs.close();
      feeds.arrivals.close();
      for (const socket of app.websocketServer.clients) closeSoon(socket, closeCode.goingAway, 'restarting');
      app.websocketServer.close();
      done();
    },
  });
  app.get(`${apiPrefix}/live`, { websocket: true }, (socket, request) => {
    if (app.websocketServer.clients.size > maxConnections) {
      return closeSoon(socket, closeCode.tryAgainLater, 'too many connections');
    }
    keepAlive(socket);
    serveLive({
      socket,
      requestId: request.id,
      feeds,
      tenantOf: async (projectId) => (await resolveScope(projects, { projectId })).tenant,
    });
  });
};

/** Ends connections whose other end is gone, and those that have lasted long enough. */
const keepAlive = (socket: WebSocket): void => {
  let alive = true;
  socket.on('pong', () => {
    alive = true;
  });
  const ping = setInterval(() => {
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
  }, pingEveryMs);
  const end = setTimeout(() => closeSoon(socket, closeCode.goingAway, 'connect again'), maxAgeMs);
  socket.on('close', () => {
    clearInterval(ping);
    clearTimeout(end);
  });
};

/** A client that does not answer the close is cut off. */
const closeSoon = (socket: WebSocket, code: number, reason: string): void => {
  socket.close(code, reason);
  const cut = setTimeout(() => socket.terminate(), closeGraceMs);
  socket.on('close', () => clearTimeout(cut));
};
