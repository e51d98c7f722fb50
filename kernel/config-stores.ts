/** The settings of the stores that somebody else runs: Kafka, ClickHouse, PostgreSQL. */
import { z } from 'zod';
import { ConfigError } from './config-error.ts';

export interface KafkaConfig {
  /** host:port of some brokers; the others are found through them. */
  readonly brokers: readonly string[];
  readonly tls: boolean;
  readonly sasl:
    | {
        readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
        readonly username: string;
        readonly password: string;
      }
    | undefined;
  /** In front of every topic and group, so that installations can share a cluster. */
  readonly prefix: string;
  /** Copies of each topic; undefined: three, or as many as there are brokers. */
  readonly replicas: number | undefined;
}

export interface ClickHouseConfig {
  /** Without name and password. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly database: string;
}

export interface PostgresConfig {
  /** Without the password, unless the operator put it there. */
  readonly url: string;
  readonly password: string | undefined;
}

const secret = z.string().min(1).optional();

export const storeSettings = z.object({
  SYNTRA_KAFKA_BROKERS: z.string().min(1).optional(),
  SYNTRA_KAFKA_TLS: z.enum(['true', 'false'], 'use true or false').default('false'),
  SYNTRA_KAFKA_SASL: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'], 'use plain, scram-sha-256 or scram-sha-512')
    .default('scram-sha-512'),
  SYNTRA_KAFKA_USERNAME: z.string().min(1).optional(),
  SYNTRA_KAFKA_PASSWORD: secret,
  SYNTRA_KAFKA_PREFIX: z
    .string()
    .regex(/^[a-zA-Z0-9._-]{0,100}$/, 'use letters, digits, dots, dashes and underscores')
    .default(''),
  SYNTRA_KAFKA_REPLICAS: z.coerce
    .number('use a number')
    .int('use a whole number')
    .min(1, 'use 1 to 7')
    .max(7, 'use 1 to 7')
    .optional(),
  SYNTRA_CLICKHOUSE_URL: z.url({ protocol: /^https?$/, error: 'it should look like http://host:8123' }).optional(),
  SYNTRA_CLICKHOUSE_USERNAME: z.string().min(1).optional(),
  SYNTRA_CLICKHOUSE_PASSWORD: secret,
  SYNTRA_CLICKHOUSE_DATABASE: z
    .string()
    .regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,62}$/, 'use letters, digits and underscores')
    .default('syntra'),
  SYNTRA_POSTGRES_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'it should look like postgres://user@host:5432/syntra' })
    .optional(),
  SYNTRA_POSTGRES_PASSWORD: secret,
});

type StoreSettings = z.infer<typeof storeSettings>;

/** @throws ConfigError */
export const kafkaOf = (s: StoreSettings): KafkaConfig | undefined => {
  if (s.SYNTRA_KAFKA_BROKERS === undefined) return undefined;
  const brokers = s.SYNTRA_KAFKA_BROKERS.split(',').map((broker) => broker.trim());
  const wrong = brokers.find((broker) => !/^[^\s:/]+:\d{1,5}$|^\[[0-9a-f:]+\]:\d{1,5}$/i.test(broker));
  if (wrong !== undefined) {
    throw new ConfigError(
      `SYNTRA_KAFKA_BROKERS cannot be used: "${wrong}" should look like host:9092; several are separated by commas.`,
    );
  }
  const { SYNTRA_KAFKA_USERNAME: username, SYNTRA_KAFKA_PASSWORD: password } = s;
  if ((username === undefined) !== (password === undefined)) {
    throw new ConfigError('SYNTRA_KAFKA_USERNAME and SYNTRA_KAFKA_PASSWORD are needed together, or neither.');
  }
  const mechanism = s.SYNTRA_KAFKA_SASL.toUpperCase() as 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  return {
    brokers,
    tls: s.SYNTRA_KAFKA_TLS === 'true',
    sasl: username === undefined || password === undefined ? undefined : { mechanism, username, password },
    prefix: s.SYNTRA_KAFKA_PREFIX,
    replicas: s.SYNTRA_KAFKA_REPLICAS,
  };
};

/** What is set by itself goes before what is in the address, as it does for PostgreSQL. @throws ConfigError */
export const clickhouseOf = (s: StoreSettings): ClickHouseConfig | undefined => {
  if (s.SYNTRA_CLICKHOUSE_URL === undefined) return undefined;
  const { origin, pathname, username, password } = new URL(s.SYNTRA_CLICKHOUSE_URL);
  try {
    return {
      url: `${origin}${pathname}`,
      username: s.SYNTRA_CLICKHOUSE_USERNAME ?? (decodeURIComponent(username) || 'default'),
      password: s.SYNTRA_CLICKHOUSE_PASSWORD ?? decodeURIComponent(password),
      database: s.SYNTRA_CLICKHOUSE_DATABASE,
    };
  } catch {
    throw new ConfigError('SYNTRA_CLICKHOUSE_URL cannot be used: write a % in the name or the password as %25.');
  }
};

export const postgresOf = (s: StoreSettings): PostgresConfig | undefined =>
  s.SYNTRA_POSTGRES_URL === undefined
    ? undefined
    : { url: s.SYNTRA_POSTGRES_URL, password: s.SYNTRA_POSTGRES_PASSWORD };
