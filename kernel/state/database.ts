/** The state store: PostgreSQL through one bounded pool, its tables brought up to date at the start. */
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { lockOf, underLock } from './advisory-lock.ts';
import { drizzle, sql } from './drizzle.ts';
import { migrateState } from './migrate.ts';
import { within } from './timed-query.ts';

/** Runs queries: each by itself, or all in the transaction it was handed out for. */
export type Queries = NodePgDatabase;

export interface Database {
  readonly queries: Queries;
  /** Commits what `work` did once it resolves, and rolls back when it throws. Work that waits for others holds locks. */
  transaction<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result>;
  /**
   * Does `work` while no other process that shares this store does work of the same name; waits for those that do. Should
   * the connection break meanwhile, another may begin: the two together must do no harm.
   */
  exclusively<Result>(name: string, work: () => Promise<Result>): Promise<Result>;
  /** Rejects when the store does not answer. */
  ping(): Promise<void>;
  /** Resolves when running queries are through. */
  close(): Promise<void>;
}

/** @throws TablesVersionError when the tables are of a newer program. */
export const openDatabase = async (connection: pg.PoolConfig): Promise<Database> => {
  const pool = new pg.Pool({ ...limits, ...connection });
  // A broken connection fails the query that uses it, and the pool replaces it. Without these two, one that breaks
  // while it is idle, or between two queries of a transaction, would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  try {
    await migrateState(pool);
  } catch (error) {
    await pool.end();
    throw error;
  }
  const queries = drizzle(pool);
  return {
    queries,
    transaction: (work) => inTransaction(pool, work),
    exclusively: (name, work) => underLock(pool, lockOf(name), work),
    async ping() {
      await queries.execute(sql`select 1`);
    },
    close: () => pool.end(),
  };
};

const limits = {
  max: 10,
  connectionTimeoutMillis: 5_000,
  idleTimeoutMillis: 30_000,
  statement_timeout: 30_000,
  // The server's limits end what takes too long there. This one is for a server that is silent: what was asked fails,
  // its connection is closed, and whether it was done shows when the next one answers.
  query_timeout: 35_000,
  idle_in_transaction_session_timeout: 30_000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
  application_name: 'syntra',
} as const;

/** Not drizzle's: that one never gives a connection back on which `begin` failed, and so runs out of them. */
const inTransaction = async <Result>(pool: pg.Pool, work: (queries: Queries) => Promise<Result>): Promise<Result> => {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = await work(drizzle(client));
    await client.query('commit');
    client.release();
    return result;
  } catch (error) {
    const rolledBack = await client.query(within(5_000, 'rollback')).then(
      () => true,
      () => false,
    );
    client.release(!rolledBack);
    throw error;
  }
};
