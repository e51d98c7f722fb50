/**
 * A list of KeyValues on its way to a `Map(LowCardinality(String), String)` column and its types. It holds where keys
 * and values are, not what they are. A key that comes twice keeps its first place and its last value, as in the SDKs
 * (`setAttribute` overwrites) and in JSON objects; OTLP leaves it open.
 */
import { cut, cutNames, limits, truncatedKey } from '../limits.ts';
import { lengthDelimited, type WireReader } from '../wire.ts';
import type { RowWriter } from './row-binary.ts';
import { letter, ValueText } from './value-text.ts';

export class AttributeList {
  /** Attributes held, and those dropped because of a limit. */
  count = 0;
  dropped = 0;
  private readonly value = new ValueText();
  /** Four numbers per attribute: where its key and its AnyValue begin, and their lengths. */
  private readonly extents = new Int32Array(4 * limits.attributes);
  private readonly hashes = new Int32Array(limits.attributes);
  private readonly letters = new Uint8Array(limits.attributes + 1);
  private lettersCount = 0;
  /** Which list each hash was last seen in: tells new keys, nearly all, without comparing. */
  private readonly seen = new Uint32Array(seenSlots);
  private list = 1;

  /** Starts the next list. */
  clear(): void {
    this.count = 0;
    this.dropped = 0;
    if (this.list === 0xffffffff) {
      this.list = 0;
      this.seen.fill(0);
    }
    this.list++;
  }

  /** Takes the KeyValue whose length comes next. Beyond the limit it is not even looked at, so that it costs nothing. */
  add(reader: WireReader): void {
    const outer = reader.enter();
    if (this.count === limits.attributes) this.dropped++;
    else this.read(reader);
    reader.leave(outer);
  }

  private read(reader: WireReader): void {
    const { bytes, position, end } = reader;
    // How every SDK writes it: the key, then the value, both of less than 128 bytes.
    let keyAt = position + 2;
    let keyLength = bytes[position + 1]!;
    let valueAt = keyAt + keyLength + 2;
    let valueLength = end - valueAt;
    if (
      bytes[position] === lengthDelimited(1) &&
      bytes[valueAt - 2] === lengthDelimited(2) &&
      bytes[valueAt - 1] === valueLength &&
      (keyLength | valueLength) < 0x80
    ) {
      this.put(reader, keyAt, keyLength, valueAt, valueLength);
      return;
    }
    keyAt = keyLength = valueAt = valueLength = 0;
    while (reader.position < reader.end) {
      const tag = reader.tag();
      if (tag === lengthDelimited(1)) {
        keyLength = reader.length();
        keyAt = reader.position;
        reader.position += keyLength;
      } else if (tag === lengthDelimited(2)) {
        valueLength = reader.length();
        valueAt = reader.position;
        reader.position += valueLength;
      } else reader.skip(tag);
    }
    if (keyLength > limits.nameBytes) this.dropped++;
    else this.put(reader, keyAt, keyLength, valueAt, valueLength);
  }

  private put(reader: WireReader, keyAt: number, keyLength: number, valueAt: number, valueLength: number): void {
    const hash = hashOf(reader, keyAt, keyLength);
    const slot = hash & (seenSlots - 1);
    let index = this.count;
    if (this.seen[slot] === this.list) {
      index = this.indexOf(reader, reader.bytes, keyAt, keyLength, hash);
      if (index < 0) index = this.count++;
    } else {
      this.seen[slot] = this.list;
      this.count++;
    }
    this.hashes[index] = hash;
    const { extents } = this;
    const base = index * 4;
    extents[base] = keyAt;
    extents[base + 1] = keyLength;
    extents[base + 2] = valueAt;
    extents[base + 3] = valueLength;
  }

  private indexOf(reader: WireReader, bytes: Uint8Array, at: number, length: number, hash: number): number {
    for (let index = 0; index < this.count; index++) {
      if (this.hashes[index] === hash && this.hasKey(reader, index, bytes, at, length)) return index;
    }
    return -1;
  }

