/** All roles in one process, put together: this is where the parts of the pipeline meet, and nowhere else. */
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { createHandlers } from './api/handlers.ts';
import { buildServer } from './api/server.ts';
import { startIngest } from './ingest/ingest.ts';
import { observeIngest } from './ingest/observe-ingest.ts';
import type { Config } from './kernel/config.ts';
import { openEmbeddedLog } from './kernel/log/embedded.ts';
import type { Log } from './kernel/log/log.ts';
import { type ObservedProcessor, observePipeline } from './kernel/own-telemetry/observe-pipeline.ts';
import { type OwnTelemetry, type Report, startOwnTelemetry } from './kernel/own-telemetry/own-telemetry.ts';
import { runDecider } from './kernel/runner/decider.ts';
import { countingMeter } from './kernel/runner/meter.ts';
import { runSink } from './kernel/runner/sink.ts';
import { bootstrap, defaultTenant, ownTenant } from './kernel/state/bootstrap.ts';
import { type Database, openDatabase } from './kernel/state/database.ts';
import { startEmbeddedPostgres } from './kernel/state/embedded.ts';
import { openProjects } from './kernel/state/projects.ts';
import { collectStops, type Stops } from './kernel/stops.ts';
import type { Telemetry } from './kernel/telemetry/client.ts';
import { openEmbeddedTelemetry } from './kernel/telemetry/embedded.ts';
import { migrateTelemetry } from './kernel/telemetry/migrate.ts';
import program from './package.json' with { type: 'json' };
import { registerServices } from './processors/register-services.ts';
import { storeLogs } from './processors/store-logs.ts';
import { storeMetrics } from './processors/store-metrics.ts';
import { storeSpans } from './processors/store-spans.ts';

export interface Address {
  readonly port: number;
  readonly url: string;
}

export interface Addresses {
  readonly http: Address;
  readonly otlpHttp: Address;
  readonly otlpGrpc: Address;
}

export interface Syntra {
  readonly addresses: Addresses;
  /** Refuses what is new, finishes what was accepted, and ends everything that was started. */
  stop(): Promise<void>;
}

/** Ready for data and for people once resolved. What was started before a failure is stopped again. */
export const startSyntra = async (config: Config, print: Report): Promise<Syntra> => {
  const stops = collectStops();
  try {
    const addresses = await startAll(config, print, stops.add);
    return { addresses, stop: stops.run };
  } catch (error) {
    // Why it did not start is worth more than why it could not be ended.
    await stops.run().catch(() => {});
    throw error;
  }
};

const startAll = async (config: Config, print: Report, onStop: Stops['add']): Promise<Addresses> => {
  const log = await openEmbeddedLog({
    directory: config.dataDir,
    // Nothing works without the log, and only a new process has a new one: this one ends, and says why.
    onDeath: (error) => {
      throw error;
    },
  });
  onStop(() => log.close());
  const own = startOwnTelemetry({ log, tenant: ownTenant, retentionDays: 7, version: program.version, print });
  onStop(() => own.close());
  const opening = [openTelemetry(config.dataDir, onStop), openState(config.dataDir, own.report, onStop)] as const;
  // Both to their end, so that what one has opened is closed when the other fails.
  await Promise.allSettled(opening);
  const [telemetry, database] = await Promise.all(opening);
  const ingestKey = await bootstrap({ database, log, dataDir: config.dataDir, retentionDays: config.retentionDays });
  const processors = await startProcessors({ log, telemetry, database, own }, onStop);
  observePipeline(own.meter, log, processors);
  const ingest = await startIngest({
    log,
    host: config.host,
    httpPort: config.otlpHttpPort,
    grpcPort: config.otlpGrpcPort,
    maxRequestBytes: config.maxRequestBytes,
    keyless: config.loopback ? { ...defaultTenant, retentionDays: config.retentionDays } : undefined,
    onFault: ({ message, cause, count }) => own.report('error', message, { cause: String(cause), requests: count }),
  });
  onStop(() => ingest.drain());
  observeIngest(own.meter, ingest.counters);
  const addresses = {
    otlpHttp: addressOf('http', config.host, ingest.httpPort),
    otlpGrpc: addressOf('http', config.host, ingest.grpcPort),
  };
  const projects = openProjects(database.queries, ingestKey);
  const handlers = createHandlers({
    telemetry,
    projects,
    log,
    sinks: processors.flatMap(({ figures, topics }) =>
      topics.filter((topic) => topic.startsWith('otlp.')).map((topic) => ({ group: figures.name, topic })),
    ),
    ingest: {
      otlpHttpUrl: addresses.otlpHttp.url,
      otlpGrpcUrl: addresses.otlpGrpc.url,
      keyOptional: config.loopback,
      ofProject: (project) => ingest.counters.ofProject(project),
    },
    now: Date.now,
  });
  const server = await buildServer({
    config,
    projects,
    handlers,
    report: own.report,
    live: { log, telemetry },
    tracing: { tracer: own.tracer, ownProject: ownTenant.project },
    dependencies: { log: () => log.ping(), telemetry: () => telemetry.ping(), state: () => database.ping() },
    explorerDirectory: join(import.meta.dirname, 'ui', 'build'),
  });
  // The way in first, however long somebody looks at a page; draining it once more does nothing.
  onStop(() => ingest.drain().then(() => closeSoon(server)));
  await server.listen({ host: config.host, port: config.port });
  const { port } = server.server.address() as AddressInfo;
  own.report('debug', 'Syntra started', { version: program.version, port });
  return { ...addresses, http: addressOf('http', config.host, port) };
};

