/**
 * Whom PostgreSQL runs as. It refuses to be root, so root gives it a user of its own: a number that no distribution
 * hands out, because `nobody` is shared by whatever else a machine runs without a user.
 */
import { execFile } from 'node:child_process';
import { chown, lchown, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedPostgresError } from './embedded-error.ts';

export interface ProcessUser {
  readonly uid: number;
  readonly gid: number;
}

/** systemd's table of user ids leaves 65520 to 65533 to nobody, Debian's policy reserves them: both never assign one. */
export const ownUser: ProcessUser = { uid: 65_530, gid: 65_530 };

/** initdb insists on a user with a name, which `ownUser` has not. The group stays, so that it gets through to the files. */
export const userForInitdb = async (user: ProcessUser): Promise<ProcessUser> => {
  if (user.uid !== ownUser.uid) return user;
  const { stdout } = await execute('id', ['-u', 'nobody']).catch((cause: unknown) => {
    throw new EmbeddedPostgresError(
      'Syntra was started as root, PostgreSQL refuses to run as root, and there is no user called nobody to set it up: start Syntra as an ordinary user.',
      { cause },
    );
  });
  return { uid: Number(stdout), gid: user.gid };
};

/** Whether `user` passes `test -<check> path` for every check; without a user, whether we do. */
export const userMay = async (
  user: ProcessUser | undefined,
  checks: readonly (readonly ['r' | 'w' | 'x', string])[],
): Promise<boolean> => {
  const script = checks.map(([check], i) => `test -${check} "\${${i + 1}}"`).join(' && ');
  try {
    await execute('/bin/sh', ['-c', script, 'sh', ...checks.map(([, path]) => path)], { ...user, cwd: '/' });
    return true;
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (typeof code === 'number') return false;
    throw new EmbeddedPostgresError(
      `Syntra was started as root, PostgreSQL refuses to run as root, and this root may not switch to another user (${code}): start Syntra as an ordinary user.`,
      { cause: error },
    );
  }
};

/** Gives a directory and all in it to `user`. */
export const giveTo = async (user: ProcessUser, directory: string): Promise<void> => {
  await chown(directory, user.uid, user.gid);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await giveTo(user, path);
    else await lchown(path, user.uid, user.gid);
  }
};

const execute = promisify(execFile);
