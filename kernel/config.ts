/** Every setting there is, and the only reader of `process.env`. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { ConfigError } from './config-error.ts';
import {
  type ClickHouseConfig,
  clickhouseOf,
  type KafkaConfig,
  kafkaOf,
  type PostgresConfig,
  postgresOf,
  storeSettings,
} from './config-stores.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a process does. One that is told nothing does everything. */
export const roles = ['ingest', 'processors', 'api'] as const;
export type Role = (typeof roles)[number];

export interface Config {
  readonly roles: readonly Role[];
  /** undefined: the embedded log, and so on for the next two. */
  readonly kafka: KafkaConfig | undefined;
  readonly clickhouse: ClickHouseConfig | undefined;
  readonly postgres: PostgresConfig | undefined;
  /** The default project's first key, where the operator chose one. */
  readonly ingestKey: string | undefined;
  /** Where senders reach ingest, as the explorer shows it; undefined: where this process listens. */
  readonly otlpHttpUrl: string | undefined;
  readonly otlpGrpcUrl: string | undefined;
  /** How long /readyz says no before connections are refused: time for load balancers to notice. */
  readonly drainDelayMs: number;
  /** Where the embedded stores keep their files. */
  readonly dataDir: string;
  readonly host: string;
  /** The explorer and the API. 0 takes any free port, here and below. */
  readonly port: number;
  readonly otlpHttpPort: number;
  readonly otlpGrpcPort: number;
  /** What people sign in with until accounts exist; undefined, on loopback alone, means that nobody needs to. */
  readonly adminToken: string | undefined;
  /** Days that telemetry of the default project is kept. */
  readonly retentionDays: number;
  /** Largest OTLP request after decompression. */
  readonly maxRequestBytes: number;
  /** True when only this machine can reach us: what is safe to allow without a key follows from it. */
  readonly loopback: boolean;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** True when npm runs us, which ends at a signal without passing it on. */
  readonly startedByNpm: boolean;
  /** Variables that look like settings and are none: misspelt, most likely. */
  readonly unknown: readonly string[];
}

const number = () => z.coerce.number('use a number').int('use a whole number');
const port = number().min(0, 'use 0 to 65535').max(65_535, 'use 0 to 65535');

const settings = z.object({
  ...storeSettings.shape,
  SYNTRA_INGEST_KEY: z
    .string()
    .regex(/^syn_[0-9a-f]{40}$/, 'it should be syn_ and 40 hexadecimal digits')
    .optional(),
  SYNTRA_OTLP_HTTP_URL: z.url().optional(),
  SYNTRA_OTLP_GRPC_URL: z.url().optional(),
  SYNTRA_DRAIN_DELAY_SECONDS: z.coerce
    .number('use a number')
    .min(0, 'use 0 to 300')
    .max(300, 'use 0 to 300')
    .default(0),
  SYNTRA_DATA_DIR: z.string().min(1).default('.syntra'),
  SYNTRA_HOST: z.string().min(1).default('127.0.0.1'),
  SYNTRA_PORT: port.default(3000),
  SYNTRA_OTLP_HTTP_PORT: port.default(4318),
  SYNTRA_OTLP_GRPC_PORT: port.default(4317),
  SYNTRA_ADMIN_TOKEN: z.string().min(16, 'use at least 16 characters').optional(),
  SYNTRA_RETENTION_DAYS: number().min(1, 'use 1 to 3650').max(3650, 'use 1 to 3650').default(30),
  SYNTRA_MAX_REQUEST_BYTES: number()
    .min(1024, 'use 1024 or more')
    .max(2 ** 30, 'use 1073741824 at most')
    .default(64 * 2 ** 20),
  SYNTRA_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error'], 'use debug, info, warn or error').default('info'),
});

/** Settings whose value may also be in a file, named by the same name and `_FILE`, as containers are given secrets. */
const secrets = [
  'SYNTRA_ADMIN_TOKEN',
  'SYNTRA_INGEST_KEY',
  'SYNTRA_KAFKA_PASSWORD',
  'SYNTRA_CLICKHOUSE_PASSWORD',
  'SYNTRA_POSTGRES_PASSWORD',
] as const;

/** Of every variable that is read. */
export const settingNames: readonly string[] = [
  ...Object.keys(settings.shape),
  ...secrets.map((secret) => `${secret}_FILE`),
];

