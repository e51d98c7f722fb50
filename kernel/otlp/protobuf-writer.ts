/**
 * Writes protobuf in one pass: a message's length is filled in when it closes, and what was begun can be taken back.
 *
 *     const mark = writer.open(1); … fields … writer.close(mark);
 */

/** What was written has outgrown `maxBytes`. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}

export class ProtobufWriter {
  private bytes: Buffer;
  private at = 0;
  private readonly maxBytes: number;

  constructor(initialBytes: number, maxBytes: number) {
    this.bytes = Buffer.allocUnsafe(Math.max(64, Math.min(initialBytes, maxBytes)));
    this.maxBytes = maxBytes;
  }

  /** Bytes written so far; `rewind` takes back what came after. */
  get position(): number {
    return this.at;
  }

  rewind(position: number): void {
    this.at = position;
  }

  /** All that was written: a view, valid until the next write. */
  written(): Buffer {
    return this.bytes.subarray(0, this.at);
  }

  /** Begins a message, or packed numbers. Returns what `close` must be given. */
  open(field: number): number {
    this.tag(field, 2);
    // most messages are shorter than 128 bytes: their length takes one
    this.reserve(1);
    return ++this.at;
  }

  close(start: number): void {
    const length = this.at - start;
    const more = varintBytes(length) - 1;
    if (more > 0) {
      this.reserve(more);
      this.bytes.copyWithin(start + more, start, this.at);
    }
    this.at = start - 1;
    this.varint(length);
    this.at += length;
  }

  tag(field: number, wire: number): void {
    this.varint(((field << 3) | wire) >>> 0);
  }

  /** Up to 2^53 - 1. */
  varint(value: number): void {
    this.reserve(8);
    let rest = value;
    while (rest > 0x7f) {
      this.bytes[this.at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.at++] = rest;
  }

  /** Any 64 bits; negative values as two's complement. */
  varint64(value: bigint): void {
    this.reserve(10);
    let rest = BigInt.asUintN(64, value);
    while (rest > 0x7fn) {
      this.bytes[this.at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.bytes[this.at++] = Number(rest);
  }

  fixed32(value: number): void {
    this.reserve(4);
    this.at = this.bytes.writeUInt32LE(value >>> 0, this.at);
  }

  fixed64(value: bigint): void {
    this.reserve(8);
    this.at = this.bytes.writeBigUInt64LE(BigInt.asUintN(64, value), this.at);
  }

  double(value: number): void {
    this.reserve(8);
    this.at = this.bytes.writeDoubleLE(value, this.at);
  }

  /** A text and its length. */
  string(value: string): void {
    const length = Buffer.byteLength(value);
    this.varint(length);
    this.reserve(length);
    this.at += this.bytes.write(value, this.at, length, 'utf8');
  }

  /** Appends bytes as they are: fields copied from elsewhere. */
  raw(value: Uint8Array): void {
    this.reserve(value.length);
    this.bytes.set(value, this.at);
    this.at += value.length;
  }

  private reserve(count: number): void {
    const needed = this.at + count;
    if (needed <= this.bytes.length) return;
    if (needed > this.maxBytes) throw new TooLargeError(`More than ${this.maxBytes} bytes of protobuf.`);
    const grown = Buffer.allocUnsafe(Math.min(this.maxBytes, Math.max(needed, this.bytes.length * 2)));
    this.bytes.copy(grown, 0, 0, this.at);
    this.bytes = grown;
  }
}

const varintBytes = (value: number): number => {
  let count = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) count++;
  return count;
};
