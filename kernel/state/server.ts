/** A PostgreSQL server that somebody else runs: reached by the address in the settings, looked over, then used. */
import pg from 'pg';
import type { PostgresConfig } from '../config-stores.ts';
import { keepTrying } from '../keep-trying.ts';
import { OperatorError } from '../operator-error.ts';
import { untrustedCertificate } from '../untrusted-certificate.ts';
import { type Database, openDatabase } from './database.ts';

export interface ServerPatience {
  /** For a server that is not there yet. Default 60,000. */
  readonly startMs?: number;
  /** For one that falls silent in the middle of a question. Default: that of `openDatabase`. */
  readonly answerMs?: number;
}

/**
 * Waits for a server that starts later than we do.
 * @throws OperatorError when it cannot be used; TablesVersionError when the tables are of a newer program.
 */
export const openDatabaseServer = async (
  config: PostgresConfig,
  { startMs = 60_000, answerMs }: ServerPatience = {},
): Promise<Database> => {
  const connection: pg.PoolConfig = {
    connectionString: withPassword(config),
    ...(answerMs !== undefined && { query_timeout: answerMs, connectionTimeoutMillis: answerMs }),
  };
  const { host } = new URL(config.url);
  await keepTrying(() => lookOver(connection, config), {
    forMs: startMs,
    giveUp: (reason) =>
      `PostgreSQL at ${host} cannot be used, and ${startMs / 1000} seconds of waiting did not help: ${reason}`,
  });
  return openDatabase(connection);
};

const oldestVersion = 16;

/** One connection of its own: a pool would hide why there is none. */
const lookOver = async (connection: pg.PoolConfig, { url }: PostgresConfig): Promise<void> => {
  const { host } = new URL(url);
  const client = new pg.Client({ connectionTimeoutMillis: 5_000, query_timeout: 5_000, ...connection });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<Found>(`select current_setting('server_version_num')::int as version,
      current_user as who, current_database() as database, pg_is_in_recovery() as standby,
      coalesce(has_schema_privilege(current_schema(), 'create'), false) as may_create`);
    const { version, who, database, standby, may_create: mayCreate } = rows[0]!;
    if (Math.floor(version / 10_000) < oldestVersion) {
      throw new OperatorError(
        `PostgreSQL at ${host} is version ${Math.floor(version / 10_000)}, and Syntra needs ${oldestVersion} or later: update it.`,
      );
    }
    // It may become the first one in a moment: this is no refusal.
    if (standby) throw new Error('it is a standby, which takes no changes.');
    if (!mayCreate) {
      throw new OperatorError(
        `PostgreSQL at ${host} does not let the user ${who} make tables in the database ${database}: make this user its owner.`,
      );
    }
  } catch (error) {
    throw asRefusal(error, host, client);
  } finally {
    // Not waited for: a server that is silent would not say goodbye.
    void client.end().catch(() => {});
  }
};

interface Found {
  readonly version: number;
  readonly who: string;
  readonly database: string;
  readonly standby: boolean;
  readonly may_create: boolean;
}

/** What waiting will not put right, by SQLSTATE (PostgreSQL's appendix A); everything else may pass. */
const asRefusal = (error: unknown, host: string, { user, database }: pg.Client): unknown => {
  const untrusted = untrustedCertificate(error, `PostgreSQL at ${host}`);
  if (untrusted) return untrusted;
  if ((error as Error).message.includes('does not support SSL')) {
    return new OperatorError(
      `PostgreSQL at ${host} does not speak TLS: set it up there, or take sslmode out of SYNTRA_POSTGRES_URL where the network is safe.`,
    );
  }
  switch ((error as { code?: string }).code) {
    case '28P01':
    case '28000':
      return new OperatorError(
        `PostgreSQL at ${host} does not let the user ${user} in: check SYNTRA_POSTGRES_URL and SYNTRA_POSTGRES_PASSWORD.`,
      );
    case '3D000':
      return new OperatorError(
        `PostgreSQL at ${host} has no database ${database}: make it, with the user ${user} as its owner.`,
      );
    case '42501':
      return new OperatorError(
        `PostgreSQL at ${host} does not let the user ${user} use the database ${database}: make this user its owner.`,
      );
    default:
      return error;
  }
};

/** In the address, because what stands there goes before everything beside it, an empty password too. */
const withPassword = ({ url, password }: PostgresConfig): string => {
  if (password === undefined) return url;
  const complete = new URL(url);
  complete.password = encodeURIComponent(password);
  return complete.href;
};
