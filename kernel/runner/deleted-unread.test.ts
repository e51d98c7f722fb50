import { expect, test } from 'vitest';
import type { LogRecord } from '../log/log.ts';
import { deletedUnread } from './deleted-unread.ts';

const records = (...offsets: number[]): LogRecord[] =>
  offsets.map((offset) => ({ offset, timestampMs: 0, key: '', headers: {}, value: new Uint8Array() }));

/** What is said of records read from offset 10 on, of a log that starts at `startOffset`. */
const deleted = (startOffset: number, ...offsets: number[]) =>
  deletedUnread(
    { extentOf: async () => ({ startOffset, endOffset: 100 }) },
    { topic: 't', partition: 0 },
    10,
    records(...offsets),
  );

test('counts what was gone before and in the middle of what was read', async () => {
  expect(await deleted(15, 15, 16)).toBe(5);
  expect(await deleted(15, 10, 11, 15, 16)).toBe(3);
  expect(await deleted(90, 10, 11, 15, 16)).toBe(3);
});

test('counts no gap that the log has for a reason of its own', async () => {
  expect(await deleted(0, 10, 11, 15)).toBe(0);
  expect(await deleted(12, 11, 15)).toBe(1);
});

test('does not ask where there is no gap', async () => {
  const extentOf = async () => {
    throw new Error('asked');
  };
  const partition = { topic: 't', partition: 0 };
  expect(await deletedUnread({ extentOf }, partition, 10, records(10, 11, 12))).toBe(0);
  expect(await deletedUnread({ extentOf }, partition, 10, [])).toBe(0);
});
