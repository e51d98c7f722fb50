import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { topics } from '../topics.ts';
import { openLogCopy } from './embedded-copy.ts';
import { openStore, type Store } from './embedded-store.ts';

let directory: string;
let store: Store;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-log-copy-'));
  store = openStore(join(directory, 'log.db'), topics);
});
afterEach(async () => {
  store.close();
  await rm(directory, { recursive: true });
});

const append = (topic: string, ...texts: string[]) =>
  store.append([{ topic, records: texts.map((text) => ({ key: text, headers: { text }, value: Buffer.from(text) })) }]);
const textsOf = (from: Store, topic: string) =>
  from.read(topic, 0, { maxRecords: 1e6, maxBytes: 1e9 }).map(({ headers }) => headers.text);
const sumOf = (steps: Iterable<number>): number => [...steps].reduce((sum, bytes) => sum + bytes, 0);

test('a copy is the log as it was at its moment, whatever is written or deleted while it is made', () => {
  append('otlp.logs', 'read', 'unread');
  append('otlp.spans', 'read');
  append('ingest.keys', 'key');
  store.commit('store-logs', 'otlp.logs', 2, 'note');
  const copy = openLogCopy(join(directory, 'log.db'), join(directory, 'copy.db'));
  const keepFrom = { 'otlp.logs': 2, 'otlp.spans': Number.MAX_SAFE_INTEGER };
  expect(sumOf(copy.measure(keepFrom))).toBe('unreadkey'.length);

  copy.begin();
  append('otlp.logs', 'later');
  append('ingest.keys', 'key');
  store.commit('store-logs', 'otlp.logs', 4, '');
  while (store.retain({ nowMs: Date.now() + 1e9, keepFrom: { 'otlp.logs': 4 }, diskIsLow: true }));
  expect(textsOf(store, 'otlp.logs')).toEqual([]);
  expect(sumOf(copy.write(keepFrom))).toBe('unreadkey'.length);
  copy.close();

  const copied = openStore(join(directory, 'copy.db'), topics);
  expect(copied.id).toBe(store.id);
  expect(textsOf(copied, 'otlp.logs')).toEqual(['unread']);
  expect(textsOf(copied, 'ingest.keys')).toEqual(['key']);
  expect(copied.committed('store-logs', 'otlp.logs')).toEqual({ offset: 2, metadata: 'note' });
  // Offsets go on, also where nothing is left.
  expect(copied.extent('otlp.logs')).toEqual({ startOffset: 2, endOffset: 3 });
  expect(copied.extent('otlp.spans')).toEqual({ startOffset: 2, endOffset: 2 });
  expect(
    copied.append([{ topic: 'otlp.logs', records: [{ key: '', headers: {}, value: Buffer.from('new') }] }]),
  ).toEqual([3]);
  copied.close();
});

test('no step copies more than a disk writes at once, so that it can be given up between two', () => {
  const large = Buffer.alloc(9 * 2 ** 20);
  for (let i = 0; i < 5; i++) store.append([{ topic: 'otlp.logs', records: [{ key: '', headers: {}, value: large }] }]);
  append('otlp.spans', ...Array.from({ length: 20_001 }, (_, i) => `${i}`));
  const copy = openLogCopy(join(directory, 'log.db'), join(directory, 'copy.db'));
  expect([...copy.measure({ 'otlp.spans': Number.MAX_SAFE_INTEGER })]).toEqual([2, 2, 1].map((n) => n * large.length));
  copy.begin();
  expect([...copy.write({})]).toHaveLength(3 + 3);
  copy.close();
  const copied = openStore(join(directory, 'copy.db'), topics);
  expect(copied.extent('otlp.logs')).toEqual({ startOffset: 1, endOffset: 6 });
  expect(textsOf(copied, 'otlp.spans')).toHaveLength(20_001);
  copied.close();
});
