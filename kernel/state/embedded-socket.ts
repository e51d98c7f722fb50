/** Where the server's socket lies: beside its data, or below /tmp when that path is too long for a socket. */
import { createHash } from 'node:crypto';
import { chown, lstat, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedPostgresError } from './embedded-error.ts';
import type { PostgresHome } from './embedded-home.ts';

/** Part of the socket's name; no port is opened. */
export const socketPort = 5432;

/** An empty directory that nobody but the server's user may open. @throws EmbeddedPostgresError when it cannot be had. */
export const makeSocketDirectory = async ({ directory, user }: PostgresHome): Promise<string> => {
  const path = shortEnough(join(directory, 'socket')) ?? join('/tmp', `syntra-${hashOf(directory)}`);
  const uid = user?.uid ?? process.getuid?.();
  try {
    await mkdir(path, { mode: 0o700 });
    if (user) await chown(path, user.uid, user.gid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  // Below /tmp anybody could have been there first.
  const found = await lstat(path);
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0) {
    throw new EmbeddedPostgresError(
      `${path} was made by somebody else: remove it, or choose a shorter SYNTRA_DATA_DIR.`,
    );
  }
  // What a killed server left there names a process that may be another one by now.
  const socket = join(path, `.s.PGSQL.${socketPort}`);
  await rm(socket, { force: true });
  await rm(`${socket}.lock`, { force: true });
  return path;
};

/** Bytes of a socket's path without the final zero: 107 on Linux, 103 on macOS. */
const maxSocketPathBytes = 103;

const shortEnough = (directory: string): string | undefined =>
  Buffer.byteLength(join(directory, `.s.PGSQL.${socketPort}`)) <= maxSocketPathBytes ? directory : undefined;

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
