/**
 * Where the embedded PostgreSQL lives. Usually that is `state` in the data directory. Started by root, the server runs
 * as another user, who cannot get through to a data directory below, say, /root: then `state` is a link to a directory
 * of the server's own below /var/lib/syntra.
 */
import {
  access,
  chmod,
  chown,
  constants,
  lstat,
  mkdir,
  mkdtemp,
  readlink,
  realpath,
  rmdir,
  stat,
  symlink,
} from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedPostgresError } from './embedded-error.ts';
import { ownUser, type ProcessUser, userMay } from './embedded-user.ts';

export interface PostgresHome {
  /** Absolute, without links, open to nobody but the user the server runs as. */
  readonly directory: string;
  /** Undefined: the server runs as we do. */
  readonly user: ProcessUser | undefined;
}

const rootDirectory = '/var/lib/syntra';

/** Where root puts what the server's user could not reach otherwise: anyone may pass, nobody may look around. */
export const openRootDirectory = async (): Promise<string> => {
  await mkdir(rootDirectory, { recursive: true });
  await chmod(rootDirectory, 0o711);
  return rootDirectory;
};

/**
 * @param dataDir an existing directory.
 * @throws EmbeddedPostgresError when no place can be found that the server's user may use.
 */
export const prepareHome = async (dataDir: string): Promise<PostgresHome> => {
  const place = join(dataDir, 'state');
  const isRoot = process.getuid?.() === 0;
  if (isRoot) await refuseForeignLink(place);
  await makeDirectory(place);
  const directory = await realpath(place);
  if (!isRoot) {
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK).catch((cause: unknown) => {
      throw new EmbeddedPostgresError(
        `${directory} belongs to another user, as it does after Syntra was started as root: start it as root again, or choose another SYNTRA_DATA_DIR.`,
        { cause },
      );
    });
    return { directory, user: undefined };
  }
  const user = await ownerOf(directory);
  await chown(directory, user.uid, user.gid);
  if (await canUse(user, directory)) return { directory, user };
  if ((await letGroupThrough(dataDir, user)) && (await canUse(user, directory))) return { directory, user };
  return { directory: await moveOut(place, user), user };
};

/** Root gives away what the link leads to: whoever made it could choose any directory of the machine for that. */
const refuseForeignLink = async (place: string): Promise<void> => {
  const found = await lstat(place).catch(() => undefined);
  if (found?.isSymbolicLink() && found.uid !== 0) {
    throw new EmbeddedPostgresError(
      `${place} is a link that user ${found.uid} made, and root must not follow it: start Syntra as that user, or choose another SYNTRA_DATA_DIR.`,
    );
  }
};

/** Also where a link was kept and what it leads to was not. */
const makeDirectory = async (place: string): Promise<void> => {
  const target = await readlink(place).catch(() => place);
  await mkdir(target, { recursive: true, mode: 0o700 });
};

/** The server must own its files: those of an ordinary user stay theirs when root starts Syntra for once. */
const ownerOf = async (directory: string): Promise<ProcessUser> => {
  const data = await stat(join(directory, 'data')).catch(() => undefined);
  return data === undefined || data.uid === 0 ? ownUser : { uid: data.uid, gid: data.gid };
};

const canUse = (user: ProcessUser, directory: string): Promise<boolean> =>
  userMay(user, [
    ['x', directory],
    ['w', directory],
  ]);

/** Lets the server's group, in which there is nobody else, pass a data directory that was root's alone. Nothing of it becomes readable. */
const letGroupThrough = async (dataDir: string, user: ProcessUser): Promise<boolean> => {
  const { uid, mode } = await stat(dataDir);
  if (user.gid !== ownUser.gid || uid !== 0 || (mode & 0o077) !== 0) return false;
  await chown(dataDir, uid, user.gid);
  await chmod(dataDir, 0o710);
  return true;
};

const moveOut = async (place: string, user: ProcessUser): Promise<string> => {
  const unreachable = (cause?: unknown) =>
    new EmbeddedPostgresError(
      `PostgreSQL refuses to run as root, and user ${user.uid}, which it runs as instead, cannot reach ${place}: choose a SYNTRA_DATA_DIR that other users can pass, or start Syntra as an ordinary user.`,
      { cause },
    );
  let directory: string;
  try {
    // Fails when there is something in it already, which must not be left behind.
    await rmdir(place);
    // Never one that was there: a data directory that was moved away still has its own, and a new one in its place must
    // not take that over. Only the link says whose it is.
    directory = await mkdtemp(join(await openRootDirectory(), 'state-'));
    await chown(directory, user.uid, user.gid);
    await symlink(directory, place);
  } catch (error) {
    throw unreachable(error);
  }
  if (!(await canUse(user, directory))) throw unreachable();
  return directory;
};
