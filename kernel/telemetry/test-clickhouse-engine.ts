/**
 * Tests only: runs one request of ClickHouse's HTTP interface on chDB. Each statement has a connection of its own, as it
 * would have on a server: what it SET, and what a failed one had printed, reaches nobody else.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type ChdbClient, openConnections } from './connections.ts';

export interface Statement {
  readonly sql: string;
  /** What follows the FORMAT of an INSERT. */
  readonly data: Uint8Array | undefined;
  readonly database: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Values as they stand in the URL: in ClickHouse's "escaped" text form. */
  readonly params: Readonly<Record<string, string>>;
}

export interface Engine {
  /** The bytes that the statement prints. @throws EngineError */
  run(statement: Statement): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** What ClickHouse says; `text` in full, as a server would print it. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: string;
  constructor(code: string, text: string) {
    super(text);
    this.code = code;
  }
}

export const openEngine = async (directory: string): Promise<Engine> => {
  const spool = join(directory, 'spool');
  await rm(spool, { recursive: true, force: true });
  await mkdir(spool, { recursive: true });
  const path = join(directory, 'chdb');
  // Keeps the engine running while the others come and go.
  const anchor = openConnections(path, { maxOpen: 1, maxWaiting: 0 });
  await anchor.lend((client) => client.command({ query: 'SELECT 1' }));
  const connections = openConnections(path, { maxOpen: 8, maxWaiting: 1000, useOnce: true });

  const run = async (statement: Statement): Promise<Uint8Array> => {
    const insert = statement.data && parseInsert(statement.sql);
    if (insert === undefined) return connections.lend((client) => ask(client, [...preamble(statement), statement.sql]));
    const file = join(spool, randomUUID());
    await writeFile(file, statement.data!);
    try {
      return await connections.lend(async (client) => {
        const structure = await structureOf(client, statement.database, insert);
        const source = `file(${quote(file)}, ${quote(insert.format)}, ${quote(structure)})`;
        const sql = `INSERT INTO ${insert.table} ${insert.columns} SELECT * FROM ${source}`;
        return ask(client, [...preamble(statement), ...asStreamed(statement.settings), sql]);
      });
    } finally {
      await rm(file, { force: true });
    }
  };

  return {
    run: (statement) => run(statement).catch((error: unknown) => Promise.reject(asEngineError(error))),
    async close() {
      await connections.close();
      await anchor.close();
    },
  };
};

const ask = async (client: ChdbClient, statements: readonly string[]): Promise<Uint8Array> =>
  buffer((await client.exec({ query: statements.join(';\n') })).stream);

const preamble = ({ database, settings, params }: Statement): string[] => [
  // Parameters are no part of a query's text, other than here.
  'SET max_query_size = 100000000',
  ...Object.entries(settings).map(([name, value]) => `SET ${identifier(name)} = ${quote(value)}`),
  ...Object.entries(params).map(([name, value]) => `SET param_${identifier(name)} = ${quote(value)}`),
  `USE ${identifier(database)}`,
];

/** A server cuts what it is sent into blocks by the insert's settings; reading a file goes by those of a SELECT. */
const asStreamed = (settings: Statement['settings']): string[] => [
  `SET max_block_size = ${Number(settings.max_insert_block_size ?? 1_048_449)}`,
  'SET preferred_block_size_bytes = 0, max_threads = 1, max_insert_threads = 1',
];

interface Insert {
  readonly table: string;
  /** In parentheses. */
  readonly columns: string;
  readonly format: string;
}

const parseInsert = (sql: string): Insert | undefined => {
  const match = /^\s*INSERT\s+INTO\s+(?<table>[\w.]+)\s*(?<columns>\([^)]*\))\s*FORMAT\s+(?<format>\w+)\s*$/i.exec(sql);
  return match?.groups as Insert | undefined;
};

/** On a server the bytes are read as the table's own types, so here too. */
const structureOf = async (client: ChdbClient, database: string, { table, columns }: Insert): Promise<string> => {
  const query = `DESCRIBE TABLE ${table.includes('.') ? table : `${database}.${table}`}`;
  const described = await client.query({ query, format: 'JSONEachRow' });
  const types = new Map((await described.json<{ name: string; type: string }>()).map(({ name, type }) => [name, type]));
  const names = columns.slice(1, -1).split(',');
  return names
    .map((name) => {
      const column = name.trim().replaceAll('`', '');
      const type = types.get(column);
      if (type === undefined) throw new EngineError('16', noSuchColumn(column, table));
      return `\`${column}\` ${type}`;
    })
    .join(', ');
};

const noSuchColumn = (column: string, table: string): string =>
  `Code: 16. DB::Exception: No such column ${column} in table ${table}. (NO_SUCH_COLUMN_IN_TABLE)`;

const asEngineError = (error: unknown): EngineError => {
  if (error instanceof EngineError) return error;
  const { code, message, cause } = error as Error & { code?: string };
  const text = cause instanceof Error ? cause.message : message;
  return new EngineError(code && /^\d+$/.test(code) ? code : '1002', text);
};

const identifier = (name: string): string => {
  if (/^\w+$/.test(name)) return name;
  throw new EngineError('62', `Code: 62. DB::Exception: ${name} is not a name. (SYNTAX_ERROR)`);
};

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
