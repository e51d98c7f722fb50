/** Brings the state tables to the version of this program: numbered SQL files, each applied once, in order. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { OperatorError } from '../operator-error.ts';

/** The tables are of a newer program, or not what the files of this one made; the message is one sentence, nothing was changed. */
export class StateVersionError extends OperatorError {
  override readonly name = 'StateVersionError';
}

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly sql: string;
}

/**
 * All that is missing is applied in one transaction, so that a failure changes nothing. Processes that start together
 * wait for the first of them.
 * @throws StateVersionError
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
    const { rows } = await client.query<Omit<Migration, 'sql'>>('select version, name, checksum from migrations');
    for (const migration of missingFrom(rows, migrations)) {
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

const missingFrom = (applied: readonly Omit<Migration, 'sql'>[], known: readonly Migration[]): readonly Migration[] => {
  const newest = known.at(-1)?.version ?? 0;
  const beyond = applied.find(({ version }) => version > newest);
  if (beyond) {
    throw new StateVersionError(
      `The state tables are at version ${beyond.version} and this Syntra knows ${newest}: start a newer Syntra; nothing was changed.`,
    );
  }
  const checksums = new Map(applied.map(({ version, checksum }) => [version, checksum]));
  const changed = known.find(({ version, checksum }) => (checksums.get(version) ?? checksum) !== checksum);
  if (changed) {
    throw new StateVersionError(
      `The state tables were made by another ${changed.name} than this Syntra has: a migration that was released must never change; nothing was changed.`,
    );
  }
  return known.filter(({ version }) => !checksums.has(version));
};

const readMigrations = async (directory: string): Promise<Migration[]> => {
  const names = (await readdir(directory)).filter((name) => /^\d{4}-[a-z-]+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(directory, name), 'utf8');
      return {
        version: Number(name.slice(0, 4)),
        name,
        checksum: createHash('sha256').update(sql).digest('hex'),
        sql,
      };
    }),
  );
};
