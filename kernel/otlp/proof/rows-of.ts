/** The rows of a block or a request as tests look at them. */
import { readBlock } from '../native/read-block.ts';
import type { Origin } from '../rows/origin.ts';
import type { RowsBlock, Transcoder } from '../rows/rows-block.ts';

type Row = Record<string, unknown>;

export const rowsOfBlock = (block: RowsBlock): Row[] => [...readBlock(Buffer.concat(block.written()))];

/** The rows of one request alone. */
export const rowsOfRequest = (transcoder: Transcoder, request: Uint8Array, origin: Origin) => {
  const block = transcoder.openBlock();
  const { cutRows } = block.add(request, origin);
  return { cutRows, rows: rowsOfBlock(block) };
};
