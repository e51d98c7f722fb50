import { describe, expect, it } from 'vitest';
import { parseRange, parseWidth, widthText } from './range-text.ts';

const at = (text: string) => Date.parse(`${text}Z`);
const now = at('2026-11-20T14:47:19');
const parse = (text: string) => parseRange(text, now, 'utc');
const between = (from: string, to: string) => ({ kind: 'between', fromMs: at(from), toMs: at(to) });

describe('ranges that end now', () => {
  it.each([
    ['3h', 3 * 3_600e3],
    ['15m', 15 * 60e3],
    ['last 15 min', 15 * 60e3],
    ['past 2 days', 2 * 86_400e3],
    ['1h30m', 90 * 60e3],
    ['1.5h', 90 * 60e3],
    ['1w', 7 * 86_400e3],
    ['90 s', 90e3],
  ])('%s', (text, widthMs) => {
    expect(parse(text)).toEqual({ kind: 'last', widthMs });
  });
});

describe('ranges between two moments', () => {
  it.each([
    ['14:30..15:00', '2026-11-20T14:30', '2026-11-20T15:00'],
    ['14:30 - 15:00', '2026-11-20T14:30', '2026-11-20T15:00'],
    ['14:30 to now', '2026-11-20T14:30', '2026-11-20T14:47:19'],
    ['yesterday 23:30..today 00:30', '2026-11-19T23:30', '2026-11-20T00:30'],
    ['yesterday 14:00..15:00', '2026-11-19T14:00', '2026-11-19T15:00'],
    ['2026-11-18..2026-11-19', '2026-11-18T00:00', '2026-11-20T00:00'],
    ['2026-11-18T10:00:30z..10:05', '2026-11-18T10:00:30', '2026-11-18T10:05'],
    ['2h ago..1h ago', '2026-11-20T12:47:19', '2026-11-20T13:47:19'],
    [`${at('2026-11-18T10:00')}..${at('2026-11-18T11:00')}`, '2026-11-18T10:00', '2026-11-18T11:00'],
  ])('%s', (text, from, to) => {
    expect(parse(text)).toEqual(between(`${from}`, `${to}`));
  });
});

describe('a single moment is the hour around it, a day is that day', () => {
  it.each([
    ['yesterday 14:00', '2026-11-19T13:30', '2026-11-19T14:30'],
    ['14:00', '2026-11-20T13:30', '2026-11-20T14:30'],
    ['2026-11-18 00:10', '2026-11-17T23:40', '2026-11-18T00:40'],
    ['yesterday', '2026-11-19T00:00', '2026-11-20T00:00'],
    ['2026-11-18', '2026-11-18T00:00', '2026-11-19T00:00'],
  ])('%s', (text, from, to) => {
    expect(parse(text)).toEqual(between(from, to));
  });
});

describe('what cannot be read says why', () => {
  it.each([
    ['', /Type a range/],
    ['soon', /“soon” is not a time/],
    ['25:00', /is not a time/],
    ['14:61', /is not a time/],
    ['2026-13-01', /is not a time/],
    ['15:00..14:30', /end is before the start/],
    ['14:00..15:00..16:00', /one start and one end/],
    ['14:00..later', /“later” is not a time/],
    ['5000d', /at most 400 days/],
    ['20ms', /at least one second/],
  ])('%s', (text, message) => {
    const result = parse(text);
    expect(result).toMatchObject({ kind: 'error', message: expect.stringMatching(message) });
  });
});

describe('the reader’s own zone', () => {
  it('is what a bare clock is in', () => {
    const local = new Date(2026, 10, 20, 14, 30).getTime();
    expect(parseRange('14:30..15:00', now, 'local')).toEqual({
      kind: 'between',
      fromMs: local,
      toMs: local + 1_800e3,
    });
  });
});

describe('widths', () => {
  it.each([
    [3_600e3, '1h'],
    [90 * 60e3, '90m'],
    [45e3, '45s'],
    [7 * 86_400e3, '7d'],
    [1500, '1500ms'],
  ])('%s ms is written %s and read back', (ms, text) => {
    expect(widthText(ms)).toBe(text);
    expect(parseWidth(text)).toBe(ms);
  });
});
