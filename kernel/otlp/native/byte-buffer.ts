/**
 * A growing buffer of bytes, the stuff that columns are made of: little-endian numbers, and strings as ClickHouse has
 * them, a varint length and the bytes. Strings go from a request into it as bytes and are never decoded.
 */
import { freeBytes } from '../../free-bytes.ts';
import { cutLength } from '../limits.ts';
import type { WireReader } from '../wire.ts';

/** The rows would need more memory than a request may take. */
export class RowsTooLargeError extends Error {
  override readonly name = 'RowsTooLargeError';
}

/** Asked before a buffer grows by so many bytes. @throws RowsTooLargeError */
export type AllowGrowth = (bytes: number) => void;

/** Set `position` back to undo what was written since. */
export class ByteBuffer {
  bytes: Uint8Array;
  view: DataView;
  position = 0;
  private readonly allowGrowth: AllowGrowth;

  constructor(initialBytes: number, allowGrowth: AllowGrowth) {
    this.bytes = new Uint8Array(initialBytes);
    this.view = new DataView(this.bytes.buffer);
    this.allowGrowth = allowGrowth;
  }

  /** What was written; valid until the next write. */
  written(): Uint8Array {
    return this.bytes.subarray(0, this.position);
  }

  /** Starts anew. What an unusually large record made it grow to is given back. */
  clear(): void {
    if (this.bytes.length > keptBytes) this.resize(keptBytes);
    this.position = 0;
  }

  /** Starts anew in other memory, of this size. */
  resize(bytes: number): void {
    this.position = 0;
    freeBytes(this.bytes);
    this.bytes = new Uint8Array(bytes);
    this.view = new DataView(this.bytes.buffer);
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.position++] = value;
  }

  /** The same byte so many times. */
  byteTimes(value: number, times: number): void {
    this.reserve(times);
    const { bytes } = this;
    const end = this.position + times;
    for (let at = this.position; at < end; at++) bytes[at] = value;
    this.position = end;
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

  /** The same number so many times. */
  uint32Times(value: number, times: number): void {
    this.reserve(4 * times);
    const { view } = this;
    const end = this.position + 4 * times;
    for (let at = this.position; at < end; at += 4) view.setInt32(at, value, true);
    this.position = end;
  }

  /** UInt64 or Int64 from its two halves. */
  uint64(low: number, high: number): void {
    this.reserve(8);
    this.view.setInt32(this.position, low, true);
    this.view.setInt32(this.position + 4, high, true);
    this.position += 8;
  }

  /** So many numbers of 32 bits as UInt64, each larger than the one before by `step`. */
  uint64Steps(first: number, step: number, times: number): void {
    this.reserve(8 * times);
    const { view } = this;
    const end = this.position + 8 * times;
    for (let at = this.position, value = first; at < end; at += 8, value += step) {
      view.setInt32(at, value, true);
      view.setInt32(at + 4, 0, true);
    }
    this.position = end;
  }

  /** An integer of up to 53 bits as Int64. */
  int64(value: number): void {
    this.uint64(value, Math.floor(value / 2 ** 32));
  }

  /** UInt64, Int64 or Float64 out of a request; 0 where `at` is 0, which stands for a field that is not there. */
  fixed64(source: WireReader, at: number): void {
    if (at === 0) this.uint64(0, 0);
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
    this.bytes.fill(0, this.position, this.position + count);
    this.position += count;
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
  utf8(text: string): void {
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
    this.position = to + length;
    const { view } = this;
    const from = source.view;
    if (length > 256 || at + length + 8 > from.byteLength) {
      this.bytes.set(source.bytes.subarray(at, at + length), to);
      return;
    }
    for (let i = 0; i < length; i += 8) view.setBigUint64(to + i, from.getBigUint64(at + i, true), true);
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

  /** All that was written to another buffer. */
  appendAll({ bytes, view, position: length }: ByteBuffer): void {
    if (length > 256 || length + 8 > bytes.length) {
      this.append(bytes.subarray(0, length));
      return;
    }
    this.reserve(length + 8);
    const to = this.position;
    for (let i = 0; i < length; i += 8) this.view.setBigUint64(to + i, view.getBigUint64(i, true), true);
    this.position = to + length;
  }

  /** The last `length` bytes, so many times more. */
  repeat(length: number, times: number): void {
    if (length === 0 || times < 1) return;
    this.reserve(length * times);
    const { bytes } = this;
    const from = this.position - length;
    const total = length * (times + 1);
    for (let done = length; done < total; done *= 2) {
      bytes.copyWithin(from + done, from, from + Math.min(done, total - done));
    }
    this.position = from + total;
  }

  /** @throws RowsTooLargeError */
  reserve(count: number): void {
    if (this.position + count > this.bytes.length) this.grow(count);
  }

  private grow(count: number): void {
    this.allowGrowth(count);
    const grown = new Uint8Array(Math.max(this.position + count, 2 * this.bytes.length));
    grown.set(this.bytes.subarray(0, this.position));
    freeBytes(this.bytes);
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}

const keptBytes = 2 ** 20;

/** A buffer of what is not a part of a column yet, or never will be. */
export const scratchBuffer = (maxBytes: number): ByteBuffer => {
  const buffer: ByteBuffer = new ByteBuffer(256, (bytes) => {
    if (buffer.position + bytes > maxBytes) throw new RowsTooLargeError(`its rows are larger than ${maxBytes} bytes`);
  });
  return buffer;
};
