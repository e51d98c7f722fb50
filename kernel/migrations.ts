/** Numbered SQL files, and which of them a store still lacks. How they are applied is each store's own matter. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OperatorError } from './operator-error.ts';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly sql: string;
}

/** What a store remembers of a migration that was applied to it. */
export type AppliedMigration = Omit<Migration, 'sql'>;

/** The tables are of a newer program, or not what the files of this one made; the message is one sentence, nothing was changed. */
export class TablesVersionError extends OperatorError {
  override readonly name = 'TablesVersionError';
}

/** In order of their numbers. */
export const readMigrations = async (directory: string): Promise<Migration[]> => {
  const names = (await readdir(directory)).filter((name) => /^\d{4}-[a-z-]+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(directory, name), 'utf8');
      const checksum = createHash('sha256').update(sql).digest('hex');
      return { version: Number(name.slice(0, 4)), name, checksum, sql };
    }),
  );
};

/**
 * Those of `known` that have not been applied.
 * @param store what the sentence calls the tables: state, telemetry.
 * @throws TablesVersionError
 */
export const missingMigrations = (
  store: string,
  applied: readonly AppliedMigration[],
  known: readonly Migration[],
): readonly Migration[] => {
  const newest = known.at(-1)?.version ?? 0;
  const beyond = applied.find(({ version }) => version > newest);
  if (beyond) {
    throw new TablesVersionError(
      `The ${store} tables are at version ${beyond.version} and this Syntra knows ${newest}: start a newer Syntra; nothing was changed.`,
    );
  }
  const checksums = new Map(applied.map(({ version, checksum }) => [version, checksum]));
  const changed = known.find(({ version, checksum }) => (checksums.get(version) ?? checksum) !== checksum);
  if (changed) {
    throw new TablesVersionError(
      `The ${store} tables were made by another ${changed.name} than this Syntra has: a migration that was released must never change; nothing was changed.`,
    );
  }
  return known.filter(({ version }) => !checksums.has(version));
};
