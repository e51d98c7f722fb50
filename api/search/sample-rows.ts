/**
 * Which rows of a table of records stand for all of a time range, where those are too many to be read. What costs is not
 * the row but the granule it lies in, of which all is decompressed; and rows lie in blocks of five minutes, by service.
 * So a sample is made of whole blocks, spread over the range, and where those are too much of some of their granules.
 */
import type { QueryParam } from '../../kernel/telemetry/client.ts';
import { floorTo } from '../steps.ts';

export interface RowSample {
  /** One row of so many. */
  readonly oneIn: number;
  /** The condition that chooses it. */
  readonly sql: string;
  readonly params: Readonly<Record<string, QueryParam>>;
}

/** What the tables are ordered by, after the tenant. */
export const blockMs = 300_000;
/** So that one burst does not decide. */
const minBlocks = 24;
/** Rows, the default of every table. */
const granule = 8192;

/** @param rows in the range @param wanted about how many of them to read */
export const sampleRows = (
  { timeColumn, fromMs, toMs }: { readonly timeColumn: string; readonly fromMs: number; readonly toMs: number },
  rows: number,
  wanted: number,
): RowSample => {
  const first = floorTo(fromMs, blockMs) / blockMs;
  const blocks = Array.from({ length: Math.ceil(toMs / blockMs) - first }, (_, i) => first + i);
  const oneBlockIn = Math.max(1, Math.min(Math.floor(blocks.length / minBlocks), Math.ceil(rows / wanted)));
  const oneGranuleIn = Math.ceil(rows / oneBlockIn / wanted);
  const conditions: string[] = [];
  if (oneBlockIn > 1) conditions.push(`toStartOfFiveMinutes(${timeColumn}) IN {sampledBlocks:Array(DateTime('UTC'))}`);
  if (oneGranuleIn > 1) conditions.push(`intDiv(_part_offset, ${granule}) % {oneGranuleIn:UInt32} = 0`);
  const chosen = blocks.filter((block) => isChosen(block, oneBlockIn)).map((block) => (block * blockMs) / 1000);
  return {
    oneIn: Math.max(1, oneBlockIn * oneGranuleIn),
    sql: conditions.join(' AND ') || '1',
    params: { sampledBlocks: chosen, oneGranuleIn },
  };
};

/** One of each `oneIn` that follow one another, in another place each time: what happens every hour is not always in it. */
const isChosen = (block: number, oneIn: number): boolean => {
  const mixed = Math.imul(Math.floor(block / oneIn) + 1, 0x9e3779b1);
  return block % oneIn === ((mixed ^ (mixed >>> 15)) >>> 0) % oneIn;
};
