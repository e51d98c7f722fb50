/** What only the embedded log does: refuse when full rather than delete what is unread. The rest is in `log.test.ts`. */
import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { deadLettersTopic, type TopicDefinition } from '../topics.ts';
import { openStore, type Store } from './embedded-store.ts';

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

const retainFrom = (startOffset: number) => ({ nowMs, keepFrom: { t: startOffset }, diskIsLow: false });

test('is full at its limit, and again has room once what was read is deleted: no more of it than it must', () => {
  const store = openStore(path, [topic]);
  for (let i = 0; i < 10; i++) {
    expect(store.isFull('t')).toBe(false);
    store.append([oneKilobyte]);
  }
  expect(store.isFull('t')).toBe(true);
  const { startOffset } = store.extent('t');
  store.retain(retainFrom(startOffset));
  expect(store.isFull('t')).toBe(true);
  store.retain(retainFrom(startOffset + 4));
  expect(store.isFull('t')).toBe(false);
  expect(store.extent('t').startOffset).toBe(startOffset + 1);
  store.close();
});

test('gives up all that was read while the disk is low, and its room with it', () => {
  const store = openStore(path, [{ ...topic, retentionBytes: 2 ** 30 }]);
  for (let i = 0; i < 300; i++)
    store.append([{ topic: 't', records: [{ ...oneKilobyte.records[0]!, value: new Uint8Array(100_000) }] }]);
  while (store.retain({ nowMs, keepFrom: {}, diskIsLow: true }));
  expect(store.extent('t')).toEqual({ startOffset: 1, endOffset: 301 });
  const before = statSync(path).size;
  while (store.retain({ nowMs, keepFrom: { t: 291 }, diskIsLow: true }));
  expect(store.extent('t')).toEqual({ startOffset: 291, endOffset: 301 });
  expect(statSync(path).size).toBeLessThan(before / 5);
  expect(store.read('t', 291, { maxRecords: 99, maxBytes: 1e9 })).toHaveLength(10);
  store.close();
});

test('comes to an end with a file of an earlier version, which cannot give its room back', () => {
  const old = new DatabaseSync(path);
  old.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (x)');
  old.close();
  const store = openStore(path, [topic]);
  for (let i = 0; i < 9; i++) store.append([oneKilobyte]);
  let steps = 0;
  while (store.retain({ nowMs, keepFrom: { t: 9 }, diskIsLow: true }) && steps < 100) steps++;
  expect(steps).toBeLessThan(100);
  expect(store.extent('t')).toEqual({ startOffset: 9, endOffset: 10 });
  store.close();
});

test('keeps dead letters while the disk is low, although a processor has read them', () => {
  const store = openStore(path, [{ ...deadLettersTopic, name: 'dead-letters' }]);
  store.append([{ ...oneKilobyte, topic: 'dead-letters' }]);
  store.retain({ nowMs, keepFrom: { 'dead-letters': 2 }, diskIsLow: true });
  expect(store.extent('dead-letters').startOffset).toBe(1);
  store.close();
});

test('never gives a record an earlier time than the one before it, also when the clock is set back', () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    const hourMs = 3_600_000;
    const start = Date.now();
    const times = (store: Store) =>
      store.read('t', 1, { maxRecords: 99, maxBytes: 1e9 }).map(({ timestampMs }) => timestampMs - start);
    const first = openStore(path, [topic]);
    first.append([oneKilobyte]);
    vi.setSystemTime(start - hourMs);
    first.append([oneKilobyte]);
    expect(times(first)).toEqual([0, 0]);
    // It knows the time of the newest record also after a restart.
    first.close();
    const second = openStore(path, [topic]);
    second.append([oneKilobyte]);
    vi.setSystemTime(start + hourMs);
    second.append([oneKilobyte]);
    expect(times(second)).toEqual([0, 0, 0, hourMs]);
    expect(second.offsetAt('t', start)).toBe(1);
    expect(second.offsetAt('t', start + 1)).toBe(4);
    second.close();
  } finally {
    vi.useRealTimers();
  }
});

test('has large pages, and gives free ones back', () => {
  const store = openStore(path, [topic]);
  store.close();
  const db = new DatabaseSync(path);
  expect(db.prepare('PRAGMA page_size').get()).toEqual({ page_size: 16_384 });
  expect(db.prepare('PRAGMA auto_vacuum').get()).toEqual({ auto_vacuum: 2 });
  db.close();
});

test('remembers how full it is across a restart', () => {
  const first = openStore(path, [topic]);
  for (let i = 0; i < 10; i++) first.append([oneKilobyte]);
  first.close();
  const second = openStore(path, [topic]);
  expect(second.isFull('t')).toBe(true);
  second.close();
});

test('counts what it holds exactly, however it ended and whatever was deleted meanwhile', () => {
  const killed = openStore(path, [topic]);
  for (let i = 0; i < 10; i++) killed.append([oneKilobyte]);
  killed.retain(retainFrom(3));
  killed.append([oneKilobyte]);
  // Not closed: as after a crash, the next one finds what was committed.
  const next = openStore(path, [topic]);
  expect(next.isFull('t')).toBe(true);
  next.retain(retainFrom(3));
  expect(next.isFull('t')).toBe(false);
  expect(sizeInTable()).toEqual([{ topic: 't', bytes: 9000, end_offset: 12 }]);
  next.close();
  killed.close();
});

test('counts once what a file of an earlier version holds', () => {
  const first = openStore(path, [topic]);
  for (let i = 0; i < 10; i++) first.append([oneKilobyte]);
  first.close();
  const db = new DatabaseSync(path);
  db.exec('DROP TABLE sizes; PRAGMA user_version = 1');
  db.close();
  const second = openStore(path, [topic]);
  expect(second.isFull('t')).toBe(true);
  second.close();
});

const sizeInTable = () => {
  const db = new DatabaseSync(path, { readOnly: true });
  const rows = db.prepare('SELECT topic, bytes, end_offset FROM sizes').all();
  db.close();
  return rows;
};

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
