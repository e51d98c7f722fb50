/** The embedded log on a disk that is small, and on one that is full. A disk of our own takes root and Linux. */
import { execFileSync } from 'node:child_process';
import { statfsSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TopicDefinition } from '../topics.ts';
import { openEmbeddedLog } from './embedded.ts';
import { type Log, LogFullError, type LogRecord } from './log.ts';

const mebibyte = 2 ** 20;
const topic: TopicDefinition = {
  name: 't',
  cleanup: 'delete',
  retentionHours: 1,
  retentionBytes: 2 ** 30,
  partitions: 1,
};
const recordBytes = 100_000;
const numbered = (n: number) => ({ key: '', headers: { n: String(n) }, value: new Uint8Array(recordBytes) });

describe.runIf(process.getuid?.() === 0 && process.platform === 'linux')('the embedded log', () => {
  let directory: string;
  let log: Log;
  let isLow = false;
  const said: string[] = [];
  const open = async () =>
    openEmbeddedLog({
      directory,
      topics: [topic],
      disk: { isLow: () => isLow },
      report: (sentence) => said.push(sentence),
    });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'syntra-small-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=40m', 'tmpfs', directory]);
    isLow = false;
    said.length = 0;
    log = await open();
  });
  afterEach(async () => {
    await log.close();
    execFileSync('umount', [directory]);
    await rm(directory, { recursive: true });
  });

  const all = async (): Promise<LogRecord[]> => {
    const tail = await log.tail('t', 0, 'start');
    return tail.next({ maxRecords: 10_000, maxBytes: 1e9 });
  };
  const numbersOf = (records: readonly LogRecord[]) => records.map(({ headers }) => Number(headers.n));
  /** Leaves `bytes` free. */
  const fillUp = (bytes: number): void => {
    const { bavail, bsize } = statfsSync(directory);
    writeFileSync(join(directory, 'ballast'), new Uint8Array(bavail * bsize - bytes));
  };
  const freeBytes = () => {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  };

  test('lets a topic have a tenth of it', async () => {
    await log.join('g', ['t'], async () => {});
    const limit = 4 * mebibyte;
    let stored = 0;
    const append = async () => {
      for (;;) {
        await log.append('t', [numbered(stored)]);
        stored++;
      }
    };
    await expect(append()).rejects.toThrow('holds as much as it may');
    expect(stored).toBe(Math.ceil(limit / recordBytes));
  });

  test('refuses while there is no room, loses nothing of what it took, and goes on by itself', async () => {
    const acknowledged: number[] = [];
    let n = 0;
    const appendUntilFull = async (): Promise<unknown> => {
      for (;;) {
        try {
          await log.append('t', [numbered(n)]);
          acknowledged.push(n);
        } catch (error) {
          return error;
        } finally {
          n++;
        }
      }
    };
    fillUp(2 * mebibyte);
    const refused = await appendUntilFull();
    expect(refused).toBeInstanceOf(LogFullError);
    expect((refused as Error).message).toMatch(/^The log's disk does not take it: .+\.$/);
    expect(acknowledged.length).toBeGreaterThan(0);
    expect(numbersOf(await all())).toEqual(acknowledged);
    await log.ping();

    await rm(join(directory, 'ballast'));
    for (let i = 0; i < 5; i++) {
      await log.append('t', [numbered(n)]);
      acknowledged.push(n++);
    }
    expect(numbersOf(await all())).toEqual(acknowledged);

    // Full again at the end: it closes and opens as it is, with room for SQLite's index of what was written ahead.
    fillUp(64 * 1024);
    await log.close();
    log = await open();
    expect(numbersOf(await all())).toEqual(acknowledged);
  });

  test('gives what everybody has read back to a disk that is nearly full', async () => {
    const left = log.join('g', ['t'], async (partition) => {
      await partition.commit(31, '');
    });
    for (let i = 0; i < 30; i++) await log.append('t', [numbered(i)]);
    for (let i = 30; i < 33; i++) await log.append('t', [numbered(i)]);
    await left;
    await expect.poll(async () => (await log.lagOf('g', ['t']))[0]!.lag).toBe(3);
    const before = freeBytes();
    isLow = true;
    await expect.poll(() => freeBytes() - before).toBeGreaterThan(25 * recordBytes);
    expect(numbersOf(await all())).toEqual([30, 31, 32]);
    expect(said).toEqual([]);
  });
});
