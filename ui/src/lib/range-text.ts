/**
 * What a person may type for a time range: `3h`, `last 15 min`, `yesterday 14:00`, `14:30..15:00`, `2026-11-20 14:00`.
 * A single moment means the hour around it, because that is what one wants to see of an incident.
 */
import type { Zone } from './format-time.ts';

export type RangeChoice =
  /** Ends now and moves with it. */
  | { readonly kind: 'last'; readonly widthMs: number }
  | { readonly kind: 'between'; readonly fromMs: number; readonly toMs: number };

export interface RangeError {
  readonly kind: 'error';
  readonly message: string;
}

const longestMs = 400 * 86_400e3;
const shortestMs = 1000;

/** @param text what was typed; @param nowMs what "now", "today" and a bare clock refer to. */
export const parseRange = (text: string, nowMs: number, zone: Zone): RangeChoice | RangeError => {
  const typed = text.trim().toLowerCase();
  if (typed === '') return failed('Type a range, such as 3h or 14:30..15:00');
  const widthMs = parseWidth(typed.replace(/^(?:the )?(?:last|past) /, ''));
  if (widthMs !== null) return checked({ kind: 'last', widthMs });
  const [first, second, ...rest] = typed.split(/\s*(?:\.\.|–|—|\bto\b| - )\s*/);
  if (rest.length > 0) return failed('A range has one start and one end');
  const from = parseMoment(first ?? '', nowMs, zone, nowMs);
  if (from === null) return failed(`“${first}” is not a time: try 14:30, yesterday 14:00 or 2026-11-20 14:00`);
  if (second === undefined) return checked(around(from));
  // "14:30..15:00": the end is on the day of the start unless it names its own.
  const to = second === 'now' ? { atMs: nowMs, wholeDay: false } : parseMoment(second, from.atMs, zone, nowMs);
  if (to === null) return failed(`“${second}” is not a time: try 15:00 or 2026-11-20 15:00`);
  const toMs = to.wholeDay ? nextDay(to.atMs, zone) : to.atMs;
  if (toMs <= from.atMs) return failed('The end is before the start');
  return checked({ kind: 'between', fromMs: from.atMs, toMs });
};

/** `3h`, `1h30m`, `90 s`, `2 days`: milliseconds, or null when it is not a width. */
export const parseWidth = (text: string): number | null => {
  if (!/^(?:\d+(?:\.\d+)?\s*[a-z]+\s*)+$/.test(text)) return null;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/g)) {
    const unitMs = unitsMs[unit ?? ''];
    if (unitMs === undefined) return null;
    total += Number(amount) * unitMs;
  }
  return Math.round(total);
};

/** The shortest text that `parseWidth` reads back: `1h`, `90m`, `45s`. */
export const widthText = (widthMs: number): string => {
  for (const [unit, unitMs] of [
    ['d', 86_400e3],
    ['h', 3_600e3],
    ['m', 60e3],
    ['s', 1e3],
  ] as const) {
    if (widthMs >= unitMs && widthMs % unitMs === 0) return `${widthMs / unitMs}${unit}`;
  }
  return `${widthMs}ms`;
};

// ---- helpers

const unitsMs: Readonly<Record<string, number>> = Object.fromEntries(
  (
    [
      [1, 'ms'],
      [1e3, 's sec secs second seconds'],
      [60e3, 'm min mins minute minutes'],
      [3_600e3, 'h hr hrs hour hours'],
      [86_400e3, 'd day days'],
      [7 * 86_400e3, 'w week weeks'],
    ] as const
  ).flatMap(([ms, names]) => names.split(' ').map((name) => [name, ms])),
);

const failed = (message: string): RangeError => ({ kind: 'error', message });

const checked = (choice: RangeChoice): RangeChoice | RangeError => {
  const widthMs = choice.kind === 'last' ? choice.widthMs : choice.toMs - choice.fromMs;
  if (widthMs < shortestMs) return failed('A range is at least one second wide');
  if (widthMs > longestMs) return failed('A range is at most 400 days wide');
  return choice;
};

interface Moment {
  readonly atMs: number;
  readonly wholeDay: boolean;
}

const around = ({ atMs, wholeDay }: Moment): RangeChoice =>
  wholeDay
    ? { kind: 'between', fromMs: atMs, toMs: atMs + 86_400e3 }
    : { kind: 'between', fromMs: atMs - 1_800e3, toMs: atMs + 1_800e3 };

/** A day, a clock, or both; a bare clock is on the day of `dayOfMs`. */
const parseMoment = (text: string, dayOfMs: number, zone: Zone, nowMs: number): Moment | null => {
  if (/^\d{10}$/.test(text)) return { atMs: Number(text) * 1000, wholeDay: false };
  if (/^\d{13}$/.test(text)) return { atMs: Number(text), wholeDay: false };
  if (text === 'now') return { atMs: nowMs, wholeDay: false };
  const ago = /^(.*) ago$/.exec(text);
  if (ago) {
    const widthMs = parseWidth(ago[1] ?? '');
    return widthMs === null ? null : { atMs: nowMs - widthMs, wholeDay: false };
  }
  const match =
    /^(?:(today|yesterday|\d{4}-\d{2}-\d{2})(?:[t ]+|$))?(?:(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?\s*(z|utc)?$/.exec(
      text,
    );
  if (match === null || (match[1] === undefined && match[2] === undefined)) return null;
  const inZone: Zone = match[5] === undefined ? zone : 'utc';
  const day = dayOf(match[1], dayOfMs, inZone, nowMs);
  if (day === null) return null;
  if (match[2] === undefined) return { atMs: build(day, 0, 0, 0, inZone), wholeDay: true };
  const [hour, minute, second] = [Number(match[2]), Number(match[3]), Number(match[4] ?? 0)];
  if (hour > 24 || minute > 59 || second > 59) return null;
  return { atMs: build(day, hour, minute, second, inZone), wholeDay: false };
};

interface Day {
  readonly year: number;
  /** 0 to 11. */
  readonly month: number;
  readonly day: number;
}

const dayOf = (name: string | undefined, dayOfMs: number, zone: Zone, nowMs: number): Day | null => {
  if (name === undefined) return partsOf(dayOfMs, zone);
  if (name === 'today') return partsOf(nowMs, zone);
  const today = partsOf(nowMs, zone);
  if (name === 'yesterday') return { ...today, day: today.day - 1 };
  const [year, month, day] = name.split('-').map(Number) as [number, number, number];
  return month < 1 || month > 12 || day < 1 || day > 31 ? null : { year, month: month - 1, day };
};

const partsOf = (ms: number, zone: Zone): Day => {
  const date = new Date(ms);
  return zone === 'utc'
    ? { year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate() }
    : { year: date.getFullYear(), month: date.getMonth(), day: date.getDate() };
};

const build = ({ year, month, day }: Day, hour: number, minute: number, second: number, zone: Zone): number =>
  zone === 'utc'
    ? Date.UTC(year, month, day, hour, minute, second)
    : new Date(year, month, day, hour, minute, second).getTime();

const nextDay = (ms: number, zone: Zone): number => {
  const day = partsOf(ms, zone);
  return build({ ...day, day: day.day + 1 }, 0, 0, 0, zone);
};
