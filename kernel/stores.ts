/** The three stores, each the embedded one or the one that the settings name; brought up to date, and closed at the end. */
import type { Config } from './config.ts';
import type { DiskSpace } from './disk-space.ts';
import { openEmbeddedLog } from './log/embedded.ts';
import type { Log } from './log/log.ts';
import type { Report } from './own-telemetry/own-telemetry.ts';
import { type Database, openDatabase } from './state/database.ts';
import { startEmbeddedPostgres } from './state/embedded.ts';
import type { Stops } from './stops.ts';
import type { Telemetry } from './telemetry/client.ts';
import { openEmbeddedTelemetry } from './telemetry/embedded.ts';
import { migrateTelemetry } from './telemetry/migrate.ts';
import { openTelemetryServer } from './telemetry/server.ts';

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

/** Ingest needs the log alone. */
export const needsStores = (roles: Config['roles']): boolean => roles.includes('processors') || roles.includes('api');

/** @param disk of the data directory; undefined where nothing is kept there. */
export const openLog = async (
  config: Config,
  disk: DiskSpace | undefined,
  print: Report,
  onStop: Stops['add'],
): Promise<Log> => {
  const log = await openEmbeddedLog({
    directory: config.dataDir,
    ...(disk && { disk }),
    report: (sentence) => print('error', sentence),
    // Nothing works without the log, and only a new process has a new one: this one ends, and says why.
    onDeath: (error) => {
      throw error;
    },
  });
  onStop(() => log.close());
  return log;
};

/** @throws OperatorError when a store cannot be used; what was opened until then is on `onStop`. */
export const openStores = async (config: Config, report: Report, onStop: Stops['add']): Promise<Stores> => {
  const opening = [openTelemetry(config, onStop), openState(config, report, onStop)] as const;
  // Both to their end, so that what one has opened is closed when the other fails.
  await Promise.allSettled(opening);
  const [telemetry, database] = await Promise.all(opening);
  await migrateTelemetry(telemetry);
  return { telemetry, database };
};

const openTelemetry = async ({ clickhouse, dataDir }: Config, onStop: Stops['add']): Promise<Telemetry> => {
  const telemetry =
    clickhouse === undefined
      ? await openEmbeddedTelemetry({ directory: dataDir })
      : await openTelemetryServer(clickhouse);
  onStop(() => telemetry.close());
  return telemetry;
};

const openState = async (config: Config, report: Report, onStop: Stops['add']): Promise<Database> => {
  const postgres = await startEmbeddedPostgres({
    dataDir: config.dataDir,
    report: (sentence) => report('error', sentence),
  });
  onStop(() => postgres.stop());
  const database = await openDatabase(postgres.connection);
  onStop(() => database.close());
  return database;
};
