/**
 * A list of KeyValues on its way to a Map column and its types, written as they come.
 * A key that comes twice keeps its first place and its last value, as in the SDKs (`setAttribute` overwrites) and in JSON
 * objects; OTLP leaves it open. That is rare, so it is done by writing the list once more.
 */
import { cut, cutNames, limits, truncatedKey } from '../limits.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import type { Dictionary } from '../native/dictionary.ts';
import type { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import type { MapPairs } from '../native/map-column.ts';
import { lengthDelimited, varint, WireReader } from '../wire.ts';
import type { Extent } from './extent.ts';
import { TypeLetters } from './type-letters.ts';
import { letter, ValueText } from './value-text.ts';

/** Where the pairs go: a MapColumn, or what will be added to one. */
export interface MapTarget {
  readonly pairs: MapPairs;
  readonly dictionary: Dictionary;
}

export class AttributeMap {
  /** Attributes held, and those dropped because of a limit. */
  count = 0;
  dropped = 0;
  private readonly keys: ByteBuffer;
  private readonly values: ByteBuffer;
  private readonly dictionary: Dictionary;
  private readonly letters: TypeLetters;
  private readonly value = new ValueText();
  private keysStart = 0;
  private valuesStart = 0;
  private lastKey = -1;
  private hasRepeatedKeys = false;
  /** Of each attribute the extent of its AnyValue; the number of its key is in `keys`. */
  private readonly valueAts = new Int32Array(limits.attributes);
  private readonly valueLengths = new Int32Array(limits.attributes);
  /** By number of key: the list it was last seen in. */
  private seenIn = new Uint32Array(64);
  private list = 0;

  constructor({ pairs, dictionary }: MapTarget, types: LowCardinalityColumn) {
    this.keys = pairs.keys;
    this.values = pairs.values;
    this.dictionary = dictionary;
    this.letters = new TypeLetters(types.dictionary);
  }

  /** Starts the next list. */
  clear(): void {
    this.count = 0;
    this.dropped = 0;
    this.lastKey = -1;
    this.hasRepeatedKeys = false;
    this.keysStart = this.keys.position;
    this.valuesStart = this.values.position;
    this.value.cut = 0;
    this.letters.clear();
    if (this.list === 0xffffffff) {
      this.list = 0;
      this.seenIn.fill(0);
    }
    this.list++;
  }

  /**
   * Takes the KeyValue whose length comes next, and those that follow it as fields of the same tag, which is one byte.
   * Beyond the limit they are not even looked at, so that they cost nothing.
   */
  add(reader: WireReader, tag: number): void {
    const { bytes } = reader;
    do {
      const { position } = reader;
      // How every SDK writes it: the key, then the value, all of it in less than 128 bytes.
      const length = bytes[position]!;
      const end = position + 1 + length;
      const keyLength = bytes[position + 2]!;
      const valueAt = position + keyLength + 5;
      if (
        length < 0x80 &&
        end <= reader.end &&
        bytes[position + 1] === keyTag &&
        bytes[valueAt - 2] === valueTag &&
        bytes[valueAt - 1] === end - valueAt &&
        this.count < limits.attributes
      ) {
        this.put(reader, position + 3, keyLength, valueAt, end - valueAt);
        reader.position = end;
      } else this.addSlowly(reader);
    } while (reader.position < reader.end && bytes[reader.position] === tag && ++reader.position > 0);
  }

  private addSlowly(reader: WireReader): void {
    const outer = reader.enter();
    if (this.count === limits.attributes) this.dropped++;
    else this.read(reader);
    reader.leave(outer);
  }

  /** Takes all KeyValues of a message, which are its fields with this tag. The reader stays where it is. */
  addAll(reader: WireReader, message: Extent, tag: number): void {
    const { position, end } = reader;
    reader.position = message.at;
    reader.end = message.at + message.length;
    while (reader.position < reader.end) {
      const next = reader.tag();
      if (next === tag) this.add(reader, tag);
      else reader.skip(next);
    }
    reader.position = position;
    reader.end = end;
  }

  private read(reader: WireReader): void {
    let keyAt = 0;
    let keyLength = 0;
    let valueAt = 0;
    let valueLength = 0;
    while (reader.position < reader.end) {
      const tag = reader.tag();
      if (tag === keyTag) {
        keyLength = reader.length();
        keyAt = reader.position;
        reader.position += keyLength;
      } else if (tag === valueTag) {
        valueLength = reader.length();
        valueAt = reader.position;
        reader.position += valueLength;
      } else reader.skip(tag);
    }
    if (keyLength > limits.nameBytes) this.dropped++;
    else this.put(reader, keyAt, keyLength, valueAt, valueLength);
  }

  private put(reader: WireReader, keyAt: number, keyLength: number, valueAt: number, valueLength: number): void {
    const key = this.dictionary.numberAfter(this.lastKey, reader, keyAt, keyLength);
    this.lastKey = key;
    if (key >= this.seenIn.length) this.growSeen(key);
    const isRepeated = this.seenIn[key] === this.list;
    const place = isRepeated ? this.placeOf(key) : this.count++;
    this.valueAts[place] = valueAt;
    this.valueLengths[place] = valueLength;
    if (isRepeated) {
      this.hasRepeatedKeys = true;
      return;
    }
    this.seenIn[key] = this.list;
    this.writePair(reader, key, valueAt, valueLength);
  }

  private writePair(reader: WireReader, key: number, valueAt: number, valueLength: number): void {
    const { bytes } = reader;
    this.keys.uint32(key);
    // Nearly all values: a string of less than 128 bytes and nothing else. Its length is written as it is in a String.
    if (bytes[valueAt] === stringTag && bytes[valueAt + 1] === valueLength - 2 && valueLength < 130) {
      this.values.copy(reader, valueAt + 1, valueLength - 1);
      this.letters.add(letter.string);
    } else this.writeOther(reader, valueAt, valueLength);
  }

  private writeOther(reader: WireReader, valueAt: number, valueLength: number): void {
    const { values } = this;
    const { bytes } = reader;
    if (bytes[valueAt] === intTag && isShortInt(bytes, valueAt, valueLength)) {
      writeShortInt(bytes, valueAt, valueLength, values);
      this.letters.add(letter.int);
    } else this.letters.add(this.value.write(reader, valueAt, valueLength, values, limits.valueBytes));
  }

  private keyOf(place: number): number {
    return this.keys.view.getInt32(this.keysStart + 4 * place, true);
  }

  private placeOf(key: number): number {
    let place = 0;
    while (this.keyOf(place) !== key) place++;
    return place;
  }

  private growSeen(key: number): void {
    const { seenIn } = this;
    this.seenIn = new Uint32Array(2 ** Math.ceil(Math.log2(key + 1)));
    this.seenIn.set(seenIn);
  }

  /**
   * Ends the list. `alreadyCut` is what else of the record was cut; returns it together with what was cut here, all of
   * which the map then names under `truncatedKey`.
   */
  end(reader: WireReader, alreadyCut: number): number {
    if (this.hasRepeatedKeys) this.writeAgain(reader, -1);
    const named = alreadyCut | this.value.cut | (this.dropped > 0 ? cut.attributes : 0);
    if (named === 0) return 0;
    // What is called so is not the sender's to say.
    const taken = this.find(truncatedKeyBytes);
    if (taken >= 0) this.writeAgain(reader, taken);
    this.keys.uint32(this.dictionary.numberOfText(truncatedKey));
    this.values.asciiString(cutNames(named));
    this.letters.add(letter.string);
    return named;
  }

  private writeAgain(reader: WireReader, without: number): void {
    this.keys.position = this.keysStart;
    this.values.position = this.valuesStart;
    this.value.cut = 0;
    this.letters.clear();
    for (let place = 0; place < this.count; place++) {
      if (place === without) continue;
      this.writePair(reader, this.keyOf(place), this.valueAts[place]!, this.valueLengths[place]!);
    }
  }

  /** The types of the list that has ended, as a number of their dictionary. */
  typesNumber(): number {
    return this.letters.number();
  }

  /** The place of the attribute with this key, or -1. */
  find(key: WireReader): number {
    for (let place = 0; place < this.count; place++) {
      if (this.dictionary.is(this.keyOf(place), key, 0, key.bytes.length)) return place;
    }
    return -1;
  }

  /** Where the value of an attribute is, if it is a text; else it has no length. The reader stays where it is. */
  textOf(reader: WireReader, place: number): Extent {
    return this.value.textOf(reader, this.valueAts[place]!, this.valueLengths[place]!);
  }
}

/** Whether what follows the tag is a varint of one to three bytes and nothing else. */
const isShortInt = (bytes: Uint8Array, at: number, length: number): boolean =>
  bytes[at + length - 1]! < 0x80 &&
  (length === 2 ||
    (length === 3 && bytes[at + 1]! > 0x7f) ||
    (length === 4 && bytes[at + 1]! > 0x7f && bytes[at + 2]! > 0x7f));

const writeShortInt = (bytes: Uint8Array, at: number, length: number, out: ByteBuffer): void => {
  let value = 0;
  for (let i = 1; i < length; i++) value |= (bytes[at + i]! & 0x7f) << (7 * i - 7);
  const start = out.position;
  out.byte(0);
  out.digits(value);
  out.bytes[start] = out.position - start - 1;
};

const truncatedKeyBytes = new WireReader(Buffer.from(truncatedKey));
const keyTag = lengthDelimited(1);
const valueTag = lengthDelimited(2);
/** Of an AnyValue. */
const stringTag = lengthDelimited(1);
const intTag = varint(3);
