/**
 * From the bytes of export requests to a block of rows. The three requests have the same frame — resources, scopes,
 * records — so this walks it; what a record becomes is the signal's own matter (spans-rows.ts, logs-rows.ts,
 * metrics-rows.ts).
 *
 * Fields may come in any order, so each level is looked over before it is written. Where a message that should occur once
 * occurs again, the last one counts.
 */

import { limits } from '../limits.ts';
import { BlockMemory } from '../native/block-memory.ts';
import { type Columns, structureOf, writeBlock } from '../native/write-block.ts';
import { lengthDelimited, WireReader } from '../wire.ts';
import { type HeadColumns, RowHead } from './head-columns.ts';
import type { Origin } from './origin.ts';

export interface Transcoder {
  readonly table: string;
  readonly format: 'Native' | 'RowBinary';
  /** The columns of a block, as ClickHouse's `file()` takes them. */
  readonly structure: string;
  /** @param maxRequestBytes that the rows of one request may have */
  openBlock(maxRequestBytes?: number): RowsBlock;
}

export interface Transcoded {
  rows: number;
  cutRows: number;
}

/** Rows on their way into one insert. It keeps its memory from one to the next: never shared. */
export interface RowsBlock {
  /** Since it was cleared. */
  readonly rows: number;
  /** Bytes of these rows, before the numbers of dictionaries are written as narrow as they can be. */
  readonly usedBytes: number;
  /**
   * Adds the rows of a request. Returns how many, and how many of them were cut at a limit.
   * @throws WireError, RowsTooLargeError; the block is then as it was before.
   */
  add(request: Uint8Array, origin: Origin): Transcoded;
  /** The rows in ClickHouse's Native format, in parts that are valid until the block changes. */
  written(): Uint8Array[];
  clear(): void;
}

/** The columns of a signal, and what fills them. */
export interface RecordWriter {
  /** In the order of the block. */
  readonly columns: HeadColumns & Columns;
  startRequest(origin: Origin): void;
  /**
   * Adds the rows of one record, of the message that the reader has entered, without what `head` adds at the end of the
   * scope. Leaves the reader anywhere in it, and its `end` alone.
   */
  writeRecord(reader: WireReader, head: RowHead, counts: Transcoded): void;
}

export const defineTranscoder = (table: string, createWriter: (memory: BlockMemory) => RecordWriter): Transcoder => ({
  table,
  format: 'Native',
  structure: structureOf(createWriter(new BlockMemory(0)).columns),
  openBlock: (maxRequestBytes = limits.rowsBytes) => {
    const memory = new BlockMemory(maxRequestBytes);
    const writer = createWriter(memory);
    const head = new RowHead(writer.columns);
    let rows = 0;
    return {
      get rows() {
        return rows;
      },
      get usedBytes() {
        return memory.usedBytes();
      },
      add(request, origin) {
        const counts = { rows: 0, cutRows: 0 };
        memory.mark();
        try {
          head.startRequest(origin);
          writer.startRequest(origin);
          walkRequest(new WireReader(request), head, writer, counts);
          memory.checkRequest();
        } catch (error) {
          memory.rollback();
          throw error;
        }
        rows += counts.rows;
        return counts;
      },
      written: () => writeBlock(writer.columns, rows),
      clear() {
        rows = 0;
        memory.clear();
      },
    };
  },
});

const walkRequest = (reader: WireReader, head: RowHead, writer: RecordWriter, counts: Transcoded): void => {
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag !== resources) {
      reader.skip(tag);
      continue;
    }
    const requestEnd = reader.enter();
    head.startResource(reader);
    while (reader.position < reader.end) {
      const inner = reader.tag();
      if (inner === scopes) walkScope(reader, head, writer, counts);
      else reader.skip(inner);
    }
    reader.leave(requestEnd);
  }
};

const walkScope = (reader: WireReader, head: RowHead, writer: RecordWriter, counts: Transcoded): void => {
  const resourceEnd = reader.enter();
  const rowsBefore = counts.rows;
  head.startScope(reader);
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag !== records) {
      reader.skip(tag);
      continue;
    }
    const scopeEnd = reader.enter();
    writer.writeRecord(reader, head, counts);
    reader.leave(scopeEnd);
  }
  head.endScope(counts.rows - rowsBefore);
  reader.leave(resourceEnd);
};

/** Field numbers that the three requests share: of the request, of its resources and of their scopes. */
const resources = lengthDelimited(1);
const scopes = lengthDelimited(2);
const records = lengthDelimited(2);
