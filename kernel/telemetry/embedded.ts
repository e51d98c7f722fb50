/**
 * chDB: the ClickHouse engine in this process, through the same client as a server. One data directory per process.
 *
 * The binding sends settings as `SET` statements that stay for whoever comes next, so settings travel inside the SQL;
 * and it turns inserted bytes into a string, so binary rows take the way over a spool file that the engine reads by
 * itself. `connections.ts` guards against its third fault.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RejectedBatchError } from '../processor.ts';
import {
  asQueryError,
  assertTenantFenced,
  isRejection,
  type Query,
  type RowsInsert,
  readSettings,
  type Telemetry,
  TelemetryUnavailableError,
} from './client.ts';
import { openConnections, TooManyWaitingError } from './connections.ts';
import { writeSpoolFile } from './spool-file.ts';

export interface EmbeddedTelemetryOptions {
  /** Created when missing. */
  readonly directory: string;
}

export const openEmbeddedTelemetry = async ({ directory }: EmbeddedTelemetryOptions): Promise<Telemetry> => {
  const spoolDirectory = join(directory, 'spool');
  // What a killed process left there was never acknowledged as stored: its batch comes again from the log.
  await rm(spoolDirectory, { recursive: true, force: true });
  await mkdir(spoolDirectory, { recursive: true });
  const path = join(directory, 'chdb');
  // Apart, so that readers can never keep rows from being stored.
  const readers = openConnections(path, { maxOpen: maxReads, maxWaiting: 64 });
  const writers = openConnections(path, { maxOpen: maxWrites, maxWaiting: 64 });
  // Keeps the engine running while the others come and go.
  await writers.lend((client) => client.command({ query: 'SELECT 1' }));

  return {
    async query<Row>(query: Query) {
      assertTenantFenced(query.sql);
      try {
        const { data, statistics } = await readers.lend(async (client) => {
          const answer = await client.query({
            query: `${query.sql}\nSETTINGS ${readSettings(query)}`,
            format: 'JSON',
            query_params: { ...query.params, org: query.tenant.org, project: query.tenant.project },
          });
          return answer.json<Row>();
        });
        return {
          rows: data,
          cost: {
            rowsRead: statistics?.rows_read ?? 0,
            bytesRead: statistics?.bytes_read ?? 0,
            elapsedMs: (statistics?.elapsed ?? 0) * 1000,
          },
        };
      } catch (error) {
        if (error instanceof TooManyWaitingError) throw new TelemetryUnavailableError(error.message);
        throw asQueryError(error);
      }
    },

    async insert({ table, structure, rows, rowCount, token }: RowsInsert) {
      if (rowCount === 0) return;
      const path = join(spoolDirectory, randomUUID());
      try {
        await writeSpoolFile(path, rows);
        await writers.lend((client) => client.command({ query: insertFromFile(table, structure, path, token) }));
      } catch (error) {
        throw isRejection(error) ? new RejectedBatchError((error as Error).message) : error;
      } finally {
        await rm(path, { force: true });
      }
    },

    async command(sql) {
      await writers.lend((client) => client.command({ query: sql }));
    },

    inspect: <Row>(sql: string) =>
      readers.lend(async (client) => (await client.query({ query: sql, format: 'JSONEachRow' })).json<Row>()),

    async ping() {
      const answer = await readers.lend((client) => client.ping());
      if (!answer.success) throw answer.error;
    },

    async close() {
      await readers.close();
      await writers.close();
    },
  };
};

const maxReads = 4;
const maxWrites = 2;

/**
 * One block, one part, one token: settings that keep ClickHouse from cutting the rows into several blocks, whose
 * boundaries would have to be the same at a replay.
 */
const insertFromFile = (table: string, structure: string, path: string, token: string): string => {
  const columns = columnNames(structure).join(', ');
  return `INSERT INTO ${table} (${columns})
SETTINGS insert_deduplicate = 1, insert_deduplication_token = ${quote(token)},
  deduplicate_blocks_in_dependent_materialized_views = 1, max_insert_threads = 1, max_threads = 1,
  max_insert_block_size = 10000000, max_block_size = 10000000, min_insert_block_size_rows = 10000000,
  min_insert_block_size_bytes = 4000000000, preferred_block_size_bytes = 0
SELECT * FROM file(${quote(path)}, 'RowBinary', ${quote(structure)})`;
};

/** The names in a structure: the first word of each column, commas inside parentheses aside. */
const columnNames = (structure: string): string[] => {
  const names: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= structure.length; i++) {
    const c = structure[i];
    if (c === '(') depth++;
    else if (c === ')') depth--;
    else if (c === undefined || (c === ',' && depth === 0)) {
      names.push(structure.slice(start, i).trim().split(/\s/, 1)[0]!);
      start = i + 1;
    }
  }
  return names;
};

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
