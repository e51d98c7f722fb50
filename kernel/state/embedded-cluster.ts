/** The server's data directory: made on the first start, refused when another version of PostgreSQL wrote it. */
import { execFile } from 'node:child_process';
import { chown, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Binaries, majorVersion } from './embedded-binaries.ts';
import { EmbeddedPostgresError } from './embedded-error.ts';
import type { PostgresHome } from './embedded-home.ts';
import { giveTo, userForInitdb } from './embedded-user.ts';

/** The role we connect as, which owns everything. */
export const ownerRole = 'syntra';

/** initdb makes it; a database of our own would cost a copy of it at the first start. */
export const databaseName = 'postgres';

/** Nothing of ours goes to PostgreSQL by environment, a password least of all. With TZ set, initdb need not guess it. */
export const environment = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' };

/**
 * Absolute path of the data directory in `home`. It takes its name when initdb is through and everything is on disk,
 * so that a first start that was cut off is simply made again.
 * @throws EmbeddedPostgresError
 */
export const prepareCluster = async (home: PostgresHome, binaries: Binaries): Promise<string> => {
  const directory = join(home.directory, 'data');
  const version = await versionOf(directory);
  if (version === majorVersion) return directory;
  if (version !== undefined) {
    throw new EmbeddedPostgresError(
      `${directory} was written by PostgreSQL ${version}, and this Syntra brings ${majorVersion}: start the Syntra that wrote it, or choose another SYNTRA_DATA_DIR; nothing was changed.`,
    );
  }
  const unfinished = join(home.directory, 'data.unfinished');
  await rm(unfinished, { recursive: true, force: true });
  await initialise(home, binaries, unfinished);
  await rename(unfinished, directory);
  await flush(home.directory);
  return directory;
};

const versionOf = async (directory: string): Promise<string | undefined> => {
  try {
    return (await readFile(join(directory, 'PG_VERSION'), 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

/**
 * The locale is PostgreSQL's own, so that no update of the machine's C library changes the order of an index. Who can
 * open the socket is trusted: it lies in a directory that is closed to everyone but the server's user, as the data do.
 */
const initialise = async ({ directory, user }: PostgresHome, { initdb }: Binaries, target: string): Promise<void> => {
  const runAs = user && (await userForInitdb(user));
  await mkdir(target, { mode: 0o700 });
  if (runAs) {
    await chown(directory, runAs.uid, runAs.gid);
    await chown(target, runAs.uid, runAs.gid);
  }
  const options = [
    ...['--pgdata', target, '--username', ownerRole, '--encoding', 'UTF8', '--locale', 'C'],
    ...['--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
    ...['--auth-local', 'trust', '--auth-host', 'reject', '--no-instructions'],
    // A thousand small files are on disk sooner when the file system is told once.
    ...(process.platform === 'linux' ? ['--sync-method', 'syncfs'] : []),
  ];
  try {
    await promisify(execFile)(initdb, options, { ...runAs, cwd: '/', env: environment });
  } catch (error) {
    throw new EmbeddedPostgresError(`PostgreSQL could not be set up in ${target}: ${reasonOf(error)}`, {
      cause: error,
    });
  } finally {
    if (user) await chown(directory, user.uid, user.gid);
  }
  if (user) await giveTo(user, target);
};

const reasonOf = (error: unknown): string => {
  const { code, stderr } = error as { code?: unknown; stderr?: string };
  // The file is there, so what is missing is the loader it names.
  if (code === 'ENOENT') return 'its programs need glibc, which this system does not have (Alpine, for one).';
  const lines = stderr?.trim().split('\n') ?? [];
  return lines.find((line) => /error:|fatal:|could not/i.test(line)) ?? lines.at(-1) ?? String(error);
};

/** Makes a rename in `directory` outlive a power cut. */
const flush = async (directory: string): Promise<void> => {
  const handle = await open(directory);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};
