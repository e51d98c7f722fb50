/**
 * The three stores, each the embedded one or the one that the settings name; brought up to date, and closed at the end.
 * An adapter is loaded when it is chosen: the engine of the embedded telemetry store alone takes more memory than all the
 * rest of a process.
 */
import type { Config } from './config.ts';
import type { DiskSpace } from './disk-space.ts';
import type { Log } from './log/log.ts';
import type { Report } from './own-telemetry/own-telemetry.ts';
import type { Database } from './state/database.ts';
import type { Stops } from './stops.ts';
import type { Telemetry } from './telemetry/client.ts';

export interface Stores {
  readonly telemetry: Telemetry;
  readonly database: Database;
}

/** What the operator calls each of them. */
export const enginesOf = ({ kafka, clickhouse, postgres }: Config) =>
  ({
    log: kafka === undefined ? 'SQLite' : 'Kafka',
    telemetry: clickhouse === undefined ? 'chDB' : 'ClickHouse',
    state: postgres === undefined ? 'private PostgreSQL' : 'PostgreSQL',
  }) as const;

/** True when some store keeps its files in the data directory of this process. */
export const isEmbedded = ({ roles, kafka, clickhouse, postgres }: Config): boolean =>
  kafka === undefined || (needsStores(roles) && (clickhouse === undefined || postgres === undefined));

/** True when the data directory holds everything: what a backup is taken of. */
export const isWhollyEmbedded = ({
  kafka,
  clickhouse,
  postgres,
}: Pick<Config, 'kafka' | 'clickhouse' | 'postgres'>): boolean =>
  kafka === undefined && clickhouse === undefined && postgres === undefined;

/** Ingest needs the log alone. */
export const needsStores = (roles: Config['roles']): boolean => roles.includes('processors') || roles.includes('api');

/** @param disk of the data directory; undefined where nothing is kept there. */
export const openLog = async (
  { kafka, dataDir }: Config,
  disk: DiskSpace | undefined,
  print: Report,
  onStop: Stops['add'],
): Promise<Log> => {
  const log =
    kafka === undefined
      ? await (await import('./log/embedded.ts')).openEmbeddedLog({
          directory: dataDir,
          ...(disk && { disk }),
          report: (sentence) => print('error', sentence),
          // Nothing works without the log, and only a new process has a new one: this one ends, and says why.
          onDeath: (error) => {
            throw error;
          },
        })
      : await tellingOfTheWait(
          `Kafka at ${kafka.brokers.join(', ')}`,
          print,
          (await import('./log/kafka.ts')).openKafkaLog({
            kafka,
            onTrouble: ({ message }) => print('warn', message),
          }),
        );
  onStop(() => log.close());
  performance.mark('log');
  return log;
};

/** @throws OperatorError when a store cannot be used; what was opened until then is on `onStop`. */
export const openStores = async (config: Config, report: Report, onStop: Stops['add']): Promise<Stores> => {
  // What one has opened when the other fails ends as it is put on `onStop`. State first: a private PostgreSQL starts in
  // processes of its own, and chDB in this one.
  const opening = openState(config, report, onStop);
  const [database, telemetry] = await Promise.all([
    opening,
    openTelemetry(config, report, onStop).then(async (telemetry) => {
      const { migrateTelemetry } = await import('./telemetry/migrate.ts');
      const migrate = () => migrateTelemetry(telemetry, { report: (sentence) => report('info', sentence) });
      // Processes that share a server and start together wait for the first of them.
      if (config.clickhouse === undefined) await migrate();
      else await (await opening).exclusively('telemetry tables', migrate);
      performance.mark('tables');
      return telemetry;
    }),
  ]);
  return { telemetry, database };
};

const openTelemetry = async (
  { clickhouse, dataDir }: Config,
  report: Report,
  onStop: Stops['add'],
): Promise<Telemetry> => {
  const onSkippedView = (reason: string) =>
    report('error', 'A view did without rows that its table has, and counts too little', { reason });
  const telemetry =
    clickhouse === undefined
      ? await (await import('./telemetry/embedded.ts')).openEmbeddedTelemetry({
          directory: dataDir,
          onSkippedView,
          report: (sentence) => report('warn', sentence),
        })
      : await tellingOfTheWait(
          `ClickHouse at ${new URL(clickhouse.url).host}`,
          report,
          (await import('./telemetry/server.ts')).openTelemetryServer(clickhouse, { onSkippedView }),
        );
  onStop(() => telemetry.close());
  performance.mark('telemetry');
  return telemetry;
};

const openState = async ({ postgres, dataDir }: Config, report: Report, onStop: Stops['add']): Promise<Database> => {
  const database =
    postgres === undefined
      ? await openPrivateDatabase(dataDir, report, onStop)
      : await tellingOfTheWait(
          `PostgreSQL at ${new URL(postgres.url).host}`,
          report,
          (await import('./state/server.ts')).openDatabaseServer(postgres),
        );
  onStop(() => database.close());
  performance.mark('state');
  return database;
};

const openPrivateDatabase = async (dataDir: string, report: Report, onStop: Stops['add']): Promise<Database> => {
  const { startEmbeddedPostgres } = await import('./state/embedded.ts');
  // Read while the server starts.
  const client = import('./state/database.ts');
  const postgres = await startEmbeddedPostgres({ dataDir, report: (sentence) => report('error', sentence) });
  onStop(() => postgres.stop());
  return (await client).openDatabase(postgres.connection);
};

const quietMs = 3_000;

/** A start waits up to a minute for a server that is starting, too. Who looks on should know for which. */
const tellingOfTheWait = async <Store>(what: string, report: Report, opening: Promise<Store>): Promise<Store> => {
  const timer = setTimeout(() => report('info', `Waiting for ${what}…`), quietMs);
  try {
    return await opening;
  } finally {
    clearTimeout(timer);
  }
};
