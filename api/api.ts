/** The way out: the API and the explorer, one port, one origin. */
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Reports } from '../kernel/reports/publish-reports.ts';
import { createHandlers, type HandlerDependencies } from './handlers.ts';
import { watchPipeline } from './pipeline/watch-pipeline.ts';
import { buildServer, type ServerOptions } from './server.ts';

export interface ApiOptions
  extends Omit<HandlerDependencies, 'now' | 'pipeline'>,
    Pick<ServerOptions, 'config' | 'dependencies' | 'report' | 'tracing'> {
  /** What this process says of itself. */
  readonly reports: Reports;
  readonly countOpenDeadLetters: () => Promise<number>;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
}

export interface Api {
  readonly port: number;
  /** Refuses what is new and gives answers under way a moment to end. */
  close(): Promise<void>;
}

/** @throws when the port is taken */
export const startApi = async (options: ApiOptions): Promise<Api> => {
  const { log, telemetry, projects, reports, countOpenDeadLetters, host, port } = options;
  const pipeline = watchPipeline({ log, latest: reports.latest, countOpenDeadLetters, now: Date.now });
  const server = await buildServer({
    ...options,
    handlers: createHandlers({ ...options, pipeline, now: Date.now }),
    live: { log, telemetry },
    projects,
    explorerDirectory: join(import.meta.dirname, '../ui/build'),
  });
  server.addHook('onClose', () => pipeline.close());
  try {
    await server.listen({ host, port });
  } catch (error) {
    await server.close();
    throw error;
  }
  return { port: (server.server.address() as AddressInfo).port, close: () => closeSoon(server) };
};

/** Browsers open connections ahead of need, and Node would wait for a request on each of them. */
const closeSoon = async (server: FastifyInstance): Promise<void> => {
  const deadline = setTimeout(() => server.server.closeAllConnections(), answerGraceMs);
  await server.close();
  clearTimeout(deadline);
};

/** For answers under way: what people read they can ask for again. */
const answerGraceMs = 3_000;
