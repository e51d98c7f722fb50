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
import { carryTokens, rememberedTokens } from './carry-tokens.ts';
import { asQueryError } from './clickhouse-errors.ts';
import { assertTenantFenced, type Query, type RowsInsert, readSettings, type Telemetry } from './client.ts';
import { columnNames } from './column-names.ts';
import { openInsertDoubts } from './doubted-inserts.ts';
import { type InsertSettings, insertBlock } from './insert-block.ts';
import { restMergesWhileDiskIsLow } from './rest-merges.ts';
import { startRestartableEngine } from './restartable-engine.ts';
import { writeSpoolFile } from './spool-file.ts';
import { takeBackOrphanedTokens } from './take-back-tokens.ts';

export interface EmbeddedTelemetryOptions {
  /** Created when missing. */
  readonly directory: string;
  /** Told why a view did without rows that its table has. */
  readonly onSkippedView?: (reason: string) => void;
  /** Told in a sentence when merges rest and when they go on. */
  readonly report?: (sentence: string) => void;
}

export const openEmbeddedTelemetry = async ({
  directory,
  onSkippedView = () => {},
  report = () => {},
}: EmbeddedTelemetryOptions): Promise<Telemetry> => {
  const spoolDirectory = join(directory, 'spool');
  // What a killed process left there was never acknowledged as stored: its batch comes again from the log.
  await rm(spoolDirectory, { recursive: true, force: true });
  await mkdir(spoolDirectory, { recursive: true });
  const path = join(directory, 'chdb');
  // A killed process leaves tokens behind. Where there is no room to say so, the first insert waits until there is.
  const isMended = await takeBackOrphanedTokens(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => (error.code === 'ENOSPC' ? false : Promise.reject(error)),
  );
  const engine = startRestartableEngine(path);
  const { readers, writers } = engine;
  const command = (sql: string) => writers.lend(async (client) => void (await client.command({ query: sql })));
  const inspect = <Row>(sql: string) =>
    readers.lend(async (client) => (await client.query({ query: sql, format: 'JSONEachRow' })).json<Row>());
  const beginLooking = () => restMergesWhileDiskIsLow({ directory: path, command, report });
  let endLooking = await beginLooking();
  // An engine that was started again merges.
  const onRestart = async (): Promise<void> => {
    const end = await beginLooking();
    endLooking();
    endLooking = end;
  };
  const doubts = openInsertDoubts({
    path,
    engine,
    // Parts that the engine found broken when it started have tokens too.
    doubt: isMended ? 'tokens' : 'parts',
    onRestart,
    report,
  });
  const directoryOf = async (table: string): Promise<string> => {
    const [row] = await inspect<{ path: string }>(
      `SELECT data_paths[1] AS path FROM system.tables WHERE database = currentDatabase() AND name = ${quote(table)}`,
    );
    return row!.path;
  };

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
        throw asQueryError(error);
      }
    },

    async insert({ table, structure, rows, rowCount, token, isDerived = false }: RowsInsert) {
      if (rowCount === 0) return;
      await doubts.settleThen(async () => {
        const path = join(spoolDirectory, randomUUID());
        try {
          await writeSpoolFile(path, rows);
          const write = (settings: InsertSettings) =>
            writers.lend(async (client) => {
              await client.command({ query: insertFromFile(table, structure, path, settings) });
            });
          await insertBlock({ token, isDerived }, write, onSkippedView);
        } finally {
          await rm(path, { force: true });
        }
      });
    },

    command,

    inspect,

    async carryTokens({ from, to }) {
      const tokens = await rememberedTokens(await directoryOf(from));
      if (tokens.length === 0) return;
      const target = await directoryOf(to);
      await engine.whileNothingIsWritten((restart) => restart(() => carryTokens(path, target, tokens)));
      await onRestart();
    },

    async ping() {
      const answer = await readers.lend((client) => client.ping());
      if (!answer.success) throw answer.error;
    },

    async close() {
      doubts.close();
      endLooking();
      await engine.close();
    },
  };
};

const insertFromFile = (table: string, structure: string, path: string, insert: InsertSettings): string => {
  const settings = { ...insert, ...oneBlockOfFile };
  return `INSERT INTO ${table} (${columnNames(structure).join(', ')})
SETTINGS ${Object.entries(settings)
    .map(([name, value]) => `${name} = ${typeof value === 'number' ? value : quote(value)}`)
    .join(', ')}
SELECT * FROM file(${quote(path)}, 'Native', ${quote(structure)})`;
};

/** Reading a file goes by the settings of a SELECT. */
const oneBlockOfFile = { max_threads: 1, max_block_size: 10_000_000, preferred_block_size_bytes: 0 };

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
