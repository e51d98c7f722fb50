import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { measureDisk } from '../disk-space.ts';
import { assertRoom, prepareTarget } from './target.ts';

let directory: string;
let dataDir: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-target-'));
  dataDir = join(directory, 'data');
  await mkdir(dataDir);
});
afterEach(() => rm(directory, { recursive: true }));

test('is made, or emptied of a backup that was not finished, but of nothing else', async () => {
  const path = join(directory, 'a', 'backup');
  await prepareTarget(path, dataDir);
  await writeFile(join(path, 'half'), '');
  await prepareTarget(path, dataDir);
  expect(await readdir(path)).toEqual(['unfinished']);
  const other = join(directory, 'other');
  await mkdir(other);
  await writeFile(join(other, 'mine'), '');
  await expect(prepareTarget(other, dataDir)).rejects.toThrow(/not empty/);
  expect(await readdir(other)).toEqual(['mine']);
});

test('must not lie in the data directory', async () => {
  await expect(prepareTarget(join(dataDir, 'backup'), dataDir)).rejects.toThrow(/in the data directory itself/);
  await expect(prepareTarget(dataDir, dataDir)).rejects.toThrow(/in the data directory itself/);
});

test('must have room, and on the disk of the data directory what is kept free there besides', async () => {
  const { freeBytes, reserveBytes } = await measureDisk(directory);
  await assertRoom(directory, 1000, dataDir);
  await expect(assertRoom(directory, freeBytes, undefined)).rejects.toThrow(
    /not enough room in .*: .* are free, .* are needed/,
  );
  const beforeReserve = (freeBytes - reserveBytes / 2) / 1.05 - 2 ** 27;
  await assertRoom(directory, beforeReserve, undefined);
  await expect(assertRoom(directory, beforeReserve, dataDir)).rejects.toThrow(/not enough room/);
});
