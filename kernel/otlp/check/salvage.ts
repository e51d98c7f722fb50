/** Rebuilds a request without its bad records: the slow path, for the one request in a million that has some. */

import { requests, type Signal } from '../messages.ts';
import { ProtobufWriter } from '../protobuf-writer.ts';
import type { Message } from '../schema.ts';
import { WireReader } from '../wire.ts';
import type { Bits } from './check.ts';

/** @param bad places of the records to leave out, as `check` of the same bytes gave them */
export const salvage = (bytes: Uint8Array, signal: Signal, bad: Bits): Uint8Array => {
  // never longer than it was; the writer reserves a number's longest form before it writes it
  const writer = new ProtobufWriter(bytes.length + 16, bytes.length + 16);
  copyContainer({ reader: new WireReader(bytes), writer, bad, records: 0, kept: 0 }, requests[signal]);
  return writer.written();
};

interface Copy {
  readonly reader: WireReader;
  readonly writer: ProtobufWriter;
  readonly bad: Bits;
  /** Records met so far, and those of them that were copied. */
  records: number;
  kept: number;
}

/** Copies the fields of the message the reader is in, without bad records and without what they leave empty. */
const copyContainer = (copy: Copy, message: Message): void => {
  const { reader, writer, bad } = copy;
  while (reader.position < reader.end) {
    const start = reader.position;
    const tag = reader.tag();
    const inner = message.byNumber[tag >>> 3]?.message;
    if (inner?.kind === 'container') {
      const before = { position: writer.position, records: copy.records, kept: copy.kept };
      const mark = writer.open(tag >>> 3);
      const outer = reader.enter();
      copyContainer(copy, inner);
      reader.leave(outer);
      writer.close(mark);
      if (copy.records > before.records && copy.kept === before.kept) writer.rewind(before.position);
      continue;
    }
    reader.skip(tag);
    if (inner?.kind === 'record') {
      if (bad.has(copy.records++)) continue;
      copy.kept++;
    }
    writer.raw(reader.bytes.subarray(start, reader.position));
  }
};
