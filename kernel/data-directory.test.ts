import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DataDirectoryError, holdDataDirectory } from './data-directory.ts';

let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'syntra-data-'));
});
afterEach(() => rm(path, { recursive: true, force: true }));

const holder = async () => {
  const source = `import { holdDataDirectory } from ${JSON.stringify(new URL('./data-directory.ts', import.meta.url).href)};
    await holdDataDirectory(${JSON.stringify(path)}); console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout!, 'data');
  return child;
};

test('lets nobody else look into a directory it makes', async () => {
  const made = join(path, 'made');
  (await holdDataDirectory(made)).release();
  expect(((await stat(made)).mode & 0o777).toString(8)).toBe('700');
});

test('creates the directory, and can be taken again once released', async () => {
  const nested = join(path, 'a', 'b');
  (await holdDataDirectory(nested)).release();
  (await holdDataDirectory(nested)).release();
});

test('refuses a directory another process holds, and takes it when that process was killed', async () => {
  const child = await holder();
  await expect(holdDataDirectory(path)).rejects.toThrow(/in use by another Syntra/);
  child.kill('SIGKILL');
  await once(child, 'exit');
  (await holdDataDirectory(path)).release();
});

test('refuses a directory of a newer version and touches nothing', async () => {
  await writeFile(join(path, 'format'), '999\n');
  await expect(holdDataDirectory(path)).rejects.toThrow(/newer Syntra \(format 999/);
  expect(await readdir(path)).toEqual(['format']);
});

test('refuses a damaged format file and a path that is a file, each in one sentence', async () => {
  await writeFile(join(path, 'format'), 'what?');
  await expect(holdDataDirectory(path)).rejects.toThrow(DataDirectoryError);
  await expect(holdDataDirectory(join(path, 'format'))).rejects.toThrow(/cannot be used: it is not a directory/);
  await expect(holdDataDirectory(join(path, 'format', 'x'))).rejects.toThrow(/part of the path is not a directory/);
});

test('refuses a directory into which a restore was not finished', async () => {
  await writeFile(join(path, 'restoring'), '');
  await expect(holdDataDirectory(path)).rejects.toThrow(/was not finished/);
  expect(await readdir(path)).toEqual(['restoring']);
});

test('leaves no unfinished file behind', async () => {
  (await holdDataDirectory(path)).release();
  expect(await readdir(path)).toEqual(['format', 'lock']);
  expect(await readFile(join(path, 'format'), 'utf8')).toBe('1\n');
});
