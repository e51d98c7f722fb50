/** The first words with a ClickHouse server: is it there, is it new enough, and does our database exist. */
import type { ClickHouseConfig } from '../config-stores.ts';
import { keepTrying } from '../keep-trying.ts';
import { OperatorError } from '../operator-error.ts';
import { untrustedCertificate } from '../untrusted-certificate.ts';
import { codeOf } from './clickhouse-errors.ts';
import { openServerRequests, type ServerRequests } from './server-requests.ts';

/** Text indexes are generally available from here on. */
const oldest = { major: 26, minor: 2 } as const;

/**
 * Waits up to a minute for a server that is not there yet; makes the database when it is missing.
 * @throws OperatorError
 */
export const prepareServer = async (config: ClickHouseConfig, forMs = 60_000): Promise<void> => {
  const { host } = new URL(config.url);
  const requests = openServerRequests(config, undefined, 1);
  try {
    await keepTrying(
      () => prepareOnce(requests, config).catch((error: unknown) => Promise.reject(asRefusal(error, config))),
      {
        forMs,
        giveUp: (reason) =>
          `ClickHouse at ${host} cannot be used, and ${forMs / 1000} seconds of waiting did not help: ${reason}`,
      },
    );
  } finally {
    await requests.close();
  }
};

const prepareOnce = async (requests: ServerRequests, { url, database }: ClickHouseConfig): Promise<void> => {
  const ask = async <Row>(sql: string, params = {}): Promise<Row> =>
    (await requests.select<Row>(sql, params, attemptTimeoutMs)).data[0]!;
  const { version } = await ask<{ version: string }>('SELECT version() AS version');
  if (!isNewEnough(version)) {
    throw new OperatorError(
      `ClickHouse at ${new URL(url).host} is version ${version}, and Syntra needs ${oldest.major}.${oldest.minor} or later: update it.`,
    );
  }
  // Asked first, so that a user who may not make databases can be given one.
  const { found } = await ask<{ found: string | number }>(
    'SELECT count() AS found FROM system.databases WHERE name = {database:String}',
    { database },
  );
  if (Number(found) === 0) await requests.execute(`CREATE DATABASE IF NOT EXISTS ${database}`, attemptTimeoutMs);
};

const attemptTimeoutMs = 10_000;

export const isNewEnough = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > oldest.major || (major === oldest.major && minor >= oldest.minor);
};

/** 192 UNKNOWN_USER, 193 WRONG_PASSWORD, 194 REQUIRED_PASSWORD, 516 AUTHENTICATION_FAILED; 164 READONLY, 497 ACCESS_DENIED. */
const asRefusal = (error: unknown, { url, username, database }: ClickHouseConfig): unknown => {
  const { host } = new URL(url);
  const untrusted = untrustedCertificate(error, `ClickHouse at ${host}`);
  if (untrusted) return untrusted;
  switch (codeOf(error)) {
    case '192':
    case '193':
    case '194':
    case '516':
      return new OperatorError(
        `ClickHouse at ${host} does not let the user ${username} in: check SYNTRA_CLICKHOUSE_USERNAME and SYNTRA_CLICKHOUSE_PASSWORD, or the name and password in SYNTRA_CLICKHOUSE_URL, which they go before.`,
      );
    case '164':
    case '497':
      return new OperatorError(
        `ClickHouse at ${host} does not let the user ${username} make the database ${database}: make it, and give this user all rights to it.`,
      );
    default:
      return error;
  }
};
