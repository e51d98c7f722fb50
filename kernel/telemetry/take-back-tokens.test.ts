import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeBackOrphanedTokens, watchOrphanedTokens } from './take-back-tokens.ts';

let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'syntra-tokens-'));
  for (const table of ['spans', 'traces'])
    await mkdir(join(directoryOf(table), 'deduplication_logs'), { recursive: true });
});
afterEach(() => rm(path, { recursive: true }));

const directoryOf = (table: string): string => join(path, 'store', table.slice(0, 3), table);
const logOf = (table: string, number = 1): string =>
  join(directoryOf(table), 'deduplication_logs', `deduplication_log_${number}.txt`);
const lineOf = (part: string, token: string): string => `1\t${part}\t${token}\n`;
const store = async (table: string, part: string): Promise<void> => {
  await mkdir(join(directoryOf(table), part));
  await appendFile(logOf(table), lineOf(part, part));
};

test('after none was found, an orphan is found among what was added, whichever table and log it is in', async () => {
  await store('spans', 'day_1_1_0');
  await store('traces', 'day_1_1_0');
  const orphans = watchOrphanedTokens(path);
  expect(await orphans.areThere()).toBe(false);
  await store('spans', 'day_2_2_0');
  expect(await orphans.areThere()).toBe(false);
  for (const log of [logOf('spans'), logOf('traces'), logOf('traces', 2)]) {
    const before = await readFile(log, 'utf8').catch(() => '');
    await appendFile(log, lineOf('day_3_3_0', 'lost'));
    // Until it is taken back, and not only once.
    expect(await orphans.areThere(), log).toBe(true);
    expect(await orphans.areThere(), log).toBe(true);
    expect(await takeBackOrphanedTokens(path), log).toBe(1);
    expect(await readFile(log, 'utf8')).toBe(before);
    expect(await orphans.areThere(), log).toBe(false);
  }
});

test('a line that was not whole when it was looked at is looked at again', async () => {
  await store('spans', 'day_1_1_0');
  const line = lineOf('day_2_2_0', 'lost');
  await appendFile(logOf('spans'), line.slice(0, -3));
  const orphans = watchOrphanedTokens(path);
  expect(await orphans.areThere()).toBe(false);
  await appendFile(logOf('spans'), line.slice(-3));
  expect(await orphans.areThere()).toBe(true);
});

test('what was looked at is not looked at again, until the engine was started or the log is another', async () => {
  await store('spans', 'day_1_1_0');
  await store('spans', 'day_2_2_0');
  const orphans = watchOrphanedTokens(path);
  expect(await orphans.areThere()).toBe(false);
  await rm(join(directoryOf('spans'), 'day_1_1_0'), { recursive: true });
  expect(await orphans.areThere()).toBe(false);
  orphans.lookAtAll();
  expect(await orphans.areThere()).toBe(true);
  expect(await takeBackOrphanedTokens(path)).toBe(1);
  expect(await orphans.areThere()).toBe(false);
  await writeFile(logOf('spans'), lineOf('day_3_3_0', 'x'));
  expect(await orphans.areThere()).toBe(true);
});
