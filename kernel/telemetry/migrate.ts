/** Brings the telemetry tables to the version of this program: numbered SQL files, each applied once, in order. */
import { join } from 'node:path';
import { amountOf } from '../disk-space.ts';
import { type AppliedMigration, type Migration, missingMigrations, readMigrations } from '../migrations.ts';
import type { Telemetry } from './client.ts';
import { assertRoomForCopies, copiesIn, measureTableDisk, tableSizes } from './room-for-copies.ts';

export interface MigrateOptions {
  /** Told in a sentence of each table that is copied, before and after: it can take long. */
  readonly report?: (sentence: string) => void;
  /** For tests. */
  readonly measure?: typeof measureTableDisk;
}

/**
 * Statements of a file run one by one and are not rolled back: write them so that a second run of a file that was cut
 * off by a crash does no harm (`IF NOT EXISTS` is added to every CREATE here). A table that takes the place of another
 * must be filled by `INSERT INTO … SELECT * FROM …` and put there by EXCHANGE.
 * @throws TablesVersionError; OperatorError when the disk has no room for a table that must be copied
 */
export const migrateTelemetry = async (
  telemetry: Telemetry,
  { report = () => {}, measure = measureTableDisk }: MigrateOptions = {},
): Promise<void> => {
  await telemetry.command(`CREATE TABLE IF NOT EXISTS migrations (
    version UInt32, name String, checksum String, applied_at DateTime('UTC') DEFAULT now()
  ) ENGINE = MergeTree ORDER BY version`);
  const applied = await telemetry.inspect<AppliedMigration>(
    'SELECT version, name, checksum FROM migrations ORDER BY version',
  );
  const known = await readMigrations(join(import.meta.dirname, 'tables'));
  const missing = missingMigrations('telemetry', applied, known);
  if (missing.some(({ sql }) => copiesIn(sql).length > 0)) {
    assertRoomForCopies(missing, await tableSizes(telemetry), await measure(telemetry));
  }
  for (const migration of missing) await apply(telemetry, migration, report);
};

const apply = async (
  telemetry: Telemetry,
  { version, name, checksum, sql }: Migration,
  report: (sentence: string) => void,
): Promise<void> => {
  for (const statement of splitStatements(sql)) {
    const [copy] = copiesIn(statement);
    if (copy === undefined) await telemetry.command(statement);
    else {
      await toldOf(telemetry, name, copy.from, report, () => telemetry.command(statement));
      await telemetry.carryTokens?.(copy);
    }
  }
  await telemetry.command(
    `INSERT INTO migrations (version, name, checksum) VALUES (${version}, '${name}', '${checksum}')`,
  );
};

const toldOf = async (
  telemetry: Telemetry,
  migration: string,
  table: string,
  report: (sentence: string) => void,
  copy: () => Promise<void>,
): Promise<void> => {
  const size = (await tableSizes(telemetry)).get(table);
  if (size === undefined) return copy();
  const started = performance.now();
  report(
    `${migration} copies the telemetry table ${table}: ${size.rows.toLocaleString('en')} rows, ${amountOf(size.bytes)}. Stopped before it is done, it begins again.`,
  );
  await copy();
  report(`${table} was copied in ${Math.ceil((performance.now() - started) / 1000)} s.`);
};

const splitStatements = (sql: string): string[] =>
  sql
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
    .map((statement) =>
      statement
        .replace(/^CREATE (TABLE|MATERIALIZED VIEW) (?!IF NOT EXISTS)/m, 'CREATE $1 IF NOT EXISTS ')
        // Its room is needed at once and not in eight minutes; and a server refuses by itself to drop more than 50 GB.
        .replace(/^(DROP|TRUNCATE) TABLE (?:IF EXISTS )?\w+$/m, '$& SYNC SETTINGS max_table_size_to_drop = 0'),
    );
