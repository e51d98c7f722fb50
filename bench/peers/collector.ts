/**
 * The OpenTelemetry Collector: built once, of the sources in `collector/`, and kept in the user's cache; started with
 * the settings that its documentation recommends for each of the two hops.
 */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, cachedAt, isHere, run } from '../../ingest/interop/toolchain.ts';
import { type Child, startChild } from './child.ts';

const sources = join(import.meta.dirname, 'collector');

/** @returns the program; undefined, and why is printed, when it is not built and cannot or must not be built now */
export const findCollector = async ({ mayBuild }: { readonly mayBuild: boolean }): Promise<string | undefined> => {
  const built = cachedAt(name, sources);
  if (!existsSync(built)) {
    if (!mayBuild) {
      console.log('The Collector is not built: run this without --quick once, which takes minutes and needs Go.');
      return undefined;
    }
    const go = {
      name: 'Go, which the Collector is built with',
      probes: [['go', '-C', sources, 'version']] as const,
      howToGet: 'install Go 1.26 or later, from go.dev or from your distribution.',
    };
    if (!isHere(go)) return undefined;
    await cached(name, sources, async (into) => {
      await run('go', ['build', '-trimpath', '-ldflags=-s -w', '-o', join(into, 'collector'), '.'], { cwd: sources });
    });
  }
  return join(built, 'collector');
};

const name = 'peers-collector';

export interface CollectorPaths {
  readonly program: string;
  /** Where its settings are written to. */
  readonly directory: string;
}

export interface StoreHop {
  readonly broker: string;
  readonly topic: string;
  readonly clickhouseUrl: string;
  readonly database: string;
  readonly compress: 'lz4' | 'none';
}

/**
 * Kafka to ClickHouse. Batches in the sending queue, as the exporter's README says, of the size of our own inserts; a
 * queue that blocks rather than drops; offsets are committed when the queue has the data. Fetches of more than a
 * megabyte.
 */
export const startStoringCollector = (paths: CollectorPaths, hop: StoreHop): Promise<Child> =>
  startCollector(paths, `store-${hop.compress}`, {
    receivers: {
      kafka: {
        brokers: [hop.broker],
        traces: { topics: [hop.topic], encoding: 'otlp_proto' },
        group_id: `collector-${hop.compress}`,
        initial_offset: 'earliest',
        max_fetch_size: 16 * 2 ** 20,
        max_partition_fetch_size: 4 * 2 ** 20,
        message_marking: { after: true, on_error: false },
      },
    },
    exporters: {
      clickhouse: {
        endpoint: hop.clickhouseUrl,
        database: hop.database,
        compress: hop.compress,
        timeout: '60s',
        sending_queue: {
          num_consumers: 2,
          queue_size: 400_000,
          sizer: 'items',
          block_on_overflow: true,
          batch: { min_size: rowsPerInsert, max_size: 2 * rowsPerInsert, flush_timeout: '1s' },
        },
      },
    },
    service: pipeline('kafka', 'clickhouse'),
  });

const rowsPerInsert = 50_000;

export interface IngestHop {
  readonly broker: string;
  readonly topic: string;
  readonly httpEndpoint: string;
  /** queue: answered once it is in memory, as by default. broker: answered once the broker has it. */
  readonly answersAfter: 'queue' | 'broker';
}

/** OTLP/HTTP to Kafka. One request is one message. */
export const startIngestingCollector = (paths: CollectorPaths, hop: IngestHop): Promise<Child> =>
  startCollector(paths, `ingest-${hop.answersAfter}`, {
    receivers: { otlp: { protocols: { http: { endpoint: hop.httpEndpoint } } } },
    exporters: {
      kafka: {
        brokers: [hop.broker],
        traces: { topic: hop.topic, encoding: 'otlp_proto' },
        producer: { compression: 'zstd', required_acks: -1, max_message_bytes: 16 * 2 ** 20 },
        sending_queue: hop.answersAfter === 'queue' ? { queue_size: 10_000 } : { enabled: false },
      },
    },
    service: pipeline('otlp', 'kafka'),
  });

const pipeline = (receiver: string, exporter: string) => ({
  telemetry: { metrics: { level: 'none' }, logs: { level: 'info' } },
  pipelines: { traces: { receivers: [receiver], exporters: [exporter] } },
});

/** JSON is YAML. */
const startCollector = async ({ program, directory }: CollectorPaths, name: string, settings: object) => {
  const file = join(directory, `collector-${name}.yaml`);
  await writeFile(file, JSON.stringify(settings));
  return startChild(program, ['--config', `file:${file}`], 'Everything is ready');
};
