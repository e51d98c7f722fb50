/**
 * The telemetry store: ClickHouse, behind four verbs. Every read names its tenant, which is bound here and nowhere
 * else; no caller's string ever becomes SQL. Adapters: `embedded.ts` (chDB, in process), `server.ts` (over HTTP).
 */

export interface Tenant {
  readonly org: string;
  readonly project: string;
}

/** What a query cost, as the API reports it. */
export interface QueryCost {
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly elapsedMs: number;
}

export interface Query {
  /** One SELECT without FORMAT or SETTINGS. It must use `{org:String}` and `{project:String}`. */
  readonly sql: string;
  /** Values for the `{name:Type}` placeholders; org and project come from `tenant`. */
  readonly params?: Readonly<Record<string, QueryParam>>;
  readonly tenant: Tenant;
  /** Default 10,000. */
  readonly maxExecutionMs?: number;
  /** Default 1 GiB. */
  readonly maxMemoryBytes?: number;
  /** Default: no limit. */
  readonly maxRowsToRead?: number;
}

export type QueryParam = string | number | boolean | readonly (string | number)[];

export interface RowsInsert {
  readonly table: string;
  /** The columns of the block with their types, as ClickHouse writes them: ``service String, `events.name` Array(String)``. */
  readonly structure: string;
  /** One block in ClickHouse's Native format, in parts. All rows must belong to one partition of every table they end up in. */
  readonly rows: readonly Uint8Array[];
  readonly rowCount: number;
  /** Inserts with a token that was stored before change nothing, views included. */
  readonly token: string;
  /** Rows that only say once more what other rows say, as those of a view do: refused for good, they are done without, and that is told. */
  readonly isDerived?: boolean;
}

export interface Telemetry {
  /**
   * 64-bit integers come back as JSON numbers: select `toString(x)` where more than 53 bits matter.
   * @throws QueryTooExpensiveError, TelemetryUnavailableError
   */
  query<Row>(query: Query): Promise<{ rows: Row[]; cost: QueryCost }>;
  /**
   * Durable once resolved. @throws RejectedBatchError when these bytes will never be taken, anything else when a later
   * try may succeed.
   */
  insert(insert: RowsInsert): Promise<void>;
  /** Runs a statement of our own: migrations, maintenance. Never with a user's string in it. */
  command(sql: string): Promise<void>;
  /** Reads about the store itself, outside of any tenant: migrations, sizes, tests. */
  inspect<Row>(sql: string): Promise<Row[]>;
  /**
   * Makes the table `to`, which has the rows of `from` and will take its place, remember its tokens too. Nothing may be
   * inserted meanwhile. Only the embedded store can: those of a server are in files that it has open (docs/decisions/0015).
   */
  carryTokens?(tables: { readonly from: string; readonly to: string }): Promise<void>;
  /** Rejects when the store does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** A query hit its limit of time, memory or rows. `limit` says which. */
export class QueryTooExpensiveError extends Error {
  override readonly name = 'QueryTooExpensiveError';
  readonly limit: 'time' | 'memory' | 'rows';
  constructor(limit: 'time' | 'memory' | 'rows', message: string) {
    super(message);
    this.limit = limit;
  }
}

export class TelemetryUnavailableError extends Error {
  override readonly name = 'TelemetryUnavailableError';
}

/** The SETTINGS clause of a bounded read. */
export const readSettings = (query: Query): string =>
  [
    `max_execution_time = ${Math.max(0.001, (query.maxExecutionMs ?? 10_000) / 1000)}`,
    `max_memory_usage = ${query.maxMemoryBytes ?? 2 ** 30}`,
    ...(query.maxRowsToRead === undefined ? [] : [`max_rows_to_read = ${query.maxRowsToRead}`]),
    'max_result_rows = 1000000',
    'output_format_json_quote_64bit_integers = 0',
  ].join(', ');

/** @throws Error when the SQL does not fence its tenant: a mistake of ours, found by the first test that runs it. */
export const assertTenantFenced = (sql: string): void => {
  if (!sql.includes('{org:String}') || !sql.includes('{project:String}')) {
    throw new Error(`This query does not name its tenant: ${sql.slice(0, 200)}`);
  }
};
