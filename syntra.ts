/** The roles of one process, put together: this is where the parts of the pipeline meet, and nowhere else. */
import { join } from 'node:path';
import type { Ingest } from './ingest/ingest.ts';
import { pausable } from './kernel/backup/pausable-log.ts';
import type { Config, Role } from './kernel/config.ts';
import { type DiskSpace, watchDiskSpace } from './kernel/disk-space.ts';
import type { Log } from './kernel/log/log.ts';
import { observePipeline } from './kernel/own-telemetry/observe-pipeline.ts';
import { type OwnTelemetry, type Report, startOwnTelemetry } from './kernel/own-telemetry/own-telemetry.ts';
import { reasonOf } from './kernel/reason-of.ts';
import type { StoreReport } from './kernel/reports/instance-report.ts';
import { startReports } from './kernel/reports/publish-reports.ts';
import type { Stops } from './kernel/stops.ts';
import {
  enginesOf,
  isEmbedded,
  isWhollyEmbedded,
  needsStores,
  openLog,
  openStores,
  type Stores,
} from './kernel/stores.ts';
import { defaultTenant, ownTenant } from './kernel/tenants.ts';
import program from './package.json' with { type: 'json' };

export interface Address {
  readonly port: number;
  readonly url: string;
}

/** Where this process listens; a role that it does not have listens nowhere. */
export interface Addresses {
  readonly http: Address;
  readonly otlpHttp?: Address;
  readonly otlpGrpc?: Address;
}

/**
 * Ready for data and for people once resolved. What ends it again is on `onStop`, the newest first, as it is started:
 * it refuses what is new, finishes what was accepted, and ends everything else.
 */
export const startSyntra = async (config: Config, print: Report, onStop: Stops['add']): Promise<Addresses> => {
  const has = (role: Role): boolean => config.roles.includes(role);
  const disk = isEmbedded(config)
    ? await watchDiskSpace({ directory: config.dataDir, report: (sentence) => print('warn', sentence) })
    : undefined;
  onStop(async () => disk?.close());
  let report = print;
  const openOwn = async () => {
    const log = await openLog(config, disk, print, onStop);
    const own = startOwnTelemetry({ log, tenant: ownTenant, retentionDays: 7, version: program.version, print });
    onStop(() => own.close());
    report = own.report;
    return { log, own };
  };
  // All at once: the log has a thread and PostgreSQL has processes, and meanwhile Node reads the code of the roles.
  const [{ log, own }, stores] = await Promise.all([
    openOwn(),
    needsStores(config.roles) ? openStores(config, (...said) => report(...said), onStop) : undefined,
    readCode(config.roles),
  ]);
  const ingestKey = stores && (await beginState(config, stores, log));
  const standing = pausable(log);
  const processors =
    stores && has('processors')
      ? await (await import('./processors/processors.ts')).startProcessors(
          { log: standing.log, ...stores },
          own,
          onStop,
        )
      : [];
  performance.mark('processors');
  if (stores && isWhollyEmbedded(config)) {
    const { serveBackups } = await import('./kernel/backup/socket.ts');
    const source = { dataDir: config.dataDir, version: program.version, processors: standing, ...stores };
    const backups = await serveBackups(source, own.report);
    onStop(() => backups.close());
  }
  const ingest = has('ingest') ? await startIngestOf(config, log, disk, own, onStop) : undefined;
  const pings = pingsOf(log, stores);
  const reports = startReports({
    log,
    roles: config.roles,
    version: program.version,
    processors: () => processors,
    ingest: () => ingest?.report() ?? null,
    disk: () => disk?.report() ?? null,
    stores: () => pings.map(([name, ping]) => ({ name, engine: enginesOf(config)[name], ping })),
    onStoreAway: (store, error) => own.report('warn', `The ${store} store does not answer`, { cause: reasonOf(error) }),
    onFault: (error) => own.report('error', 'The report of this process could not be made', { cause: reasonOf(error) }),
  });
  onStop(() => reports.stop());
  observePipeline(own.meter, log, processors);
  const operations = {
    checks: {
      ...Object.fromEntries(pings),
      ...(disk && { disk: async () => disk.isLow() && 'nearly full' }),
      ...(ingest && { ingest: ingest.notReady }),
    },
    reports,
  };
  const otlp = {
    otlpHttp: addressOf(config.host, ingest?.httpPort ?? config.otlpHttpPort),
    otlpGrpc: addressOf(config.host, ingest?.grpcPort ?? config.otlpGrpcPort),
  };
  const http =
    stores && has('api')
      ? await (await import('./api/api.ts')).startApi({
          config,
          host: config.host,
          port: config.port,
          log,
          telemetry: stores.telemetry,
          ...(await pagesOf(stores, ingestKey)),
          dependencies: operations.checks,
          reports,
          ingest: {
            otlpHttpUrl: config.otlpHttpUrl ?? otlp.otlpHttp.url,
            otlpGrpcUrl: config.otlpGrpcUrl ?? otlp.otlpGrpc.url,
            keyOptional: config.loopback,
          },
          report: own.report,
          tracing: { tracer: own.tracer, ownProject: ownTenant.project },
        })
      : await (await import('./api/http/operations-server.ts')).startOperationsServer({
          config,
          report: own.report,
          ...operations,
        });
  // The way in first, however long somebody looks at a page; draining it once more does nothing.
  onStop(async () => {
    await ingest?.drain();
    await http.close();
  });
  performance.mark('listening');
  own.report('debug', 'Syntra started', {
    version: program.version,
    port: http.port,
    roles: config.roles.join(' '),
    ...millisecondsOfStart(),
  });
  return { http: addressOf(config.host, http.port), ...(ingest && otlp) };
};

