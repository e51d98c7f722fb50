/**
 * Reads the protobuf wire format in place: a cursor over the bytes of a request that creates nothing per field.
 * Numbers come back as numbers; a string, bytes or message comes back as its extent; 64 bits come back as two halves.
 *
 *     const outer = reader.enter();
 *     while (reader.position < reader.end) {
 *       const tag = reader.tag();
 *       if (tag === lengthDelimited(5)) { const length = reader.length(); …bytes from reader.position…; reader.position += length; }
 *       else reader.skip(tag);
 *     }
 *     reader.leave(outer);
 *
 * A field that comes with another wire type than its declaration has another tag, so it is skipped like an unknown one,
 * as https://protobuf.dev/programming-guides/encoding prescribes.
 */

/** The tags of a field number, by wire type. */
export const varint = (field: number): number => field << 3;
export const fixed64 = (field: number): number => (field << 3) | 1;
export const lengthDelimited = (field: number): number => (field << 3) | 2;
export const fixed32 = (field: number): number => (field << 3) | 5;

/** The bytes are not protobuf; `position` is the byte where that became clear. */
export class WireError extends Error {
  override readonly name = 'WireError';
  readonly position: number;
  constructor(what: string, position: number) {
    super(`${what} at byte ${position}`);
    this.position = position;
  }
}

/** Every method throws `WireError` rather than read past `end`. */
export class WireReader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** The next byte to read. */
  position: number;
  /** Where the innermost entered message ends. */
  end: number;
  /** Halves of what `varint64` or `fixed64` read last, each as a signed 32-bit integer. */
  low = 0;
  high = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = 0;
    this.end = bytes.byteLength;
  }

  /** The next field's tag: number and wire type, as the functions above build it. */
  tag(): number {
    const at = this.position;
    if (at < this.end) {
      const byte = this.bytes[at]!;
      if (byte < 0x80 && byte > 7) {
        this.position = at + 1;
        return byte;
      }
    }
    this.varint64();
    if (this.high !== 0) throw new WireError('a tag of more than 32 bits', at);
    if (this.low >>> 3 === 0) throw new WireError('a field with number 0', at);
    return this.low >>> 0;
  }

  /** The low 32 bits of a varint, unsigned; the rest is dropped, as protobuf does for uint32 and enums. */
  varint32(): number {
    const at = this.position;
    if (at < this.end && this.bytes[at]! < 0x80) {
      this.position = at + 1;
      return this.bytes[at]!;
    }
    this.varint64();
    return this.low >>> 0;
  }

  /** The sint32 of a varint (zigzag). */
  zigzag32(): number {
    const value = this.varint32();
    return (value >>> 1) ^ -(value & 1);
  }

  bool(): boolean {
    this.varint64();
    return (this.low | this.high) !== 0;
  }

  /** Reads a varint of up to 64 bits into `low` and `high`. */
  varint64(): void {
    const { bytes, end } = this;
    let at = this.position;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= end) throw new WireError('a varint that does not end', this.position);
      const byte = bytes[at++]!;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else high |= bits << 31;
      if (byte < 0x80) {
        this.position = at;
        this.low = low;
        this.high = high;
        return;
      }
    }
    throw new WireError('a varint of more than 10 bytes', this.position);
  }

  fixed32(): number {
    const at = this.position;
    this.advance(4);
    return this.view.getUint32(at, true);
  }

  /** Reads 8 bytes into `low` and `high`. */
  fixed64(): void {
    const at = this.position;
    this.advance(8);
    this.low = this.view.getInt32(at, true);
    this.high = this.view.getInt32(at + 4, true);
  }

  double(): number {
    const at = this.position;
    this.advance(8);
    return this.view.getFloat64(at, true);
  }

  /** The length of a string, bytes or message, which then begins at `position` and lies within `end`. */
  length(): number {
    const at = this.position;
    const length = this.varint32();
    // varint32 drops high bits, which a length must not have
    if (this.position - at > 4 && this.high !== 0) throw new WireError('a length of more than 32 bits', at);
    if (length > this.end - this.position) throw new WireError('a length beyond the end of its message', at);
    return length;
  }

  /** Moves over `count` bytes. */
  advance(count: number): void {
    if (count > this.end - this.position) throw new WireError('a field beyond the end of its message', this.position);
    this.position += count;
  }

  /** Steps into a message: `end` becomes its end. Returns the end of the outer one, which `leave` must be given. */
  enter(): number {
    const outer = this.end;
    const length = this.length();
    this.end = this.position + length;
    return outer;
  }

  /** Steps out of a message, from wherever in it the cursor is. */
  leave(outer: number): void {
    this.position = this.end;
    this.end = outer;
  }

  /** Moves over the value of a field nobody wants, groups of proto2 included. */
  skip(tag: number): void {
    switch (tag & 7) {
      case 0:
        this.varint64();
        return;
      case 1:
        this.advance(8);
        return;
      case 2: {
        // not `position += length()`: that would read the position before the length moves it
        const length = this.length();
        this.position += length;
        return;
      }
      case 3:
        this.skipGroup(tag >>> 3);
        return;
      case 5:
        this.advance(4);
        return;
      default:
        throw new WireError(`wire type ${tag & 7}, which is not allowed here,`, this.position);
    }
  }

  private skipGroup(field: number): void {
    const open = [field];
    while (open.length > 0) {
      const at = this.position;
      if (at >= this.end) throw new WireError('a group that does not end', at);
      const tag = this.tag();
      if ((tag & 7) === 3) {
        if (open.length === maxGroupDepth) throw new WireError('groups nested too deeply', at);
        open.push(tag >>> 3);
      } else if ((tag & 7) === 4) {
        if (open.pop() !== tag >>> 3) throw new WireError('the end of another group', at);
      } else this.skip(tag);
    }
  }
}

/** Protobuf's own default for nesting. */
const maxGroupDepth = 100;
