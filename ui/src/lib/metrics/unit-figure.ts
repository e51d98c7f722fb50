/** Values of a metric as people read them: by its unit, and by its name where the unit says too little. */
import { type Figure, formatPercent, formatUnit } from '../format.ts';

/** A share is declared with the unit `1`: its name tells it from a count. */
export const figureOf = (value: number | null | undefined, metric: string, unit: string): Figure =>
  isShare(metric, unit) && value !== null && value !== undefined && Number.isFinite(value)
    ? formatPercent(value)
    : formatUnit(value, unit);

/** What an axis says of a tick: short, with the unit only where it changes what the number means. */
export const axisText = ({ text, unit }: Figure): string => {
  if (text === '0') return text;
  const scale = /^(?:[kMGT]?B|ns|µs|ms|s|min|h|d|%|[kMGT])(?=$|[ /])/.exec(unit)?.[0] ?? '';
  const number = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return scale === '' ? number : `${number}\u2009${scale}`;
};

/** `By`, `{request}`, `1`: as a word for people; '' for a bare number. */
export const unitName = (unit: string): string => {
  if (unit === '' || unit === '1') return '';
  const known = unitNames.get(unit);
  if (known !== undefined) return known;
  return unit.replace(/^\{(.*)\}$/, '$1').replace(/^\{(.*)\}\/s$/, '$1/s');
};

// ---- helpers

const unitNames = new Map([
  ['By', 'bytes'],
  ['s', 'seconds'],
  ['ms', 'milliseconds'],
  ['us', 'microseconds'],
  ['ns', 'nanoseconds'],
]);

const isShare = (metric: string, unit: string): boolean =>
  unit === '1' && /(?:^|[._])(?:utilization|utilisation|ratio|percent_used)$/.test(metric);
