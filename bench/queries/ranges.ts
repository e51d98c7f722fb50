/** Time ranges that questions are about, as parameters of our API and as conditions on the Collector's tables. */
import { type Dataset, dayMs } from './dataset.ts';
import type { Random } from './random.ts';

export interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

const hour = 3_600_000;

/** A day that ends within the last hour of the data, to the second: as pages ask whose range ends now. */
export const wholeDay = ({ endMs }: Dataset, random: Random): Range => {
  const toMs = endMs - random.number(3600) * 1000;
  return { fromMs: toMs - dayMs, toMs };
};

/** An hour, six hours or the day, anywhere in the data. */
export const anyRange = ({ endMs }: Dataset, random: Random): Range => {
  const widthMs = random.pick([1, 6, 24]) * hour;
  const toMs = endMs - random.number((dayMs - widthMs) / 1000 + 1) * 1000;
  return { fromMs: toMs - widthMs, toMs };
};

export const inUrl = ({ fromMs, toMs }: Range): string => `fromMs=${fromMs}&toMs=${toMs}`;

export const inSql = ({ fromMs, toMs }: Range, column = 'Timestamp'): string =>
  `${column} >= fromUnixTimestamp64Milli(${fromMs}) AND ${column} < fromUnixTimestamp64Milli(${toMs})`;
