/**
 * Figures as people read them: two or three significant digits, thin spaces between thousands, the unit apart from the
 * number so that it can be drawn quieter.
 */
export interface Figure {
  readonly text: string;
  /** Empty where the number stands alone. */
  readonly unit: string;
}

const thinSpace = '\u2009';
/** What stands where nothing was measured: never a zero. */
export const unknown: Figure = { text: '–', unit: '' };

/** Every digit: `1 612 480`. */
export const formatCount = (value: number): string => group(Math.round(value).toString());

/** At most three significant digits: `18.4 k`, `1.61 M`. */
export const formatCompact = (value: number): Figure => scaled(value, decimalSteps, '');

/** A rate with its unit: `142 /s`, `18.4 k/s`; what happens seldom by the minute or hour, for nobody counts `0.00028`. */
export const formatRate = (perSecond: number | null | undefined): Figure => {
  if (perSecond === null || perSecond === undefined) return unknown;
  const size = Math.abs(perSecond);
  if (size > 0 && size * 60 < 0.995) return { text: twoDigits(perSecond * 3600), unit: '/h' };
  if (size > 0 && size < 0.0995) return { text: twoDigits(perSecond * 60), unit: '/min' };
  if (size < 10_000) return { text: digits(perSecond), unit: '/s' };
  const figure = formatCompact(perSecond);
  return { text: figure.text, unit: `${figure.unit}/s` };
};

/** A share of 0 to 1 as a percentage: `0.18 %`, `12.4 %`. What is above zero never reads as zero. */
export const formatPercent = (share: number | null | undefined): Figure => {
  if (share === null || share === undefined) return unknown;
  const percent = share * 100;
  if (percent > 0 && percent < 0.005) return { text: '<0.01', unit: '%' };
  const decimals = Math.abs(percent) < 9.995 ? 2 : Math.abs(percent) < 99.95 ? 1 : 0;
  return { text: percent.toFixed(decimals), unit: '%' };
};

/** A duration from nanoseconds to days: `84 µs`, `9.1 ms`, `1.84 s`, `2.5 min`. */
export const formatDuration = (ms: number | null | undefined): Figure => {
  if (ms === null || ms === undefined) return unknown;
  const size = Math.abs(ms);
  if (size === 0) return { text: '0', unit: 'ms' };
  if (size < 0.000_999_5) return { text: Math.round(ms * 1e6).toString(), unit: 'ns' };
  if (size < 0.0995) return { text: small(ms * 1e3), unit: 'µs' };
  if (size < 999.5) return { text: small(ms), unit: 'ms' };
  if (size < 59_950) return { text: digits(ms / 1e3), unit: 's' };
  if (size < 3_597_000) return { text: digits(ms / 60e3), unit: 'min' };
  if (size < 172_800e3) return { text: digits(ms / 3_600e3), unit: 'h' };
  return { text: digits(ms / 86_400e3), unit: 'd' };
};

/** Decimal bytes: `1.2 MB`. */
export const formatBytes = (bytes: number | null | undefined): Figure =>
  bytes === null || bytes === undefined ? unknown : scaled(bytes, byteSteps, 'B');

/**
 * A value with a UCUM unit, as OpenTelemetry instruments declare it (`s`, `By`, `1`, `{request}`, `By/s`).
 * @see https://opentelemetry.io/docs/specs/semconv/general/metrics/#instrument-units
 */
export const formatUnit = (value: number | null | undefined, unit: string): Figure => {
  if (value === null || value === undefined || Number.isNaN(value)) return unknown;
  if (!Number.isFinite(value)) return { text: value > 0 ? '∞' : '−∞', unit: '' };
  const perSecond = unit.endsWith('/s');
  const base = perSecond ? unit.slice(0, -2) : unit;
  const figure = formatBase(value, base);
  if (!perSecond) return figure;
  return { text: figure.text, unit: `${figure.unit}/s` };
};

/** The figure as one string, for labels and titles. */
export const plain = (figure: Figure): string =>
  figure.unit === '' ? figure.text : `${figure.text}${figure.unit.startsWith('/') ? '' : ' '}${figure.unit}`;

/** At most three significant digits, no trailing zeros beyond them: `0.18`, `12.4`, `4 722`. */
export const digits = (value: number): string => {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 99.95) return group(Math.round(value).toString());
  if (size >= 9.995) return trim(value.toFixed(1));
  if (size >= 0.9995) return trim(value.toFixed(2));
  return trim(value.toPrecision(2));
};

// ---- helpers

const decimalSteps: readonly (readonly [number, string])[] = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];
const byteSteps: readonly (readonly [number, string])[] = [
  [1e12, 'TB'],
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1e3, 'kB'],
];
const timeUnitsMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1e3,
  min: 60e3,
  h: 3_600e3,
  d: 86_400e3,
};
const byteUnits: Readonly<Record<string, number>> = {
  By: 1,
  kBy: 1e3,
  MBy: 1e6,
  GBy: 1e9,
  KiBy: 1024,
  MiBy: 1024 ** 2,
  GiBy: 1024 ** 3,
};

const formatBase = (value: number, unit: string): Figure => {
  const milliseconds = timeUnitsMs[unit];
  if (milliseconds !== undefined) return formatDuration(value * milliseconds);
  const bytes = byteUnits[unit];
  if (bytes !== undefined) return formatBytes(value * bytes);
  if (unit === '%') return { text: digits(value), unit: '%' };
  const figure = Math.abs(value) < 10_000 ? { text: digits(value), unit: '' } : formatCompact(value);
  const name = unit === '1' ? '' : unit.replace(/^\{(.*)\}$/, '$1');
  return { text: figure.text, unit: [figure.unit, name].filter((part) => part !== '').join(' ') };
};

const scaled = (value: number, steps: readonly (readonly [number, string])[], unit: string): Figure => {
  for (const [size, name] of steps) {
    // 999 950 would round up to 1 000 k: it is 1 M.
    if (Math.abs(value) >= size * 0.9995) return { text: digits(value / size), unit: name };
  }
  return { text: digits(value), unit };
};

/** What is counted a few times an hour is not known to three digits. */
const twoDigits = (value: number): string => trim(value.toPrecision(2));

/** One decimal below ten, none above: what a millisecond is worth. */
const small = (value: number): string =>
  Math.abs(value) < 9.95 ? trim(value.toFixed(1)) : Math.round(value).toString();

const trim = (text: string): string =>
  text.includes('e') ? text : text.includes('.') ? text.replace(/\.?0+$/, '') : text;

const group = (text: string): string => text.replace(/\B(?=(\d{3})+(?!\d))/g, thinSpace);
