/** Puts a backup into a data directory, which a Syntra can then be started on. */
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isLock, lockDataDirectory, restoringMark } from '../data-directory.ts';
import { amountOf } from '../disk-space.ts';
import { flushDirectory, writeDurably } from '../durable-file.ts';
import { type PostgresHome, prepareHome } from '../state/embedded-home.ts';
import { giveTo } from '../state/embedded-user.ts';
import { tellProgress } from './backup.ts';
import { type FileToCopy, filesInto } from './files.ts';
import { BackupError, type Entry, type Manifest, readManifest } from './manifest.ts';
import { stateRoot } from './state-part.ts';
import { assertRoom, empty, isEmpty, unfinishedMark } from './target.ts';

export interface RestoreOptions {
  readonly from: string;
  /** Empty or missing. */
  readonly dataDir: string;
  readonly tell: (line: string) => void;
}

/**
 * Nobody can start on the directory before all of it is there and was compared with what was backed up.
 * @throws BackupError when the backup is not whole, or the directory not empty; then the directory is empty again.
 * @throws DataDirectoryError when somebody uses the directory
 */
export const restoreBackup = async ({ from, dataDir, tell }: RestoreOptions): Promise<void> => {
  const manifest = await readManifest(from);
  if ((await readdir(from)).includes(unfinishedMark)) {
    throw new BackupError(`The backup in ${from} was not finished.`);
  }
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await assertEmpty(dataDir);
  await assertSizes(from, manifest);
  await assertRoom(dataDir, manifest.bytes, undefined);
  const release = lockDataDirectory(dataDir);
  try {
    // Again, because nobody else can begin anything in it from now on.
    await assertEmpty(dataDir);
    await restoreInto(dataDir, from, manifest, tell);
  } finally {
    release();
  }
  tell(`${dataDir} is as it was then.`);
};

const restoreInto = async (
  dataDir: string,
  from: string,
  manifest: Manifest,
  tell: (line: string) => void,
): Promise<void> => {
  await writeDurably(join(dataDir, restoringMark), '');
  /** What held nothing before. */
  const ours = [dataDir];
  try {
    // PostgreSQL may have to live elsewhere, and as somebody else.
    const home = await prepareHome(dataDir);
    ours.push(home.directory);
    tell(`Restoring ${amountOf(manifest.bytes)}, taken at ${new Date(manifest.takenAtMs).toISOString()}.`);
    await copyBack(from, manifest, dataDir, home, tell);
    await rm(join(dataDir, restoringMark));
    await flushDirectory(dataDir);
  } catch (error) {
    for (const directory of ours.reverse()) await empty(directory, restoringMark);
    throw error;
  }
};

const assertEmpty = async (dataDir: string): Promise<void> => {
  if (isEmpty((await readdir(dataDir)).filter((name) => !isLock(name)))) return;
  throw new BackupError(`${dataDir} is not empty: a backup is restored into a new data directory only.`);
};

const copyBack = async (
  from: string,
  manifest: Manifest,
  dataDir: string,
  home: PostgresHome,
  tell: (line: string) => void,
): Promise<void> => {
  const progress = tellProgress(tell);
  progress.total = manifest.bytes;
  const { signal } = new AbortController();
  const isState = ({ path }: Entry): boolean => path === stateRoot || path.startsWith(`${stateRoot}/`);
  const copy = async (entries: readonly Entry[], to: string, pathIn: (path: string) => string): Promise<void> => {
    const files = filesInto({ directory: to, signal, onBytes: progress.wrote });
    await files.copy(entries.map((entry) => toCopy(entry, join(from, entry.path), pathIn(entry.path))));
    await files.flush();
    const expected = new Map(entries.map((entry) => [pathIn(entry.path), entry]));
    for (const entry of files.entries) assertSame(entry, expected.get(entry.path), from);
  };
  await copy(
    manifest.entries.filter((entry) => !isState(entry)),
    dataDir,
    (path) => path,
  );
  const cluster = join(home.directory, 'data');
  await mkdir(cluster, { mode: 0o700 });
  await copy(
    manifest.entries.filter((entry) => isState(entry) && entry.path !== stateRoot),
    cluster,
    (path) => path.slice(stateRoot.length + 1),
  );
  await flushDirectory(home.directory);
  if (home.user) await giveTo(home.user, cluster);
};

const toCopy = (entry: Entry, from: string, path: string): FileToCopy | Entry =>
  'bytes' in entry ? { from, path } : { ...entry, path };

/** Before anything is written. */
const assertSizes = async (from: string, { entries }: Manifest): Promise<void> => {
  for (const entry of entries) {
    if (!('bytes' in entry)) continue;
    const found = await stat(join(from, entry.path)).catch(() => undefined);
    if (found?.size !== entry.bytes) throw damaged(from, entry.path);
  }
};

const assertSame = (copied: Entry, expected: Entry | undefined, from: string): void => {
  if (!('bytes' in copied)) return;
  if (expected && 'bytes' in expected && copied.sha256 === expected.sha256) return;
  throw damaged(from, expected?.path ?? copied.path);
};

const damaged = (from: string, path: string): BackupError =>
  new BackupError(`The backup in ${from} is damaged: ${path} is not what was backed up.`);
