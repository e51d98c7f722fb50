/** Brings the telemetry tables to the version of this program: numbered SQL files, each applied once, in order. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OperatorError } from '../operator-error.ts';
import type { Telemetry } from './client.ts';

/** The store holds tables of a newer program; nothing was touched. */
export class NewerTablesError extends OperatorError {
  override readonly name = 'NewerTablesError';
}

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly statements: readonly string[];
}

/**
 * Statements of a file run one by one and are not rolled back: write them so that a second run of a file that was cut
 * off by a crash does no harm (`IF NOT EXISTS` is added to every CREATE here).
 * @throws NewerTablesError, or Error when a file that was applied has changed since.
 */
export const migrateTelemetry = async (telemetry: Telemetry): Promise<void> => {
  await telemetry.command(`CREATE TABLE IF NOT EXISTS migrations (
    version UInt32, name String, checksum String, applied_at DateTime('UTC') DEFAULT now()
  ) ENGINE = MergeTree ORDER BY version`);
  const applied = await telemetry.inspect<{ version: number; name: string; checksum: string }>(
    'SELECT version, name, checksum FROM migrations ORDER BY version',
  );
  const migrations = await readMigrations();
  const newest = migrations.at(-1)!.version;
  const beyond = applied.find((m) => m.version > newest);
  if (beyond) {
    throw new NewerTablesError(
      `The telemetry tables are at version ${beyond.version}, this program knows ${newest}: start a newer Syntra, or restore a backup.`,
    );
  }
  for (const migration of migrations) {
    const before = applied.find((m) => m.version === migration.version);
    if (before === undefined) await apply(telemetry, migration);
    else if (before.checksum !== migration.checksum) {
      throw new Error(`Migration ${migration.name} has changed since it was applied: add a new one instead.`);
    }
  }
};

const apply = async (telemetry: Telemetry, { version, name, checksum, statements }: Migration): Promise<void> => {
  for (const statement of statements) await telemetry.command(statement);
  await telemetry.command(
    `INSERT INTO migrations (version, name, checksum) VALUES (${version}, '${name}', '${checksum}')`,
  );
};

const readMigrations = async (): Promise<Migration[]> => {
  const directory = join(import.meta.dirname, 'tables');
  const names = (await readdir(directory)).filter((name) => /^\d{4}-[a-z-]+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(directory, name), 'utf8');
      return {
        version: Number(name.slice(0, 4)),
        name,
        checksum: createHash('sha256').update(sql).digest('hex'),
        statements: splitStatements(sql),
      };
    }),
  );
};

const splitStatements = (sql: string): string[] =>
  sql
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
    .map((statement) =>
      statement.replace(/^CREATE (TABLE|MATERIALIZED VIEW) (?!IF NOT EXISTS)/m, 'CREATE $1 IF NOT EXISTS '),
    );
