import { expect, test } from 'vitest';
import { formatNote, type PlaceNote, parseNote } from './note.ts';

const replay = { id: 'a1b2', sinceMs: 1_763_596_800_000, stored: 1234, until: 5678, removing: false };

test.each<PlaceNote>([
  {},
  { end: 17 },
  { first: 3, end: 17 },
  { replay },
  { end: 0, replay },
  { replay: { ...replay, removing: true } },
])('a note says the same when it is read again: %j', (note) => {
  expect(parseNote(formatNote(note))).toEqual(note);
});

test('a place without a note has an empty one, and a stranger’s says nothing', () => {
  expect(formatNote({})).toBe('');
  for (const text of ['', 'hello', 'end=x', 'end=1.5', 'replay=a', 'replay=a&since=1&stored=2']) {
    expect(parseNote(text), text).toEqual({});
  }
});

test('a note fits into what a log keeps of it', () => {
  expect(
    formatNote({ first: 999_999_999_999_999, end: 999_999_999_999_999, replay: { ...replay, removing: true } }).length,
  ).toBeLessThan(200);
});
