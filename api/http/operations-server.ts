/** Where a process without the API is asked how it is: whether it lives and is ready, and its figures, as the API's is. */
import type { AddressInfo } from 'node:net';
import fastifyCookie from '@fastify/cookie';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../../kernel/config.ts';
import type { Report } from '../../kernel/own-telemetry/own-telemetry.ts';
import type { Reports } from '../../kernel/reports/publish-reports.ts';
import { addAuthentication } from './authentication.ts';
import { createApp } from './create-app.ts';
import { notFound, sendFailure } from './failures.ts';
import { type Checks, registerHealth } from './health.ts';
import { registerMetrics } from './metrics.ts';
import { securityHeaders } from './security-headers.ts';
import { createSessions } from './session.ts';

export interface OperationsServerOptions {
  /** What /readyz asks, by name. */
  readonly checks: Checks;
  /** What /metrics tells. */
  readonly reports: Pick<Reports, 'latest' | 'lags'>;
  readonly config: Pick<Config, 'adminToken' | 'loopback' | 'host' | 'port'>;
  readonly report: Report;
}

export interface OperationsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** @throws when the port is taken, or anybody could reach it and no token is set. */
export const startOperationsServer = async (options: OperationsServerOptions): Promise<OperationsServer> => {
  const { host, port } = options.config;
  const app = await buildOperationsServer(options);
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw error;
  }
  return { port: (app.server.address() as AddressInfo).port, close: () => app.close() };
};

/** A server that is ready to `listen` or `inject`. */
export const buildOperationsServer = async ({
  config,
  report,
  checks,
  reports,
}: OperationsServerOptions): Promise<FastifyInstance> => {
  const sessions = createSessions(config);
  const app = createApp(report, securityHeaders([]));
  await app.register(fastifyCookie);
  addAuthentication(app, sessions);
  registerHealth(app, checks);
  registerMetrics(app, reports);
  app.setNotFoundHandler((request, reply) => sendFailure(notFound(request), request, reply));
  return app;
};
