/** The stores that a world has as servers, and the settings by which the program finds them. */
import { startKafka, type TestKafka } from '../../kernel/log/test-kafka.ts';
import { startPostgres, type TestPostgres } from '../../kernel/state/test-postgres.ts';
import { collectStops } from '../../kernel/stops.ts';
import { startClickHouse, type TestClickHouse } from '../../kernel/telemetry/test-clickhouse.ts';
import { openRelay } from './relay.ts';
import type { Mode } from './world.ts';

/** What a row asks for besides what its mode needs. */
export interface StoresWanted {
  /** Of the log, in the distributed mode. Default: 1. */
  readonly brokers?: 1 | 3;
  /** An address of this machine at which they are all to be reached. Default: loopback. */
  readonly host?: string;
}

export interface Stores {
  readonly settings: Readonly<Record<string, string>>;
  readonly kafka: TestKafka | undefined;
  readonly clickhouse: TestClickHouse | undefined;
  readonly postgres: TestPostgres | undefined;
  /** With the database in it; undefined where the telemetry store is embedded. */
  readonly clickhouseUrl: string | undefined;
  close(): Promise<void>;
}

const none: Stores = {
  settings: {},
  kafka: undefined,
  clickhouse: undefined,
  postgres: undefined,
  clickhouseUrl: undefined,
  close: async () => {},
};

export const openStores = async (mode: Mode, wanted: StoresWanted = {}): Promise<Stores> => {
  if (mode === 'embedded') return none;
  const { host = loopback } = wanted;
  const stops = collectStops();
  try {
    const clickhouse = await startClickHouse();
    stops.add(clickhouse.stop);
    const postgres = await startPostgres();
    stops.add(async () => {
      // A row may have failed while it was paused.
      await postgres.resume().catch(() => {});
      await postgres.stop();
    });
    const kafka = mode === 'distributed' ? await startKafka({ host, brokers: wanted.brokers ?? 1 }) : undefined;
    if (kafka) stops.add(kafka.stop);
    const reachable = async (url: string): Promise<string> => {
      if (host === loopback) return url;
      const relay = await openRelay(host, Number(new URL(url).port));
      stops.add(relay.close);
      return url.replace(/127\.0\.0\.1:\d+/, `${host}:${relay.port}`);
    };
    return {
      settings: {
        ...(kafka && { SYNTRA_KAFKA_BROKERS: kafka.bootstrap.join() }),
        SYNTRA_CLICKHOUSE_URL: await reachable(clickhouse.url),
        SYNTRA_CLICKHOUSE_DATABASE: database,
        SYNTRA_POSTGRES_URL: await reachable(postgres.config.url),
        ...(postgres.config.password && { SYNTRA_POSTGRES_PASSWORD: postgres.config.password }),
      },
      kafka,
      clickhouse,
      postgres,
      clickhouseUrl: `${clickhouse.url}/?database=${database}`,
      close: stops.run,
    };
  } catch (error) {
    await stops.run().catch(() => {});
    throw error;
  }
};

const loopback = '127.0.0.1';
const database = 'syntra_faults';
