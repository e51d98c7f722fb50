/** Brings the state tables to the version of this program: numbered SQL files, each applied once, in order. */
import { join } from 'node:path';
import type pg from 'pg';
import { type AppliedMigration, missingMigrations, readMigrations } from '../migrations.ts';

/**
 * All that is missing is applied in one transaction, so that a failure changes nothing. Processes that start together
 * wait for the first of them.
 * @throws TablesVersionError
 */
export const migrateState = async (pool: pg.Pool, directory = migrationsDirectory): Promise<void> => {
  const migrations = await readMigrations(directory);
  const client = await pool.connect();
  try {
    await client.query('begin');
    // However long it takes, and however long another process takes.
    await client.query('set local statement_timeout = 0');
    await client.query('select pg_advisory_xact_lock($1)', [lockNumber]);
    await client.query(`create table if not exists migrations (
      version integer primary key, name text not null, checksum text not null,
      applied_at timestamptz not null default now())`);
    const { rows } = await client.query<AppliedMigration>('select version, name, checksum from migrations');
    for (const migration of missingMigrations('state', rows, migrations)) {
      await client.query(migration.sql);
      await client.query('insert into migrations (version, name, checksum) values ($1, $2, $3)', [
        migration.version,
        migration.name,
        migration.checksum,
      ]);
    }
    await client.query('commit');
    client.release();
  } catch (error) {
    // A closed connection takes its transaction with it.
    client.release(true);
    throw error;
  }
};

const migrationsDirectory = join(import.meta.dirname, 'migrations');

/** Any number will do, as long as every version of the program has the same. */
const lockNumber = 7_361_001;
