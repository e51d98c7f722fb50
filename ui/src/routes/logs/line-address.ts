/** How one line is asked for and linked to: its id says when it was written and where it is stored. */
import type { LogLine } from '../../../../api/contract/logs.ts';

export interface LineAddress {
  /** The millisecond it was written in. */
  readonly fromMs: number;
  readonly toMs: number;
  /** The page that begins at the line, newest first, has it as its first. */
  readonly cursor: string;
}

/** The id a link names. Links from when topics had one partition do not name it. */
export const lineIdOf = (linked: string): string => linked.replace(/^(\d+)-(\d+-\d+)$/, '$1-0-$2');

/** Null for what is not an id. */
export const addressOf = (id: string): LineAddress | null => {
  const [, nano, place, index] = /^(\d{7,19})-(\d{1,5}-\d{1,19})-(\d{1,9})$/.exec(id) ?? [];
  if (nano === undefined || place === undefined || index === undefined) return null;
  const fromMs = Number(BigInt(nano) / 1_000_000n);
  return { fromMs, toMs: fromMs + 1, cursor: `${nano}-${place}-${Number(index) + 1}` };
};

/** A range that stands still around the line: what a link to it shows tomorrow as well. */
export const rangeAround = (line: LogLine, widthMs: number): { from: number; to: number } => {
  const ms = Number(BigInt(line.sortUnixNano) / 1_000_000n);
  return { from: Math.floor(ms - widthMs / 2), to: Math.ceil(ms + widthMs / 2) };
};
