/**
 * From the bytes of an export request to rows. The three requests have the same frame — resources, scopes, records — so
 * this walks it; what a record becomes is the signal's own matter (spans-rows.ts, logs-rows.ts, metrics-rows.ts).
 *
 * Fields may come in any order, so each level is looked over before it is written. Where a message that should occur once
 * occurs again, the last one counts.
 */

import { lengthDelimited, WireReader } from '../wire.ts';
import type { RowWriter } from './row-binary.ts';
import { type Origin, RowHead } from './row-head.ts';

export interface Transcoder {
  readonly table: string;
  /** The columns of a row in the order of its bytes, as ClickHouse's `file()` takes them. */
  readonly structure: string;
  /**
   * Appends the rows of a request to `out`. Returns how many, and how many of them were cut at a limit.
   * @throws WireError, RowsTooLargeError; `out` is then as it was before.
   */
  transcode(request: Uint8Array, origin: Origin, out: RowWriter): Transcoded;
}

export interface Transcoded {
  rows: number;
  cutRows: number;
}

/** Writes the rows of one record: of the message that the reader has entered. Leaves the reader anywhere in it, and its `end` alone. */
export interface RecordWriter {
  startRequest(origin: Origin): void;
  writeRecord(reader: WireReader, head: RowHead, out: RowWriter, counts: Transcoded): void;
}

export type Columns = readonly (readonly [name: string, type: string])[];

export const defineTranscoder = (table: string, columns: Columns, createWriter: () => RecordWriter): Transcoder => {
  const head = new RowHead();
  const writer = createWriter();
  return {
    table,
    structure: columns.map(([name, type]) => `\`${name}\` ${type}`).join(', '),
    transcode(request, origin, out) {
      const start = out.position;
      const counts = { rows: 0, cutRows: 0 };
      head.startRequest(origin);
      writer.startRequest(origin);
      try {
        walkRequest(new WireReader(request), head, writer, out, counts);
      } catch (error) {
        out.position = start;
        throw error;
      }
      return counts;
    },
  };
};

const walkRequest = (
  reader: WireReader,
  head: RowHead,
  writer: RecordWriter,
  out: RowWriter,
  counts: Transcoded,
): void => {
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
      if (inner === scopes) walkScope(reader, head, writer, out, counts);
      else reader.skip(inner);
    }
    reader.leave(requestEnd);
  }
};

const walkScope = (
  reader: WireReader,
  head: RowHead,
  writer: RecordWriter,
  out: RowWriter,
  counts: Transcoded,
): void => {
  const resourceEnd = reader.enter();
  head.startScope(reader);
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag !== records) {
      reader.skip(tag);
      continue;
    }
    const scopeEnd = reader.enter();
    writer.writeRecord(reader, head, out, counts);
    reader.leave(scopeEnd);
  }
  reader.leave(resourceEnd);
};

/** Field numbers that the three requests share: of the request, of its resources and of their scopes. */
const resources = lengthDelimited(1);
const scopes = lengthDelimited(2);
const records = lengthDelimited(2);