  private hasKey(reader: WireReader, index: number, bytes: Uint8Array, at: number, length: number): boolean {
    if (this.extents[index * 4 + 1] !== length) return false;
    const keyAt = this.extents[index * 4]!;
    for (let i = 0; i < length; i++) if (reader.bytes[keyAt + i] !== bytes[at + i]) return false;
    return true;
  }

  /**
   * Writes the map. `alreadyCut` is what else of the record was cut; returns it together with what was cut here, all of
   * which the map then names under `truncatedKey`.
   */
  writeMap(reader: WireReader, out: RowWriter, alreadyCut: number): number {
    const start = out.position;
    let named = alreadyCut | (this.dropped > 0 ? cut.attributes : 0);
    for (;;) {
      const found = named | this.writePairs(reader, out, named);
      if (found === named) return named;
      // Values show what they lose only when they are written: once more, with the name of it.
      named = found;
      out.position = start;
    }
  }

  private writePairs(reader: WireReader, out: RowWriter, named: number): number {
    const { extents, value, letters, count } = this;
    const { bytes } = reader;
    let marked = -1;
    if (named !== 0) marked = this.find(reader, truncatedKeyBytes);
    value.cut = 0;
    this.lettersCount = 0;
    out.varint(named === 0 || marked >= 0 ? count : count + 1);
    for (let index = 0; index < count; index++) {
      if (index === marked) continue;
      const base = index * 4;
      out.string(reader, extents[base]!, extents[base + 1]!);
      const valueAt = extents[base + 2]!;
      const valueLength = extents[base + 3]!;
      // Nearly all values: a string of less than 128 bytes and nothing else.
      if (
        valueLength > 1 &&
        valueLength < 130 &&
        bytes[valueAt] === stringTag &&
        bytes[valueAt + 1] === valueLength - 2
      ) {
        out.string(reader, valueAt + 2, valueLength - 2);
        letters[this.lettersCount++] = letter.string;
      } else letters[this.lettersCount++] = value.write(reader, valueAt, valueLength, out, limits.valueBytes);
    }
    if (named !== 0) {
      out.asciiString(truncatedKey);
      out.asciiString(cutNames(named));
      letters[this.lettersCount++] = letter.string;
    }
    return value.cut;
  }

  /** Writes the types of the map written last: a letter each, or nothing when all are strings. */
  writeTypes(out: RowWriter): void {
    const { letters, lettersCount } = this;
    let index = 0;
    while (index < lettersCount && letters[index] === letter.string) index++;
    if (index === lettersCount) {
      out.byte(0);
      return;
    }
    out.varint(lettersCount);
    for (index = 0; index < lettersCount; index++) out.byte(letters[index]!);
  }

  /** The index of the attribute with this key, or -1. */
  find(reader: WireReader, key: Uint8Array): number {
    for (let index = 0; index < this.count; index++) {
      if (this.hasKey(reader, index, key, 0, key.length)) return index;
    }
    return -1;
  }

  /** Writes the value of one attribute as a String, cut to what a name may have. Returns its letter. */
  writeName(reader: WireReader, index: number, out: RowWriter): number {
    const base = index * 4;
    return this.value.write(reader, this.extents[base + 2]!, this.extents[base + 3]!, out, limits.nameBytes);
  }
}

const truncatedKeyBytes = Buffer.from(truncatedKey);
const stringTag = lengthDelimited(1);
const seenSlots = 2048;

/** Of the length and the ends of a key, where keys differ. */
const hashOf = (reader: WireReader, at: number, length: number): number => {
  if (length < 4) return length === 0 ? 0 : length + 31 * reader.bytes[at]! + 961 * reader.bytes[at + length - 1]!;
  const first = reader.view.getInt32(at, true);
  const last = reader.view.getInt32(at + length - 4, true);
  const mixed = Math.imul(first, 0x9e3779b1) ^ Math.imul(last + length, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
};
