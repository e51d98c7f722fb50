import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { keepRoom, type Room, type RoomOptions } from './embedded-room.ts';
import type { Retain } from './embedded-store.ts';

let room: Room;
const steps: Retain[] = [];
const said: string[] = [];
let unread: Record<string, number> = {};

const keep = (options: Partial<RoomOptions> = {}): void => {
  room = keepRoom({
    topics: ['a', 'b'],
    unreadFrom: async () => unread,
    isLow: () => false,
    step: async (retain) => {
      steps.push(retain);
      return false;
    },
    report: (sentence) => said.push(sentence),
    intervalMs: 1_000_000,
    ...options,
  });
};
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  steps.length = 0;
  said.length = 0;
  unread = {};
});
afterEach(() => {
  room.close();
  vi.useRealTimers();
});

test('touches nothing before a group has joined, and for a minute no topic that none has joined', async () => {
  keep();
  await room.makeNow();
  expect(steps).toEqual([]);
  room.joined();
  unread = { a: 7 };
  await room.makeNow();
  expect(steps.at(-1)!.keepFrom).toEqual({ a: 7, b: 0 });
  vi.advanceTimersByTime(61_000);
  await room.makeNow();
  expect(steps.at(-1)!.keepFrom).toEqual({ a: 7 });
});

test('looks every second whether the disk is low', async () => {
  let low = false;
  keep({ isLow: () => low });
  room.joined();
  vi.advanceTimersByTime(5_000);
  expect(steps).toEqual([]);
  low = true;
  vi.advanceTimersByTime(1_000);
  await vi.waitFor(() => expect(steps.at(-1)).toMatchObject({ diskIsLow: true }));
});

test('tells once why nothing can be deleted, and again when it fails anew', async () => {
  let failing = true;
  keep({
    step: async () => {
      if (failing) throw new Error('The disk is full.');
      return false;
    },
  });
  room.joined();
  for (let i = 0; i < 3; i++) await room.makeNow();
  failing = false;
  await room.makeNow();
  failing = true;
  await room.makeNow();
  const sentence = 'The log cannot delete what it need not keep. The disk is full.';
  expect(said).toEqual([sentence, sentence]);
});
