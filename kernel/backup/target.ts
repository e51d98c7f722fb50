/** The directory that a backup is written to: empty or missing before, and marked until the backup is whole. */
import { mkdir, readdir, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { amountOf, measureDisk } from '../disk-space.ts';
import { flushDirectory, writeDurably } from '../durable-file.ts';
import { BackupError } from './manifest.ts';

/** There until the backup is whole; a directory that has it may be emptied by the next backup. */
export const unfinishedMark = 'unfinished';

/**
 * Makes the directory, or empties it of a backup that was not finished.
 * @throws BackupError when it holds anything else, or lies in the data directory.
 */
export const prepareTarget = async (path: string, dataDir: string): Promise<void> => {
  await mkdir(path, { recursive: true, mode: 0o700 }).catch((error: Error) => {
    throw new BackupError(`${path} cannot be made: ${error.message}.`);
  });
  const inside = relative(await realpath(dataDir), await realpath(path));
  if (inside === '' || !inside.startsWith('..')) {
    throw new BackupError(`${path} lies in the data directory itself: choose a place outside of it.`);
  }
  const found = await readdir(path);
  if (found.includes(unfinishedMark)) await empty(path);
  else if (!isEmpty(found)) throw new BackupError(`${path} is not empty: choose a new directory for each backup.`);
  await writeDurably(join(path, unfinishedMark), '');
};

/** Takes everything out, the mark last. */
export const empty = async (path: string, mark = unfinishedMark): Promise<void> => {
  for (const name of await readdir(path)) {
    if (name !== mark && name !== foundByCheck) await rm(join(path, name), { recursive: true, force: true });
  }
  await rm(join(path, mark), { force: true });
};

export const isEmpty = (names: readonly string[]): boolean => names.every((name) => name === foundByCheck);

/** Every ext4 file system has it in its root. */
const foundByCheck = 'lost+found';

export const finishTarget = async (path: string): Promise<void> => {
  await rm(join(path, unfinishedMark));
  await flushDirectory(path);
  await flushDirectory(dirname(path));
};

/** @throws BackupError when there is less room than `bytes`, and what the running Syntra wants kept free on the same disk. */
export const assertRoom = async (path: string, bytes: number, dataDir: string | undefined): Promise<void> => {
  const { freeBytes, reserveBytes } = await measureDisk(path);
  const sharesDisk = dataDir !== undefined && (await stat(dataDir)).dev === (await stat(path)).dev;
  // Files take whole blocks, and there are many small ones.
  const neededBytes = bytes * 1.05 + 64 * 2 ** 20 + (sharesDisk ? reserveBytes : 0);
  if (freeBytes >= neededBytes) return;
  throw new BackupError(
    `There is not enough room in ${path}: ${amountOf(freeBytes)} are free, ${amountOf(neededBytes)} are needed.`,
  );
};
