/** Moments and ages as text, in the zone the reader chose. */
export type Zone = 'local' | 'utc';

/** `14:47`, `14:47:19` or `14:47:19.982`. */
export const formatClock = (ms: number, zone: Zone, precision: 'minute' | 'second' | 'millisecond'): string => {
  const { hour, minute, second, milli } = partsOf(ms, zone);
  const clock = `${two(hour)}:${two(minute)}`;
  if (precision === 'minute') return clock;
  if (precision === 'second') return `${clock}:${two(second)}`;
  return `${clock}:${two(second)}.${milli.toString().padStart(3, '0')}`;
};

/** `20 Nov`; the year is shown when it is not this one. */
export const formatDay = (ms: number, zone: Zone, nowMs: number): string => {
  const { year, month, day } = partsOf(ms, zone);
  const name = `${day} ${months[month]}`;
  return year === partsOf(nowMs, zone).year ? name : `${name} ${year}`;
};

/** `20 Nov 2026 14:47:19.982 UTC`: for titles, where nothing may be left out. */
export const formatMoment = (ms: number, zone: Zone): string => {
  const { year, month, day } = partsOf(ms, zone);
  return `${day} ${months[month]} ${year} ${formatClock(ms, zone, 'millisecond')}${zone === 'utc' ? ' UTC' : ''}`;
};

/** A range as short as it can be said: `13:47 – 14:47`, `19 Nov 23:30 – 20 Nov 00:30`. */
export const formatRange = (fromMs: number, toMs: number, zone: Zone, nowMs: number): string => {
  const precision = toMs - fromMs < 5 * 60_000 ? 'second' : 'minute';
  const from = formatClock(fromMs, zone, precision);
  const to = formatClock(toMs, zone, precision);
  const fromDay = formatDay(fromMs, zone, nowMs);
  const toDay = formatDay(toMs, zone, nowMs);
  if (fromDay !== toDay) return `${fromDay} ${from} – ${toDay} ${to}`;
  return fromDay === formatDay(nowMs, zone, nowMs) ? `${from} – ${to}` : `${fromDay} ${from} – ${to}`;
};

/** Relative below a day, `3 d` above: `now`, `12 s ago`, `3 min ago`. */
export const formatAge = (ms: number, nowMs: number): string => {
  const age = Math.max(0, nowMs - ms);
  if (age < 1000) return 'now';
  if (age < 60e3) return `${Math.floor(age / 1e3)} s ago`;
  if (age < 3_600e3) return `${Math.floor(age / 60e3)} min ago`;
  if (age < 86_400e3) return `${Math.floor(age / 3_600e3)} h ago`;
  return `${Math.floor(age / 86_400e3)} d ago`;
};

/** Decimal Unix nanoseconds, as OTLP/JSON writes them, in milliseconds with microseconds as the fraction. */
export const nanoToMs = (unixNano: string): number => Number(BigInt(unixNano) / 1000n) / 1e3;

/** `to - from` in milliseconds, exact to the nanosecond. */
export const nanosBetweenMs = (fromUnixNano: string, toUnixNano: string): number =>
  Number(BigInt(toUnixNano) - BigInt(fromUnixNano)) / 1e6;

// ---- helpers

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const two = (value: number): string => value.toString().padStart(2, '0');

interface Parts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly milli: number;
}

/** Plain getters: a list paints thousands of these, and Intl is fifty times slower. */
const partsOf = (ms: number, zone: Zone): Parts => {
  const date = new Date(ms);
  return zone === 'utc'
    ? {
        year: date.getUTCFullYear(),
        month: date.getUTCMonth(),
        day: date.getUTCDate(),
        hour: date.getUTCHours(),
        minute: date.getUTCMinutes(),
        second: date.getUTCSeconds(),
        milli: date.getUTCMilliseconds(),
      }
    : {
        year: date.getFullYear(),
        month: date.getMonth(),
        day: date.getDate(),
        hour: date.getHours(),
        minute: date.getMinutes(),
        second: date.getSeconds(),
        milli: date.getMilliseconds(),
      };
};