/** @param args of the command line. @throws ConfigError naming the first setting that is wrong and why. */
export const readConfig = (args: readonly string[] = [], env: Environment = process.env): Config => {
  const chosenRoles = readRoles(args);
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = settings.safeParse({ ...present, ...readSecrets(present) });
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new ConfigError(`${issue.path.join('.')} cannot be used: ${issue.message}.`);
  }
  const s = parsed.data;
  const loopback = isLoopback(s.SYNTRA_HOST);
  if (!loopback && s.SYNTRA_ADMIN_TOKEN === undefined) {
    throw new ConfigError(
      `SYNTRA_HOST ${s.SYNTRA_HOST} lets others reach this Syntra: set SYNTRA_ADMIN_TOKEN to a secret of 16 characters or more, which people then sign in with.`,
    );
  }
  for (const role of chosenRoles.length < roles.length ? chosenRoles : []) {
    const missing = storesOf[role].filter((name) => s[name] === undefined);
    if (missing.length > 0) {
      throw new ConfigError(
        `--role ${role} shares its stores with other processes: set ${missing.join(' and ')}. Without --role, one process does everything with stores of its own.`,
      );
    }
  }
  if (s.SYNTRA_KAFKA_BROKERS !== undefined) {
    const missing = storesOf.processors.filter((name) => s[name] === undefined);
    if (chosenRoles.includes('processors') && missing.length > 0) {
      throw new ConfigError(
        `SYNTRA_KAFKA_BROKERS is for several processes, which need the other stores in common, too: set ${missing.join(' and ')}.`,
      );
    }
  }
  if (s.SYNTRA_KAFKA_BROKERS !== undefined && s.SYNTRA_MAX_REQUEST_BYTES > maxKafkaRequestBytes) {
    throw new ConfigError(
      `SYNTRA_MAX_REQUEST_BYTES may be ${maxKafkaRequestBytes} at most with Kafka, whose records have a limit.`,
    );
  }
  return {
    roles: chosenRoles,
    kafka: kafkaOf(s),
    clickhouse: clickhouseOf(s),
    postgres: postgresOf(s),
    ingestKey: s.SYNTRA_INGEST_KEY,
    otlpHttpUrl: s.SYNTRA_OTLP_HTTP_URL,
    otlpGrpcUrl: s.SYNTRA_OTLP_GRPC_URL,
    drainDelayMs: s.SYNTRA_DRAIN_DELAY_SECONDS * 1000,
    dataDir: resolve(s.SYNTRA_DATA_DIR),
    host: s.SYNTRA_HOST,
    port: s.SYNTRA_PORT,
    otlpHttpPort: s.SYNTRA_OTLP_HTTP_PORT,
    otlpGrpcPort: s.SYNTRA_OTLP_GRPC_PORT,
    adminToken: s.SYNTRA_ADMIN_TOKEN,
    retentionDays: s.SYNTRA_RETENTION_DAYS,
    maxRequestBytes: s.SYNTRA_MAX_REQUEST_BYTES,
    loopback,
    logLevel: s.SYNTRA_LOG_LEVEL,
    startedByNpm: present.npm_lifecycle_event !== undefined,
    unknown: Object.keys(present).filter((name) => /^SYNTRA_/.test(name) && !isKnown(name)),
  };
};

/** `--role ingest`, more than once for several; none means all. @throws ConfigError for anything else. */
const readRoles = (args: readonly string[]): readonly Role[] => {
  let chosen: string[];
  try {
    const { values } = parseArgs({ args: [...args], options: { role: { type: 'string', multiple: true } } });
    chosen = values.role ?? [...roles];
  } catch (error) {
    throw new ConfigError(`${(error as Error).message}. Known is --role, with ${roles.join(', ')}.`);
  }
  const unknown = chosen.find((role) => !roles.some((known) => known === role));
  if (unknown !== undefined) throw new ConfigError(`There is no role ${unknown}: choose from ${roles.join(', ')}.`);
  return roles.filter((role) => chosen.includes(role));
};

/** What a topic's `max.message.bytes` leaves room for, were a request not to compress at all. */
const maxKafkaRequestBytes = 64 * 2 ** 20;

type Settings = z.infer<typeof settings>;

/** What a process needs from outside when it does not do everything by itself. */
const storesOf: Readonly<Record<Role, readonly (keyof Settings)[]>> = {
  ingest: ['SYNTRA_KAFKA_BROKERS'],
  processors: ['SYNTRA_KAFKA_BROKERS', 'SYNTRA_CLICKHOUSE_URL', 'SYNTRA_POSTGRES_URL'],
  api: ['SYNTRA_KAFKA_BROKERS', 'SYNTRA_CLICKHOUSE_URL', 'SYNTRA_POSTGRES_URL'],
};

const readSecrets = (present: Environment): Record<string, string> =>
  Object.fromEntries(
    secrets.flatMap((name) => {
      const path = present[`${name}_FILE`];
      if (path === undefined) return [];
      if (present[name] !== undefined) throw new ConfigError(`${name} and ${name}_FILE are set: set one of them.`);
      try {
        return [[name, readFileSync(path, 'utf8').trim()]];
      } catch (error) {
        throw new ConfigError(`${name}_FILE cannot be used: ${(error as Error).message}.`);
      }
    }),
  );

/** Tests have settings of their own. */
const isKnown = (name: string): boolean => settingNames.includes(name) || /^SYNTRA_(TEST|FAULT)_/.test(name);

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
