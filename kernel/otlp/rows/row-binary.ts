/** Writes ClickHouse's RowBinary, for the tables whose rows do not travel as Native blocks yet. */
import { ByteBuffer, RowsTooLargeError } from '../native/byte-buffer.ts';

export { RowsTooLargeError };

export class RowWriter extends ByteBuffer {
  constructor(initialBytes: number, maxBytes: number) {
    super(initialBytes, (bytes) => {
      if (this.position + bytes > maxBytes) throw new RowsTooLargeError(`its rows are larger than ${maxBytes} bytes`);
    });
  }

  utf8String(text: string): void {
    this.utf8(text);
  }

  /** An Array whose elements were written to `elements`. */
  array(count: number, elements: RowWriter): void {
    this.varint(count);
    this.append(elements.written());
  }
}
