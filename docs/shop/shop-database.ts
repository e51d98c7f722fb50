/** The shop's PostgreSQL: the same private server that the product keeps its state in, in a directory of its own. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../kernel/state/embedded.ts';

export interface ShopDatabase {
  /** What a PostgreSQL client reads from its environment. */
  readonly variables: Readonly<Record<string, string>>;
  /** Stops the server and removes its files. */
  stop(): Promise<void>;
}

export const startShopDatabase = async (): Promise<ShopDatabase> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'syntra-shop-'));
  const remove = (): Promise<void> => rm(dataDir, { recursive: true, force: true });
  try {
    const { connection, stop } = await startEmbeddedPostgres({ dataDir });
    await runSql(connection, 'CREATE DATABASE shop');
    await runSql({ ...connection, database: 'shop' }, await readFile(new URL('schema.sql', import.meta.url), 'utf8'));
    return {
      variables: { PGHOST: String(connection.host), PGUSER: String(connection.user), PGDATABASE: 'shop' },
      stop: () => stop().then(remove),
    };
  } catch (error) {
    await remove();
    throw error;
  }
};

const runSql = async (connection: pg.ClientConfig, sql: string): Promise<void> => {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
};
