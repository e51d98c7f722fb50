import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isDiskLow, reserveOf, watchDiskSpace } from './disk-space.ts';

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-disk-'));
});
afterEach(() => rm(directory, { recursive: true }));

test('keeps a twentieth of a disk free, but never more than 4 GiB', () => {
  expect(reserveOf(20 * gibibyte)).toBe(gibibyte);
  expect(reserveOf(1000 * gibibyte)).toBe(4 * gibibyte);
});

test('is low below the reserve, and not again at once above it', () => {
  const free = (freeBytes: number) => ({ totalBytes: 1000, freeBytes, reserveBytes: 100 });
  expect(isDiskLow(false, free(100))).toBe(false);
  expect(isDiskLow(false, free(99))).toBe(true);
  expect(isDiskLow(true, free(124))).toBe(true);
  expect(isDiskLow(true, free(125))).toBe(false);
});

test('tells what the file system has', async () => {
  const disk = await watchDiskSpace({ directory });
  const { totalBytes, freeBytes, reserveBytes } = disk.report();
  expect(freeBytes).toBeGreaterThan(0);
  expect(freeBytes).toBeLessThanOrEqual(totalBytes);
  expect(reserveBytes).toBe(reserveOf(totalBytes));
  disk.close();
});

test('fails at once where there is no such directory', async () => {
  await expect(watchDiskSpace({ directory: join(directory, 'missing') })).rejects.toThrow('ENOENT');
});

// A disk of our own takes root and Linux.
test.runIf(process.getuid?.() === 0 && process.platform === 'linux')(
  'notices that a disk becomes full and that it has room again, and says both once',
  async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', directory]);
    const said: string[] = [];
    const disk = await watchDiskSpace({ directory, intervalMs: 5, report: (sentence) => said.push(sentence) });
    try {
      expect(disk.refusal()).toBeUndefined();
      await writeFile(join(directory, 'ballast'), Buffer.alloc(15.5 * mebibyte));
      await expect.poll(() => disk.isLow()).toBe(true);
      expect(disk.refusal()).toMatch(/^The disk of the data directory is nearly full: 0 MiB free, 0 MiB are kept for/);
      await rm(join(directory, 'ballast'));
      await expect.poll(() => disk.isLow()).toBe(false);
      expect(disk.refusal()).toBeUndefined();
      expect(said).toHaveLength(2);
      expect(said[1]).toBe('The disk of the data directory has room again: 16 MiB free.');
    } finally {
      disk.close();
      execFileSync('umount', [directory]);
    }
  },
);
