/**
 * What a live list holds: the lines shown, those that arrived while somebody reads, and where the next older page
 * begins. Memory is bounded: whatever falls off the end can be asked for again. All functions are pure.
 */
import type { LogLine } from '../../../../api/contract/logs.ts';
import { compareIds, mergeNewest } from './merge-lines.ts';

export interface LiveBuffer {
  /** Newest first. */
  readonly lines: readonly LogLine[];
  /** Cursor of the page below `lines`; null where there is none. */
  readonly nextCursor: string | null;
  /** Newest first; shown when the reader resumes. */
  readonly waiting: readonly LogLine[];
  /** How many arrived while reading: more than `waiting` holds, when that was cut. */
  readonly arrived: number;
  /** True when lines between `waiting` and `lines` are missing: resuming then starts anew from `waiting`. */
  readonly torn: boolean;
}

export const mostLines = 5000;

export const startBuffer = (lines: readonly LogLine[], nextCursor: string | null): LiveBuffer => ({
  lines,
  nextCursor,
  waiting: [],
  arrived: 0,
  torn: false,
});

/** Lines that arrived, in any order and perhaps again. @param reading they must not move what is shown. */
export const receive = (buffer: LiveBuffer, added: readonly LogLine[], reading: boolean): LiveBuffer => {
  const { lines, nextCursor } = buffer;
  const oldest = lines.at(-1);
  // Older than the last line loaded: they belong to pages that are not loaded yet.
  const within =
    nextCursor === null || oldest === undefined ? added : added.filter((line) => compareIds(line.id, oldest.id) > 0);
  if (within.length === 0) return buffer;
  if (!reading) return cut({ ...buffer, lines: mergeNewest(lines, within, Number.POSITIVE_INFINITY) });
  const unseen = without(within, lines);
  const all = mergeNewest(buffer.waiting, unseen, Number.POSITIVE_INFINITY);
  return {
    ...buffer,
    waiting: all.slice(0, mostLines),
    arrived: buffer.arrived + (all.length - buffer.waiting.length),
    torn: buffer.torn || all.length > mostLines,
  };
};

/** A page that reaches from now back to what was known, after a time without connection. @param whole it does reach it. */
export const refill = (buffer: LiveBuffer, page: readonly LogLine[], whole: boolean, reading: boolean): LiveBuffer => {
  if (whole) return receive(buffer, page, reading);
  // The hole is wider than a page: what is below it would be read as if it followed.
  if (!reading) return startBuffer(page, page.at(-1)?.id ?? null);
  const unseen = without(page, [...buffer.lines, ...buffer.waiting]);
  return { ...buffer, waiting: page, arrived: buffer.arrived + unseen.length, torn: true };
};

/** Shows what was waiting. */
export const resume = (buffer: LiveBuffer): LiveBuffer => {
  if (buffer.waiting.length === 0) return { ...buffer, arrived: 0, torn: false };
  if (buffer.torn) return startBuffer(buffer.waiting, buffer.waiting.at(-1)!.id);
  return cut({
    ...startBuffer(mergeNewest(buffer.lines, buffer.waiting, Number.POSITIVE_INFINITY), buffer.nextCursor),
  });
};

/** A further page below. It is cut off again only while live lines push from above. */
export const extend = (buffer: LiveBuffer, page: readonly LogLine[], nextCursor: string | null): LiveBuffer => {
  const known = new Set(buffer.lines.map((line) => line.id));
  return { ...buffer, lines: [...buffer.lines, ...page.filter((line) => !known.has(line.id))], nextCursor };
};

// ---- helpers

/** What is cut off becomes the page below. */
const cut = (buffer: LiveBuffer): LiveBuffer => {
  if (buffer.lines.length <= mostLines) return buffer;
  const lines = buffer.lines.slice(0, mostLines);
  return { ...buffer, lines, nextCursor: lines.at(-1)!.id };
};

const without = (lines: readonly LogLine[], shown: readonly LogLine[]): LogLine[] => {
  const known = new Set(shown.map((line) => line.id));
  return lines.filter((line) => !known.has(line.id));
};
