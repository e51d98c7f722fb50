/**
 * From the bytes of an export request to rows. The three requests have the same frame — resources, scopes, records — so
 * this walks it; what a record becomes is the signal's own matter (spans-rows.ts, logs-rows.ts, metrics-rows.ts).
 *
 * Fields may come in any order, so each level is looked over before it is written. Where a message that should occur once
 * occurs again, the last one counts.
 */

import { limits } from '../limits.ts';
import { lengthDelimited, WireReader } from '../wire.ts';
import type { Origin } from './origin.ts';
import { RowWriter } from './row-binary.ts';
import { RowHead } from './row-head.ts';
import type { Transcoded, Transcoder } from './rows-block.ts';

export type { Transcoded, Transcoder };

/** Writes the rows of one record: of the message that the reader has entered. Leaves the reader anywhere in it, and its `end` alone. */
export interface RecordWriter {
  startRequest(origin: Origin): void;
  writeRecord(reader: WireReader, head: RowHead, out: RowWriter, counts: Transcoded): void;
}

export type Columns = readonly (readonly [name: string, type: string])[];

export const defineTranscoder = (table: string, columns: Columns, createWriter: () => RecordWriter): Transcoder => {
  return {
    table,
    format: 'RowBinary',
    structure: columns.map(([name, type]) => `\`${name}\` ${type}`).join(', '),
    openBlock(maxRequestBytes = limits.rowsBytes) {
      const head = new RowHead();
      const writer = createWriter();
      const out = new RowWriter(2 ** 10, 32 * 2 ** 20 + maxRequestBytes);
      let rows = 0;
      return {
        get rows() {
          return rows;
        },
        get usedBytes() {
          return out.position;
        },
        add(request, origin) {
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
          rows += counts.rows;
          return counts;
        },
        written: () => [out.written()],
        derived: () => undefined,
        clear() {
          rows = 0;
          out.position = 0;
        },
      };
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
