/** How the embedded log keeps room: what has been read goes when it must, and what has not been read stays. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { TopicDefinition } from '../topics.ts';
import { openEmbeddedLog } from './embedded.ts';
import { type Log, LogFullError, type PartitionReader } from './log.ts';

const topic: TopicDefinition = {
  name: 't',
  cleanup: 'delete',
  retentionHours: 1,
  retentionBytes: 10_000,
  partitions: 1,
};
const oneKilobyte = { key: '', headers: {}, value: new Uint8Array(1000) };

let directory: string;
let log: Log;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-embedded-log-'));
  log = await openEmbeddedLog({ directory, topics: [topic] });
});
afterEach(async () => {
  vi.useRealTimers();
  await log.close();
  await rm(directory, { recursive: true });
});

/** A member of a group that reads the topic when the test says so. */
const joined = async (): Promise<PartitionReader> => {
  const { promise, resolve } = Promise.withResolvers<PartitionReader>();
  await log.join('g', ['t'], async (partition) => resolve(partition));
  return promise;
};

test('takes appends without end while its readers keep up, whatever the topic may hold', async () => {
  const reader = await joined();
  for (let i = 0; i < 100; i++) {
    await log.append('t', [oneKilobyte]);
    await reader.commit((await log.extentOf('t', 0)).endOffset, '');
  }
  expect((await log.lagOf('g', ['t']))[0]).toMatchObject({ endOffset: 101, lag: 0 });
});

test('refuses appends while what fills it has still to be read, and loses none of that', async () => {
  const reader = await joined();
  for (let i = 0; i < 10; i++) await log.append('t', [oneKilobyte]);
  await expect(log.append('t', [oneKilobyte])).rejects.toThrow(LogFullError);
  expect(await reader.read(1, { maxRecords: 100, maxBytes: 1e6 })).toHaveLength(10);
  await reader.commit(5, '');
  await log.append('t', [oneKilobyte]);
  expect(await log.extentOf('t', 0)).toMatchObject({ endOffset: 12 });
});

test('keeps what an earlier run has not read, however old and full, until its readers are back', async () => {
  for (let i = 0; i < 10; i++) await log.append('t', [oneKilobyte]);
  await log.close();
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
  vi.setSystemTime(Date.now() + 2 * topic.retentionHours * 3_600_000);
  log = await openEmbeddedLog({ directory, topics: [topic], retentionIntervalMs: 10 });
  vi.advanceTimersByTime(100);
  await expect(log.append('t', [oneKilobyte])).rejects.toThrow(LogFullError);
  const reader = await joined();
  vi.advanceTimersByTime(100);
  expect(await reader.read(1, { maxRecords: 100, maxBytes: 1e6 })).toHaveLength(10);
});