/** Browsers open connections ahead of need, and Node would wait for a request on each of them. */
const closeSoon = async (server: FastifyInstance): Promise<void> => {
  const deadline = setTimeout(() => server.server.closeAllConnections(), answerGraceMs);
  await server.close();
  clearTimeout(deadline);
};

/** For answers under way: what people read they can ask for again. */
const answerGraceMs = 3_000;

const openTelemetry = async (dataDir: string, onStop: Stops['add']): Promise<Telemetry> => {
  const telemetry = await openEmbeddedTelemetry({ directory: dataDir });
  onStop(() => telemetry.close());
  await migrateTelemetry(telemetry);
  return telemetry;
};

const openState = async (dataDir: string, report: Report, onStop: Stops['add']): Promise<Database> => {
  const postgres = await startEmbeddedPostgres({ dataDir, report: (sentence) => report('error', sentence) });
  onStop(() => postgres.stop());
  const database = await openDatabase(postgres.connection);
  onStop(() => database.close());
  return database;
};

interface Stores {
  readonly log: Log;
  readonly telemetry: Telemetry;
  readonly database: Database;
  readonly own: OwnTelemetry;
}

/** Every processor there is, started. A new one is one line here. */
const startProcessors = async (
  { log, telemetry, database, own }: Stores,
  onStop: Stops['add'],
): Promise<readonly ObservedProcessor[]> => {
  const cut = own.meter.createCounter('syntra.records.cut', { unit: '{record}' });
  const countCut = (signal: string) => (records: number) => cut.add(records, { signal });
  const sinks = [
    storeSpans(telemetry, countCut('traces')),
    storeLogs(telemetry, countCut('logs')),
    storeMetrics(telemetry, countCut('metrics')),
  ];
  const deciders = [registerServices];
  const observed: ObservedProcessor[] = [];
  const meterOf = (name: string, topics: readonly string[]) => {
    const { meter, figures } = countingMeter(name, (message) => own.report('warn', message));
    observed.push({ figures, topics });
    return meter;
  };
  for (const sink of sinks) onStop(await runSink({ sink, log, meter: meterOf(sink.name, [sink.reads.name]) }));
  for (const decider of deciders) {
    const topics = decider.reads.map(({ name }) => name);
    onStop(await runDecider({ decider, log, database, meter: meterOf(decider.name, topics) }));
  }
  return observed;
};

const addressOf = (scheme: string, host: string, port: number): Address => ({
  port,
  // An address that listens everywhere is none that a sender could use.
  url: `${scheme}://${host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${port}`,
});
