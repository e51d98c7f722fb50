import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeSpoolFile } from './spool-file.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-spool-'));
});
afterEach(() => rm(directory, { recursive: true }));

test('holds all parts, one after the other', async () => {
  const path = join(directory, 'rows');
  await writeSpoolFile(path, [Buffer.from('ab'), Buffer.from(''), Buffer.from('c')]);
  expect(await readFile(path, 'utf8')).toBe('abc');
});

test('says so when there is room for a part of it alone', async () => {
  const script = `
    const { writeSpoolFile } = await import(${JSON.stringify(join(import.meta.dirname, 'spool-file.ts'))});
    const answer = await writeSpoolFile('rows', [new Uint8Array(3_000_000)]).then(() => 'whole', (error) => error.code);
    console.log(answer);`;
  // A limit of a megabyte on files, which the system treats like a disk that becomes full.
  const limited = ['-c', 'ulimit -f 2048 && exec "$@"', 'sh', process.execPath, '--input-type=module', '-e', script];
  const { stdout } = await promisify(execFile)('/bin/sh', limited, { cwd: directory });
  expect(stdout.trim()).toBe('EFBIG');
});
