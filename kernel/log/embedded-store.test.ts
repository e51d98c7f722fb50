/** What only the embedded log does: refuse when full rather than delete what is unread. The rest is in `log.test.ts`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TopicDefinition } from '../topics.ts';
import { openStore } from './embedded-store.ts';

const topic: TopicDefinition = {
  name: 't',
  cleanup: 'delete',
  retentionHours: 1,
  retentionBytes: 10_000,
  partitions: 1,
};
const oneKilobyte = { topic: 't', records: [{ key: '', headers: {}, value: new Uint8Array(1000) }] };
const nowMs = Date.now();

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-store-'));
  path = join(directory, 'log.db');
});
afterEach(() => rm(directory, { recursive: true }));

test('is full at its limit, and again has room once what was read is deleted', () => {
  const store = openStore(path, [topic]);
  for (let i = 0; i < 10; i++) {
    expect(store.isFull('t')).toBe(false);
    store.append([oneKilobyte]);
  }
  expect(store.isFull('t')).toBe(true);
  const { startOffset } = store.extent('t');
  store.retain(nowMs, { t: startOffset });
  expect(store.isFull('t')).toBe(true);
  store.retain(nowMs, { t: startOffset + 4 });
  expect(store.isFull('t')).toBe(false);
  expect(store.extent('t').startOffset).toBe(startOffset + 4);
  store.close();
});

test('remembers how full it is across a restart', () => {
  const first = openStore(path, [topic]);
  for (let i = 0; i < 10; i++) first.append([oneKilobyte]);
  first.close();
  const second = openStore(path, [topic]);
  expect(second.isFull('t')).toBe(true);
  second.close();
});

test('stores all of a commit or nothing of it', () => {
  const store = openStore(path, [topic]);
  const before = store.extent('t');
  const bad = {
    topic: 't',
    records: [
      { key: '', headers: {}, value: 'not bytes' as unknown as Uint8Array },
      { key: null as unknown as string, headers: {}, value: new Uint8Array(1) },
    ],
  };
  expect(() => store.append([oneKilobyte, bad])).toThrow();
  expect(store.extent('t')).toEqual(before);
  store.append([oneKilobyte]);
  expect(store.read('t', before.startOffset, { maxRecords: 9, maxBytes: 1e6 })).toHaveLength(1);
  // Nor does it count: nine more fit, as if the commit had never been tried.
  for (let i = 0; i < 9; i++) {
    expect(store.isFull('t')).toBe(false);
    store.append([oneKilobyte]);
  }
  expect(store.isFull('t')).toBe(true);
  store.close();
});

test('refuses the file of a newer version', () => {
  openStore(path, [topic]).close();
  const db = new DatabaseSync(path);
  db.exec('PRAGMA user_version = 99');
  db.close();
  expect(() => openStore(path, [topic])).toThrow(/at version 99/);
});
