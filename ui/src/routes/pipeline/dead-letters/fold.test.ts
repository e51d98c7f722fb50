import { expect, test } from 'vitest';
import { closingOf, foldLines, seenLines } from './fold.ts';

const json = JSON.stringify({ a: [1, 2], empty: {}, b: { c: { d: 'ends with {' } } }, null, 2);

test('every object and array that has something in it can be folded', () => {
  const lines = foldLines(json);
  expect(lines.map(({ text }) => text).join('\n')).toBe(json);
  expect(lines.flatMap(({ text, closesAt }) => (closesAt === undefined ? [] : [text.trim()]))).toEqual([
    '{',
    '"a": [',
    '"b": {',
    '"c": {',
  ]);
});

test('a folded line hides what is in it, and ends with what closes it', () => {
  const lines = foldLines(json);
  const a = lines.findIndex(({ text }) => text.trim() === '"a": [');
  const seen = seenLines(lines, new Set([a])).map((at) => lines[at]!.text.trim());
  expect(seen).toEqual(['{', '"a": [', '"empty": {},', '"b": {', '"c": {', '"d": "ends with {"', '}', '}', '}']);
  expect(closingOf(lines, a)).toBe('],');
  expect(seenLines(lines, new Set([0]))).toEqual([0]);
});

test('a text that was cut off keeps what is open', () => {
  const cut = foldLines(json.slice(0, json.indexOf('"d"')));
  expect(cut.flatMap(({ text, closesAt }) => (closesAt === undefined ? [] : [text.trim()]))).toEqual(['"a": [']);
});