/** Of these roles and no other: a process has no use for the memory that the code of the others takes. */
const readCode = (roles: Config['roles']): Promise<unknown> =>
  Promise.all([
    needsStores(roles) && import('./kernel/state/bootstrap.ts'),
    roles.includes('ingest') && import('./ingest/ingest.ts'),
    roles.includes('processors') && import('./processors/processors.ts'),
    roles.includes('api') ? import('./api/api.ts') : import('./api/http/operations-server.ts'),
  ]);

const beginState = async (config: Config, { database }: Stores, log: Log): Promise<string | undefined> => {
  const { bootstrap } = await import('./kernel/state/bootstrap.ts');
  const ingestKey = await bootstrap({ database, log, ...firstKey(config) });
  performance.mark('bootstrap');
  return ingestKey;
};

const pagesOf = async ({ database: { queries } }: Stores, ingestKey: string | undefined) => {
  const { countOpenLetters } = await import('./kernel/state/filed-letters.ts');
  const { openDeadLetterPages } = await import('./kernel/state/letter-pages.ts');
  const { openProjects } = await import('./kernel/state/projects.ts');
  return {
    projects: openProjects(queries, ingestKey),
    deadLetters: openDeadLetterPages(queries),
    countOpenDeadLetters: () => countOpenLetters(queries),
  };
};

/** When each part was there, since the process began: what of a slow start is slow. */
const millisecondsOfStart = (): Record<string, number> =>
  Object.fromEntries(
    performance.getEntriesByType('mark').map((mark) => [`${mark.name}_ms`, Math.round(mark.startTime)]),
  );

const pingsOf = (log: Log, stores: Stores | undefined): [StoreReport['name'], () => Promise<void>][] => [
  ['log', () => log.ping()],
  ...(stores
    ? ([
        ['telemetry', () => stores.telemetry.ping()],
        ['state', () => stores.database.ping()],
      ] satisfies [StoreReport['name'], () => Promise<void>][])
    : []),
];

const firstKey = ({ ingestKey, postgres, dataDir, retentionDays }: Config) => ({
  ingestKey,
  // A database that others share outlives this machine, and so must its keys.
  keyFile: postgres === undefined ? join(dataDir, 'ingest-key') : undefined,
  retentionDays,
});

const startIngestOf = async (
  config: Config,
  log: Log,
  disk: DiskSpace | undefined,
  own: OwnTelemetry,
  onStop: Stops['add'],
): Promise<Ingest> => {
  const { startIngest } = await import('./ingest/ingest.ts');
  const { observeIngest } = await import('./ingest/observe-ingest.ts');
  const ingest = await startIngest({
    log,
    host: config.host,
    httpPort: config.otlpHttpPort,
    grpcPort: config.otlpGrpcPort,
    maxRequestBytes: config.maxRequestBytes,
    drainDelayMs: config.drainDelayMs,
    refuseWhile: () => disk?.refusal(),
    keyless: config.loopback ? { ...defaultTenant, retentionDays: config.retentionDays } : undefined,
    onFault: ({ message, cause, count }) => own.report('error', message, { cause: reasonOf(cause), requests: count }),
  });
  onStop(() => ingest.drain());
  observeIngest(own.meter, ingest.counters);
  return ingest;
};

const addressOf = (host: string, port: number): Address => ({
  port,
  // An address that listens everywhere is none that a sender could use.
  url: `http://${host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${port}`,
});
