/**
 * A list of KeyValues on its way to a `Map(LowCardinality(String), String)` column and its types. It holds keys as
 * numbers of the column's dictionary, and where values are, not what they are. A key that comes twice keeps its first
 * place and its last value, as in the SDKs (`setAttribute` overwrites) and in JSON objects; OTLP leaves it open.
 */
import { cut, cutNames, limits, truncatedKey } from '../limits.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import type { Dictionary } from '../native/dictionary.ts';
import type { MapPairs } from '../native/map-column.ts';
import { lengthDelimited, WireReader } from '../wire.ts';
import { letter, ValueText } from './value-text.ts';

export class AttributeMap {
  /** Attributes held, and those dropped because of a limit. */
  count = 0;
  dropped = 0;
  private readonly keys: Dictionary;
  private readonly types: Dictionary;
  private readonly value = new ValueText();
  private lastKey = -1;
  /** Of each attribute: the number of its key, and the extent of its AnyValue. */
  private readonly keyNumbers = new Int32Array(limits.attributes);
  private readonly valueAts = new Int32Array(limits.attributes);
  private readonly valueLengths = new Int32Array(limits.attributes);
  /** By number of key: the list it was last seen in, and its place there. */
  private seenIn = new Uint32Array(64);
  private places = new Uint16Array(64);
  private list = 1;
  /** A letter for each pair written last. */
  private readonly letters = new WireReader(new Uint8Array(limits.attributes + 1));
  private lettersCount = 0;
  private lastTypes = -1;

  /** @param keys of the column that the map goes to @param types of the column that its types go to */
  constructor(keys: Dictionary, types: Dictionary) {
    this.keys = keys;
    this.types = types;
  }

  /** Starts the next list. */
  clear(): void {
    this.count = 0;
    this.dropped = 0;
    this.lastKey = -1;
    if (this.list === 0xffffffff) {
      this.list = 0;
      this.seenIn.fill(0);
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
    const key = this.keys.numberAfter(this.lastKey, reader, keyAt, keyLength);
    this.lastKey = key;
    if (key >= this.seenIn.length) this.growSeen(key);
    let place = this.places[key]!;
    if (this.seenIn[key] !== this.list) {
      place = this.count++;
      this.seenIn[key] = this.list;
      this.places[key] = place;
      this.keyNumbers[place] = key;
    }
    this.valueAts[place] = valueAt;
    this.valueLengths[place] = valueLength;
  }

  private growSeen(key: number): void {
    const { seenIn, places } = this;
    const length = 2 ** Math.ceil(Math.log2(key + 1));
    this.seenIn = new Uint32Array(length);
    this.seenIn.set(seenIn);
    this.places = new Uint16Array(length);
    this.places.set(places);
  }

  /**
   * Writes the map. `alreadyCut` is what else of the record was cut; returns it together with what was cut here, all of
   * which the map then names under `truncatedKey`.
   */
  write(reader: WireReader, pairs: MapPairs, alreadyCut: number): number {
    const keysStart = pairs.keys.position;
    const valuesStart = pairs.values.position;
    let named = alreadyCut | (this.dropped > 0 ? cut.attributes : 0);
    for (;;) {
      const found = named | this.writePairs(reader, pairs.keys, pairs.values, named);
      if (found === named) return named;
      // Values show what they lose only when they are written: once more, with the name of it.
      named = found;
      pairs.keys.position = keysStart;
      pairs.values.position = valuesStart;
    }
  }

  private writePairs(reader: WireReader, keys: ByteBuffer, values: ByteBuffer, named: number): number {
    const { keyNumbers, valueAts, valueLengths, value, count } = this;
    const letters = this.letters.bytes;
    const { bytes } = reader;
    const marked = named === 0 ? -1 : this.find(truncatedKeyBytes);
    value.cut = 0;
    let written = 0;
    for (let place = 0; place < count; place++) {
      if (place === marked) continue;
      keys.uint32(keyNumbers[place]!);
      const valueAt = valueAts[place]!;
      const valueLength = valueLengths[place]!;
      // Nearly all values: a string of less than 128 bytes and nothing else.
      if (
        valueLength > 1 &&
        valueLength < 130 &&
        bytes[valueAt] === stringTag &&
        bytes[valueAt + 1] === valueLength - 2
      ) {
        values.string(reader, valueAt + 2, valueLength - 2);
        letters[written++] = letter.string;
      } else letters[written++] = value.write(reader, valueAt, valueLength, values, limits.valueBytes);
    }
    if (named !== 0) {
      keys.uint32(this.keys.numberOfText(truncatedKey));
      values.asciiString(cutNames(named));
      letters[written++] = letter.string;
    }
    this.lettersCount = written;
    return value.cut;
  }

  /** The types of the map written last, as a number of their dictionary: a letter each, or nothing when all are strings. */
  typesNumber(): number {
    const { letters, lettersCount, types } = this;
    let index = 0;
    while (index < lettersCount && letters.bytes[index] === letter.string) index++;
    this.lastTypes = types.numberAfter(
      this.lastTypes < types.count ? this.lastTypes : -1,
      letters,
      0,
      index === lettersCount ? 0 : lettersCount,
    );
    return this.lastTypes;
  }

  /** The place of the attribute with this key, or -1. */
  find(key: WireReader): number {
    for (let place = 0; place < this.count; place++) {
      if (this.keys.is(this.keyNumbers[place]!, key, 0, key.bytes.length)) return place;
    }
    return -1;
  }

  /** Writes the value of one attribute as a String, cut to what a name may have. Returns its letter. */
  writeName(reader: WireReader, place: number, out: ByteBuffer): number {
    return this.value.write(reader, this.valueAts[place]!, this.valueLengths[place]!, out, limits.nameBytes);
  }
}

const truncatedKeyBytes = new WireReader(Buffer.from(truncatedKey));
const stringTag = lengthDelimited(1);
