/** What a restore refuses: it is better to have no data directory than one that is not what was backed up. */
import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { prepareHome } from '../state/embedded-home.ts';
import { filesBelow, filesInto } from './files.ts';
import { type Manifest, readManifest, writeManifest } from './manifest.ts';
import { restoreBackup } from './restore.ts';

let directory: string;
let from: string;
let dataDir: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-restore-'));
  // So that PostgreSQL, which root starts as somebody else, would get through to its files.
  await chmod(directory, 0o711);
  from = join(directory, 'backup');
  dataDir = join(directory, 'data');
  const source = join(directory, 'source');
  await mkdir(join(source, 'chdb', 'empty'), { recursive: true });
  await mkdir(join(source, 'state', 'base'), { recursive: true });
  await writeFile(join(source, 'format'), '1\n');
  await writeFile(join(source, 'chdb', 'part'), 'rows');
  await writeFile(join(source, 'state', 'base', '1'), 'states');
  await mkdir(from);
  const files = filesInto({ directory: from, signal: new AbortController().signal });
  await files.copy(filesBelow(source, '.'));
  await files.copy([{ path: 'chdb/link', link: 'part' }]);
  await files.flush();
  await writeManifest(from, {
    version: 'test',
    takenAtMs: 1,
    entries: files.entries.filter(({ path }) => path !== '.'),
  });
});
afterEach(() => rm(directory, { recursive: true }));

const restore = () => restoreBackup({ from, dataDir, tell: () => {} });
const edit = async (change: (manifest: Manifest) => object) => {
  const manifest = await readManifest(from);
  await writeFile(join(from, 'backup.json'), JSON.stringify({ ...manifest, ...change(manifest) }));
};

test('puts every file, link and empty directory where it was, for nobody else to read', async () => {
  await restore();
  expect((await readdir(dataDir)).sort()).toEqual(['chdb', 'format', 'lock', 'state']);
  expect((await readdir(join(dataDir, 'chdb'))).sort()).toEqual(['empty', 'link', 'part']);
  expect(await readFile(join(dataDir, 'chdb', 'link'), 'utf8')).toBe('rows');
  expect(await readFile(join(dataDir, 'state', 'data', 'base', '1'), 'utf8')).toBe('states');
});

test.each([
  ['a file that was changed', () => writeFile(join(from, 'chdb', 'part'), 'ROWS'), /damaged: chdb\/part/],
  [
    'a file that was changed in the state',
    () => writeFile(join(from, 'state', 'base', '1'), 'STATES'),
    /damaged: state/,
  ],
  ['a file that is longer', () => appendFile(join(from, 'format'), '1'), /damaged: format/],
  ['a file that is missing', () => rm(join(from, 'chdb', 'part')), /damaged: chdb\/part/],
  ['no manifest', () => rm(join(from, 'backup.json')), /was not finished: there is no backup.json/],
  ['half a manifest', () => writeFile(join(from, 'backup.json'), '{"format":1,'), /backup.json cannot be read/],
  ['the mark of an unfinished one', () => writeFile(join(from, 'unfinished'), ''), /was not finished/],
  ['a newer format', () => edit(() => ({ format: 99 })), /taken by a newer Syntra/],
  [
    'a way out of the directory',
    () => edit(() => ({ entries: [{ path: '../x', directory: true }] })),
    /cannot be read/,
  ],
  [
    'a link out of the directory',
    () => edit(() => ({ entries: [{ path: 'chdb/x', link: '../../x' }] })),
    /cannot be read/,
  ],
])('refuses %s, and leaves nothing behind', async (_, damage, message) => {
  await damage();
  await expect(restore()).rejects.toThrow(message);
  expect(await readdir(dataDir).catch(() => [])).toEqual([]);
});

test('refuses a directory that is not empty, and leaves it alone', async () => {
  await mkdir(dataDir);
  await writeFile(join(dataDir, 'mine'), '');
  await expect(restore()).rejects.toThrow(/is not empty/);
  expect(await readdir(dataDir)).toEqual(['mine']);
});

test('a disk of its own keeps what the check of its file system has put there', async () => {
  const found = join(dataDir, 'lost+found', 'found');
  await mkdir(join(dataDir, 'lost+found'), { recursive: true });
  await writeFile(found, 'mine');
  await writeFile(join(from, 'chdb', 'part'), 'ROWS');
  await expect(restore()).rejects.toThrow(/damaged/);
  expect(await readdir(dataDir)).toEqual(['lost+found']);
  await writeFile(join(from, 'chdb', 'part'), 'rows');
  await restore();
  expect(await readFile(found, 'utf8')).toBe('mine');
});

test('of two restores into one directory the second is refused, and the first is whole', async () => {
  const answers = await Promise.allSettled([restore(), restore()]);
  expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(answers.find((each) => each.status === 'rejected')?.reason.message).toMatch(/is in use|is not empty/);
  expect(await readFile(join(dataDir, 'chdb', 'part'), 'utf8')).toBe('rows');
  expect(await readFile(join(dataDir, 'state', 'data', 'base', '1'), 'utf8')).toBe('states');
});

// For an ordinary user the state is in the data directory itself.
if (process.getuid?.() === 0) {
  test('as root, the database of a directory that had this name before is left alone', async () => {
    await chmod(directory, 0o700);
    await mkdir(dataDir, { mode: 0o755 });
    const { directory: elsewhere } = await prepareHome(dataDir);
    try {
      expect(elsewhere).toMatch(/^\/var\/lib\/syntra\/state-/);
      await mkdir(join(elsewhere, 'data'));
      await writeFile(join(elsewhere, 'data', 'PG_VERSION'), '18');
      await rename(dataDir, join(directory, 'data-old'));
      await restore();
      expect(await readFile(join(directory, 'data-old', 'state', 'data', 'PG_VERSION'), 'utf8')).toBe('18');
      const restored = await realpath(join(dataDir, 'state'));
      expect(restored).not.toBe(elsewhere);
      expect(await readFile(join(restored, 'data', 'base', '1'), 'utf8')).toBe('states');
      await rm(restored, { recursive: true });
    } finally {
      await rm(elsewhere, { recursive: true });
    }
  });
}
