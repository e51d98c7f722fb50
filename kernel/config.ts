/** Every setting there is, and the only reader of `process.env`. */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';
import { OperatorError } from './operator-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Config {
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
}

const port = z.coerce.number().int().min(0).max(65_535);

const settings = z.object({
  SYNTRA_DATA_DIR: z.string().min(1).default('.syntra'),
  SYNTRA_HOST: z.string().min(1).default('127.0.0.1'),
  SYNTRA_PORT: port.default(3000),
  SYNTRA_OTLP_HTTP_PORT: port.default(4318),
  SYNTRA_OTLP_GRPC_PORT: port.default(4317),
  SYNTRA_ADMIN_TOKEN: z.string().min(16, 'use at least 16 characters').optional(),
  SYNTRA_RETENTION_DAYS: z.coerce.number().int().min(1).max(3650).default(30),
  SYNTRA_MAX_REQUEST_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .max(2 ** 30)
    .default(64 * 2 ** 20),
  SYNTRA_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});

/** A setting that cannot be used; the message is one sentence for the person who set it. */
export class ConfigError extends OperatorError {
  override readonly name = 'ConfigError';
}

/** @throws ConfigError naming the first setting that is wrong and why. */
export const readConfig = (env: Environment = process.env): Config => {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = settings.safeParse(present);
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
  return {
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
  };
};

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
