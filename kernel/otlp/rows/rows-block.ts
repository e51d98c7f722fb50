/**
 * From the bytes of export requests to a block of rows. The three requests have the same frame — resources, scopes,
 * records — so this walks it; what a record becomes is the signal's own matter (spans-rows.ts, logs-rows.ts,
 * metrics-rows.ts).
 *
 * Fields may come in any order, so what a level has in common is written when it has ended. Where a message that should
 * occur once occurs again, the last one counts.
 */

import type { DerivedRows } from '../derived-rows.ts';
import { limits } from '../limits.ts';
import { BlockMemory } from '../native/block-memory.ts';
import { type Columns, structureOf, writeBlock } from '../native/write-block.ts';
import { lengthDelimited, WireReader } from '../wire.ts';
import { readExtent } from './extent.ts';
import { addOrigin, type HeadColumns } from './head-columns.ts';
import { bytesOfRecord, type InsertLimits, type SentBytes } from './insert-cuts.ts';
import type { Origin } from './origin.ts';
import { ResourceHead } from './resource-columns.ts';
import { ScopeHead } from './scope-columns.ts';

export interface Transcoder {
  readonly table: string;
  /** The columns of a block, as ClickHouse's `file()` takes them. */
  readonly structure: string;
  /** Where a batch is cut. */
  readonly limits: InsertLimits;
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
  /** What they were made of. */
  readonly sent: SentBytes;
  /** Bytes of these rows, before the numbers of dictionaries are written as narrow as they can be. */
  readonly usedBytes: number;
  /** The same with the attributes of a resource and a scope in each of their rows: what a store may make of them. */
  readonly unfoldedBytes: number;
  /** Memory that it keeps for rows to come. */
  readonly heldBytes: number;
  /**
   * Adds the rows of a request. Returns how many, and how many of them were cut at a limit.
   * @throws WireError, RowsTooLargeError; the block is then as it was before.
   */
  add(request: Uint8Array, origin: Origin): Transcoded;
  /** The rows in ClickHouse's Native format, in parts that are valid until the block changes. */
  written(): Uint8Array[];
  /** What follows from these rows for another table, if anything does; valid until the block changes. */
  derived(): DerivedRows | undefined;
  clear(): void;
}

/** What is counted of a request on the way through it. */
export interface Counts extends SentBytes {
  cutRows: number;
}

/** The columns of a signal, and what fills them. */
export interface RecordWriter {
  /** In the order of the block. */
  readonly columns: HeadColumns & Columns;
  startRequest?(origin: Origin): void;
  /** Adds what all rows of a request have in common, or were not worth adding one by one. There is at least one. */
  endRequest?(origin: Origin, rows: number): void;
  /**
   * Adds the rows of one record, of the message that the reader has entered, without the columns of their head, and
   * counts them. Leaves the reader anywhere in it, and its `end` alone.
   */
  writeRecord(reader: WireReader, counts: Counts): void;
  /** @param rows of the block, which it has by now */
  derive?(rows: number): DerivedRows;
}

export const defineTranscoder = (
  table: string,
  insertLimits: InsertLimits,
  createWriter: (memory: BlockMemory) => RecordWriter,
): Transcoder => ({
  table,
  structure: structureOf(createWriter(new BlockMemory(0)).columns),
  limits: insertLimits,
  openBlock: (maxRequestBytes = limits.rowsBytes) => {
    const memory = new BlockMemory(maxRequestBytes);
    const writer = createWriter(memory);
    const walk = new RequestWalk(writer);
    const sent = { rows: 0, recordBytes: 0, headBytes: 0 };
    return {
      sent,
      get rows() {
        return sent.rows;
      },
      get usedBytes() {
        return memory.usedBytes();
      },
      get unfoldedBytes() {
        return memory.unfoldedBytes();
      },
      get heldBytes() {
        return memory.heldBytes();
      },
      add(request, origin) {
        const counts = { rows: 0, cutRows: 0, recordBytes: 0, headBytes: 0 };
        memory.mark();
        try {
          writer.startRequest?.(origin);
          walk.request(new WireReader(request), counts);
          if (counts.rows > 0) {
            writer.endRequest?.(origin, counts.rows);
            addOrigin(writer.columns, origin, counts.rows);
          }
          memory.checkRequest();
        } catch (error) {
          memory.rollback();
          throw error;
        }
        sent.rows += counts.rows;
        sent.recordBytes += counts.recordBytes;
        sent.headBytes += counts.headBytes;
        return counts;
      },
      written: () => writeBlock(writer.columns, sent.rows),
      derived: () => writer.derive?.(sent.rows),
      clear() {
        sent.rows = sent.recordBytes = sent.headBytes = 0;
        memory.clear();
      },
    };
  },
});

class RequestWalk {
  private readonly writer: RecordWriter;
  private readonly resourceHead: ResourceHead;
  private readonly scopeHead: ScopeHead;

  constructor(writer: RecordWriter) {
    this.writer = writer;
    this.resourceHead = new ResourceHead(writer.columns);
    this.scopeHead = new ScopeHead(writer.columns);
  }

  request(reader: WireReader, counts: Counts): void {
    while (reader.position < reader.end) {
      const tag = reader.tag();
      if (tag === field.resources) this.resource(reader, counts);
      else reader.skip(tag);
    }
  }

  private resource(reader: WireReader, counts: Counts): void {
    const { resourceHead: head } = this;
    const { rows, cutRows } = counts;
    const outer = reader.enter();
    head.start();
    while (reader.position < reader.end) {
      const tag = reader.tag();
      if (tag === field.scopes) this.scope(reader, counts);
      else if (tag === field.inner) head.resource = readExtent(reader);
      else if (tag === field.schemaUrl) head.schemaUrl = readExtent(reader);
      else reader.skip(tag);
    }
    const added = counts.rows - rows;
    if (head.end(reader, added) !== 0) counts.cutRows = cutRows + added;
    counts.headBytes += added * head.resource.length;
    reader.leave(outer);
  }

  private scope(reader: WireReader, counts: Counts): void {
    const { writer, scopeHead: head } = this;
    const { rows, cutRows } = counts;
    const outer = reader.enter();
    head.start();
    while (reader.position < reader.end) {
      const tag = reader.tag();
      if (tag === field.records) {
        const scopeEnd = reader.enter();
        counts.recordBytes += bytesOfRecord(reader.end - reader.position);
        writer.writeRecord(reader, counts);
        reader.leave(scopeEnd);
      } else if (tag === field.inner) head.scope = readExtent(reader);
      else if (tag === field.schemaUrl) head.schemaUrl = readExtent(reader);
      else reader.skip(tag);
    }
    const added = counts.rows - rows;
    if (head.end(reader, added) !== 0) counts.cutRows = cutRows + added;
    counts.headBytes += added * head.scope.length;
    reader.leave(outer);
  }
}

/** Field numbers that the three requests share: of the request, of its resources and of their scopes. */
const field = {
  resources: lengthDelimited(1),
  inner: lengthDelimited(1),
  scopes: lengthDelimited(2),
  records: lengthDelimited(2),
  schemaUrl: lengthDelimited(3),
} as const;
