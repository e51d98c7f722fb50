/** Pieces of the dataset's day, each about as many rows as an insert: what is made of rows that are stored is made piece by piece. */
import { type Dataset, dayMs } from './dataset.ts';

/** One of `parts` of equal length, counted from 0. */
export interface Piece {
  readonly part: number;
  readonly parts: number;
}

/** A condition on a time. Only the dataset's own rows meet it, not those of somebody who has sent something since. */
export const isWithin = (column: string, { endMs }: Dataset, { part, parts }: Piece): string => {
  const border = (i: number): number => endMs - dayMs + Math.floor((i * dayMs) / parts);
  const at = (ms: number): string => `fromUnixTimestamp64Milli(${ms}, 'UTC')`;
  return `${column} >= ${at(border(part))} AND ${column} < ${at(border(part + 1))}`;
};
