/** Brings the telemetry tables to the version of this program: numbered SQL files, each applied once, in order. */
import { join } from 'node:path';
import { type AppliedMigration, type Migration, missingMigrations, readMigrations } from '../migrations.ts';
import type { Telemetry } from './client.ts';

/**
 * Statements of a file run one by one and are not rolled back: write them so that a second run of a file that was cut
 * off by a crash does no harm (`IF NOT EXISTS` is added to every CREATE here).
 * @throws TablesVersionError
 */
export const migrateTelemetry = async (telemetry: Telemetry): Promise<void> => {
  await telemetry.command(`CREATE TABLE IF NOT EXISTS migrations (
    version UInt32, name String, checksum String, applied_at DateTime('UTC') DEFAULT now()
  ) ENGINE = MergeTree ORDER BY version`);
  const applied = await telemetry.inspect<AppliedMigration>(
    'SELECT version, name, checksum FROM migrations ORDER BY version',
  );
  const known = await readMigrations(join(import.meta.dirname, 'tables'));
  for (const migration of missingMigrations('telemetry', applied, known)) await apply(telemetry, migration);
};

const apply = async (telemetry: Telemetry, { version, name, checksum, sql }: Migration): Promise<void> => {
  for (const statement of splitStatements(sql)) await telemetry.command(statement);
  await telemetry.command(
    `INSERT INTO migrations (version, name, checksum) VALUES (${version}, '${name}', '${checksum}')`,
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
