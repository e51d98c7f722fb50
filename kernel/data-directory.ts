/**
 * The directory where the embedded stores live: held by one process at a time, and never touched when it is not ours
 * to use. The lock is the operating system's (through SQLite's), so it ends with the process, however that ends.
 */
import { access, constants, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { writeDurably } from './durable-file.ts';
import { OperatorError } from './operator-error.ts';

export interface DataDirectory {
  readonly path: string;
  release(): void;
}

/** One sentence for the person who started the program. */
export class DataDirectoryError extends OperatorError {
  override readonly name = 'DataDirectoryError';
}

/** Raised when an older program could not read what this one writes. */
const formatVersion = 1;

/** There while a backup is being restored into the directory: what is there besides is not whole. */
export const restoringMark = 'restoring';

/** Creates the directory when it is missing. @throws DataDirectoryError when it is in use, not usable, or from a newer version. */
export const holdDataDirectory = async (path: string): Promise<DataDirectory> => {
  try {
    // What people send us is nobody else's to read.
    await mkdir(path, { recursive: true, mode: 0o700 });
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new DataDirectoryError(`The data directory ${path} cannot be used: ${reason(error)}.`);
  }
  if (await exists(join(path, restoringMark))) {
    throw new DataDirectoryError(
      `A restore into ${path} was not finished, so what is there is not whole: empty the directory and restore again.`,
    );
  }
  const found = await readFormat(path);
  if (found !== undefined && found > formatVersion) {
    throw new DataDirectoryError(
      `The data directory ${path} was written by a newer Syntra (format ${found}, this one knows ${formatVersion}): start that version, or choose another directory with SYNTRA_DATA_DIR.`,
    );
  }
  const release = lockDataDirectory(path);
  if (found === undefined) await writeDurably(join(path, 'format'), `${formatVersion}\n`);
  return { path, release };
};

const readFormat = async (path: string): Promise<number | undefined> => {
  let text: string;
  try {
    text = await readFile(join(path, 'format'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new DataDirectoryError(`The data directory ${path} cannot be read: ${reason(error)}.`);
  }
  if (/^\d+\s*$/.test(text)) return Number(text);
  throw new DataDirectoryError(`The file "format" in the data directory ${path} is damaged: it should hold a number.`);
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Stays when the lock is let go of: another file of that name would be another lock. */
const lockFile = 'lock';

/** Whether that is all there is to a file of this name; SQLite keeps a journal beside it. */
export const isLock = (name: string): boolean => name === lockFile || name === `${lockFile}-journal`;

/**
 * The lock alone, for who puts together what is to be a data directory.
 * @returns what lets go of it
 * @throws DataDirectoryError when another has it
 */
export const lockDataDirectory = (path: string): (() => void) => {
  let lock: DatabaseSync | undefined;
  try {
    const taken = new DatabaseSync(join(path, lockFile));
    lock = taken;
    taken.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return () => taken.close();
  } catch (error) {
    lock?.close();
    if (/locked/.test((error as Error).message)) {
      throw new DataDirectoryError(
        `The data directory ${path} is in use by another Syntra: stop that one, or choose another directory with SYNTRA_DATA_DIR.`,
      );
    }
    throw new DataDirectoryError(`The data directory ${path} cannot be used: ${(error as Error).message}.`);
  }
};

const reason = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  const known: Record<string, string> = {
    EACCES: 'permission denied',
    ENOTDIR: 'part of the path is not a directory',
    EEXIST: 'it is not a directory',
    EROFS: 'the file system is read-only',
    ENOSPC: 'the disk is full',
  };
  return known[code ?? ''] ?? message;
};
