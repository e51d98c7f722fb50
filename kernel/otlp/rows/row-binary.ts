/**
 * Writes ClickHouse's RowBinary (https://clickhouse.com/docs/interfaces/formats/RowBinary): values one after the other,
 * little-endian, without names or types. Strings go from a request to a row as bytes and are never decoded.
 *
 * How types are written: String: varint length, bytes · FixedString: bytes · Array and Map: varint count, elements ·
 * Nullable: a byte, 1 for NULL, else the value · Enum8 and Bool: a byte · DateTime64: its ticks as Int64.
 */
import { cutLength } from '../limits.ts';
import type { WireReader } from '../wire.ts';

/** The rows would need more memory than a writer may take. */
export class RowsTooLargeError extends Error {
  override readonly name = 'RowsTooLargeError';
}

/** A growing buffer. Set `position` back to undo what was written since. */
export class RowWriter {
  bytes: Uint8Array;
  view: DataView;
  position = 0;
  private readonly maxBytes: number;

  constructor(initialBytes: number, maxBytes: number) {
    this.bytes = new Uint8Array(initialBytes);
    this.view = new DataView(this.bytes.buffer);
    this.maxBytes = maxBytes;
  }

  /** What was written; valid until the next write. */
  written(): Uint8Array {
    return this.bytes.subarray(0, this.position);
  }

  /** Starts anew. What an unusually large record made it grow to is given back. */
  clear(): void {
    this.position = 0;
    if (this.bytes.length <= keptBytes) return;
    this.bytes = new Uint8Array(keptBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.position++] = value;
  }

  uint16(value: number): void {
    this.reserve(2);
    this.view.setUint16(this.position, value, true);
    this.position += 2;
  }

  /** Int32 as well. */
  uint32(value: number): void {
    this.reserve(4);
    this.view.setInt32(this.position, value, true);
    this.position += 4;
  }

  /** UInt64 or Int64 from its two halves. */
  uint64(low: number, high: number): void {
    this.reserve(8);
    this.view.setInt32(this.position, low, true);
    this.view.setInt32(this.position + 4, high, true);
    this.position += 8;
  }

  /** An integer of up to 53 bits as Int64. */
  int64(value: number): void {
    this.uint64(value, Math.floor(value / 2 ** 32));
  }

  /** UInt64, Int64 or Float64 out of a request; 0 where `at` is 0, which stands for a field that is not there. */
  fixed64(source: WireReader, at: number): void {
    if (at === 0) this.zeros(8);
    else this.copy(source, at, 8);
  }

  /** Nanoseconds out of a request as DateTime64(9): as `fixed64`, but nothing after 2262, where Int64 ends. */
  time(source: WireReader, at: number): void {
    if (at !== 0 && source.bytes[at + 7]! > 0x7f) this.uint64(-1, 0x7fffffff);
    else this.fixed64(source, at);
  }

  float64(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.position, value, true);
    this.position += 8;
  }

  /** A length or a count. */
  varint(value: number): void {
    this.reserve(5);
    let rest = value;
    while (rest > 0x7f) {
      this.bytes[this.position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.position++] = rest;
  }

  zeros(count: number): void {
    this.reserve(count);
    for (let i = 0; i < count; i++) this.bytes[this.position++] = 0;
  }

  /** A String out of a request. */
  string(source: WireReader, at: number, length: number): void {
    // Both formats write lengths as varints: one that is a single byte before the string is copied along with it.
    if (length < 0x80 && at > 0 && source.bytes[at - 1] === length) this.copy(source, at - 1, length + 1);
    else {
      this.varint(length);
      this.copy(source, at, length);
    }
  }

  /** A String out of a request, cut to `limit` bytes between two characters. */
  text(source: WireReader, at: number, length: number, limit: number): void {
    this.string(source, at, length <= limit ? length : cutLength(source.bytes, at, length, limit));
  }

  /** A String of ASCII characters. */
  asciiString(text: string): void {
    this.varint(text.length);
    this.ascii(text);
  }

  /** ASCII characters, as a part of a String. */
  ascii(text: string): void {
    this.reserve(text.length);
    for (let i = 0; i < text.length; i++) this.bytes[this.position++] = text.charCodeAt(i);
  }

  /** A String of any characters. */
  utf8String(text: string): void {
    const encoded = Buffer.from(text);
    this.varint(encoded.length);
    this.append(encoded);
  }

  /** FixedString(`size`) out of a request; what has another length than `size` becomes zeros. */
  fixedString(source: WireReader, at: number, length: number, size: number): void {
    if (length === size) this.copy(source, at, size);
    else this.zeros(size);
  }

  /**
   * Bytes out of a request. A call of `set` costs as much as 150 bytes moved eight at a time, and most strings are
   * shorter. Eight at a time writes up to 7 bytes too many, which the next value overwrites.
   */
  copy(source: WireReader, at: number, length: number): void {
    this.reserve(length + 8);
    const to = this.position;
    if (length > 256 || at + length + 8 > source.bytes.length) {
      this.bytes.set(source.bytes.subarray(at, at + length), to);
    } else {
      const from = source.view;
      const { view } = this;
      for (let i = 0; i < length; i += 8) view.setBigUint64(to + i, from.getBigUint64(at + i, true), true);
    }
    this.position = to + length;
  }

  /** The digits of an integer of up to 53 bits, as a part of a String. */
  digits(value: number): void {
    if (value < 0 || value > 0x7fffffff) {
      this.ascii(String(value));
      return;
    }
    this.reserve(10);
    let count = 1;
    for (let power = 10; power <= value; power *= 10) count++;
    let rest = value | 0;
    for (let at = this.position + count - 1; at >= this.position; at--) {
      const next = (rest / 10) | 0;
      this.bytes[at] = 0x30 + rest - next * 10;
      rest = next;
    }
    this.position += count;
  }

  /** Bytes that are encoded already. */
  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.position);
    this.position += bytes.length;
  }

  /** An Array whose elements were written to `elements`. */
  array(count: number, elements: RowWriter): void {
    const length = elements.position;
    this.varint(count);
    this.reserve(length + 8);
    const to = this.position;
    if (length > 256) this.bytes.set(elements.written(), to);
    else {
      elements.reserve(8);
      const from = elements.view;
      const { view } = this;
      for (let i = 0; i < length; i += 8) view.setBigUint64(to + i, from.getBigUint64(i, true), true);
    }
    this.position = to + length;
  }

  /** @throws RowsTooLargeError */
  reserve(count: number): void {
    if (this.position + count > this.bytes.length) this.grow(this.position + count);
  }

  private grow(needed: number): void {
    if (needed > this.maxBytes) throw new RowsTooLargeError(`its rows are larger than ${this.maxBytes} bytes`);
    const grown = new Uint8Array(Math.min(this.maxBytes, Math.max(needed, 2 * this.bytes.length)));
    grown.set(this.bytes.subarray(0, this.position));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}

const keptBytes = 2 ** 20;
