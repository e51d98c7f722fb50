import { expect, test } from 'vitest';
import { spansTopic } from '../topics.ts';
import { dayMs, dayOf, firstWholeDay, type PartitionState, startOfDay } from './log-window.ts';

const hourMs = 3_600_000;
const startsAt = (startOffset: number, timestampMs: number): PartitionState => ({
  partition: 0,
  startOffset,
  endOffset: 100,
  offset: 100,
  begun: [],
  replay: undefined,
  oldest: { offset: startOffset, timestampMs, key: '', headers: {}, value: Buffer.from('') },
});

test('whatever the hour, the log holds yesterday whole', () => {
  for (let hour = 0; hour < 24; hour++) {
    const nowMs = startOfDay('2026-11-20') + hour * hourMs;
    const oldest = startsAt(9, nowMs - spansTopic.retentionHours * hourMs);
    expect(firstWholeDay(spansTopic.name, [oldest], 0)! <= dayOf(nowMs - dayMs), `at ${hour}:00`).toBe(true);
  }
});

test('nothing is missing of a log that still has its first record, and only the log knows which that is', () => {
  const states = [startsAt(1, startOfDay('2026-11-20'))];
  expect(firstWholeDay(spansTopic.name, states, 1)).toBeUndefined();
  expect(firstWholeDay(spansTopic.name, states, 0)).toBe('2026-11-21');
});
