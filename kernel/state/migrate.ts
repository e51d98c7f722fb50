/** Brings the state tables to the version of this program: numbered SQL files, each applied once, in order. */
import { join } from 'node:path';
import type pg from 'pg';
import { type AppliedMigration, missingMigrations, readMigrations } from '../migrations.ts';
import { underLock } from './advisory-lock.ts';
import { within } from './timed-query.ts';

/**
 * All that is missing is applied in one transaction, so that a failure changes nothing. Processes that start together
 * wait for the first of them.
 * @throws TablesVersionError
 */
export const migrateState = async (pool: pg.Pool, directory = migrationsDirectory): Promise<void> => {
  const migrations = await readMigrations(directory);
  await underLock(pool, stateTablesLock, async (client) => {
    await client.query(`create table if not exists migrations (
      version integer primary key, name text not null, checksum text not null,
      applied_at timestamptz not null default now())`);
    const { rows } = await client.query<AppliedMigration>('select version, name, checksum from migrations');
    for (const migration of missingMigrations('state', rows, migrations)) {
      await client.query(within(maxMigrationMs, migration.sql));
      await client.query('insert into migrations (version, name, checksum) values ($1, $2, $3)', [
        migration.version,
        migration.name,
        migration.checksum,
      ]);
    }
  });
};

const migrationsDirectory = join(import.meta.dirname, 'migrations');

const stateTablesLock = '7361001';

const maxMigrationMs = 3_600_000;
