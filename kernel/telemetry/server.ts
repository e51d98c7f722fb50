/**
 * A ClickHouse server over HTTP or HTTPS. Rows travel as Native blocks, compressed with zstd. An answer that does not come
 * means "perhaps stored": the same insert, sent again under the same token, changes nothing if it was.
 */
import { createHash } from 'node:crypto';
import type { ClickHouseConfig } from '../config-stores.ts';
import { asQueryError, codeOf } from './clickhouse-errors.ts';
import { assertTenantFenced, type Query, readSettings, type Telemetry, TelemetryUnavailableError } from './client.ts';
import { columnNames } from './column-names.ts';
import { type InsertSettings, insertBlock } from './insert-block.ts';
import { openPlaces } from './places.ts';
import { openServerRequests } from './server-requests.ts';
import { prepareServer } from './server-start.ts';

export interface TelemetryServerOptions {
  /** Told why a view did without rows that its table has. */
  readonly onSkippedView?: (reason: string) => void;
  /**
   * Of rows that a busy server takes slowly: sent again before they are stored, it says that they are on their way.
   * Default 30,000.
   */
  readonly insertTimeoutMs?: number;
  /** Beyond a query's own limit of time, and for a ping. Default 5,000. */
  readonly answerGraceMs?: number;
}

/**
 * Waits up to a minute for the server, and makes the database when it is missing.
 * @throws OperatorError when it cannot be used.
 */
export const openTelemetryServer = async (
  config: ClickHouseConfig,
  { insertTimeoutMs = 30_000, answerGraceMs = 5_000, onSkippedView = () => {} }: TelemetryServerOptions = {},
): Promise<Telemetry> => {
  await prepareServer(config);
  // Apart, so that readers can never keep rows from being stored.
  const readers = openPlaces({ maxOpen: maxReads, maxWaiting: 64 });
  const writers = openPlaces({ maxOpen: maxWrites, maxWaiting: 64 });
  const requests = openServerRequests(config, config.database, maxReads + maxWrites + 1);

  return {
    async query<Row>(query: Query) {
      assertTenantFenced(query.sql);
      const sql = `${query.sql}\nSETTINGS ${readSettings(query)}`;
      const params = { ...query.params, org: query.tenant.org, project: query.tenant.project };
      // The limit of time is ClickHouse's own to keep; ours is for a server that keeps none.
      const timeoutMs = (query.maxExecutionMs ?? 10_000) + answerGraceMs;
      try {
        const { data, statistics } = await readers.hold(() => requests.select<Row>(sql, params, timeoutMs));
        return {
          rows: data,
          cost: {
            rowsRead: statistics.rows_read,
            bytesRead: statistics.bytes_read,
            elapsedMs: statistics.elapsed * 1000,
          },
        };
      } catch (error) {
        throw asQueryError(error);
      }
    },

    async insert({ table, structure, rows, rowCount, token, isDerived = false }) {
      if (rowCount === 0) return;
      const insert = {
        sql: `INSERT INTO ${table} (${columnNames(structure).join(', ')}) FORMAT Native`,
        data: rows,
        queryId: queryIdOf(config.database, table, token),
      };
      const write = (settings: InsertSettings) =>
        writers.hold(() => requests.insert({ ...insert, settings }, insertTimeoutMs));
      try {
        await insertBlock({ token, isDerived }, write, onSkippedView);
      } catch (error) {
        if (codeOf(error) === alreadyRunning) {
          throw new TelemetryUnavailableError('The same batch is on its way into ClickHouse already.');
        }
        throw error;
      }
    },

    command: (sql) => writers.hold(() => requests.execute(sql, commandTimeoutMs)),

    inspect: async <Row>(sql: string) =>
      (await readers.hold(() => requests.select<Row>(sql, {}, inspectTimeoutMs))).data,

    /** With its own connection, past those who wait: it asks whether the server answers, not whether it is busy. */
    async ping() {
      await requests.select('SELECT 1', {}, answerGraceMs);
    },

    close: () => requests.close(),
  };
};

const maxReads = 16;
const maxWrites = 8;

const inspectTimeoutMs = 60_000;
/** A migration may have to rewrite a table. */
const commandTimeoutMs = 3_600_000;

/** QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING */
const alreadyRunning = '216';

/** The same batch, whoever sends it, has the same id, and a server runs no two queries of one id at once. */
const queryIdOf = (database: string, table: string, token: string): string =>
  `syntra-${createHash('sha256').update(`${database}\n${table}\n${token}`).digest('hex').slice(0, 40)}`;
