/** Rotel, a data plane in Rust, where somebody has installed it: Kafka to ClickHouse, in batches of the Collector's size. */
import { spawnSync } from 'node:child_process';
import { type Child, startChild } from './child.ts';
import type { StoreHop } from './collector.ts';

export const isRotelHere = (): boolean => {
  const isHere = spawnSync('rotel', ['--version'], { stdio: 'ignore' }).status === 0;
  if (!isHere) console.log('There is no rotel on the PATH: without it.');
  return isHere;
};

/** Its tables must be there: it makes none. */
export const startRotel = ({ broker, topic, clickhouseUrl, database, compress }: StoreHop): Promise<Child> => {
  const settings = {
    receiver: 'kafka',
    'kafka-receiver-brokers': broker,
    'kafka-receiver-traces-topic': topic,
    'kafka-receiver-group-id': 'rotel',
    'kafka-receiver-auto-offset-reset': 'earliest',
    'kafka-receiver-max-partition-fetch-bytes': 4 * 2 ** 20,
    exporter: 'clickhouse',
    'clickhouse-exporter-endpoint': clickhouseUrl,
    'clickhouse-exporter-database': database,
    'clickhouse-exporter-compression': compress,
    'clickhouse-exporter-request-timeout': '60s',
    'batch-max-size': 50_000,
    'batch-timeout': '1s',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return startChild('rotel', ['start', '--kafka-receiver-traces', ...args], '\n');
};
