/**
 * An AnyValue as the text a column holds, with the letter of its type. Scalars as people write them; arrays and maps as
 * JSON; bytes as base64, within JSON `{"bytes": base64}`. In JSON a double that is whole gets `.0`, so that it stays a
 * double, and NaN and the infinities are strings, as OTLP/JSON has them. If several of its fields are set, the last counts.
 */
import { cut, cutLength, limits } from '../limits.ts';
import { type ByteBuffer, scratchBuffer } from '../native/byte-buffer.ts';
import { fixed64, lengthDelimited, varint, type WireReader } from '../wire.ts';
import { type Extent, noExtent } from './extent.ts';
import { writeDouble, writeInteger, writeJsonDouble } from './number-text.ts';

/** The letters of `attribute_types`, as character codes. */
export const letter = {
  string: 's'.charCodeAt(0),
  int: 'i'.charCodeAt(0),
  double: 'd'.charCodeAt(0),
  bool: 'b'.charCodeAt(0),
  array: 'a'.charCodeAt(0),
  map: 'm'.charCodeAt(0),
  bytes: 'x'.charCodeAt(0),
  empty: 'n'.charCodeAt(0),
} as const;

const letterOfField = [
  letter.empty,
  letter.string,
  letter.bool,
  letter.int,
  letter.double,
  letter.array,
  letter.map,
  letter.bytes,
] as const;
/** The field each tag stands for; 0 for all that are unknown. */
const fieldOfTag = new Uint8Array(64);
for (const field of [1, 5, 6, 7]) fieldOfTag[lengthDelimited(field)] = field;
for (const field of [2, 3]) fieldOfTag[varint(field)] = field;
fieldOfTag[fixed64(4)] = 4;

export class ValueText {
  /** What had to be cut since this was last set to 0, as bits of `cut`. */
  cut = 0;
  private readonly json = scratchBuffer(limits.rowsBytes);
  /** Where `json` should stop growing. */
  private jsonLimit = 0;
  /** The field of the AnyValue found last, and where its value is. */
  private field = 0;
  private at = 0;
  private length = 0;

  /**
   * Writes the AnyValue that lies at `at` as a String of at most `limit` bytes (JSON: a few more, to close what is
   * open). Returns its letter. The reader stays where it is.
   */
  write(reader: WireReader, at: number, length: number, out: ByteBuffer, limit: number): number {
    // Nearly all values: a text of less than 128 bytes and nothing else. Its length is written as it is in a String.
    if (reader.bytes[at] === lengthDelimited(1) && reader.bytes[at + 1] === length - 2 && length < 130) {
      out.copy(reader, at + 1, length - 1);
      return letter.string;
    }
    const { position, end } = reader;
    reader.position = at;
    reader.end = at + length;
    this.find(reader);
    const { field } = this;
    switch (field) {
      case 0:
        out.byte(0);
        break;
      case 1: {
        const kept = cutLength(reader.bytes, this.at, this.length, limit);
        if (kept < this.length) this.cut |= cut.values;
        out.string(reader, this.at, kept);
        break;
      }
      case 5:
      case 6:
        this.json.clear();
        this.jsonLimit = limit;
        this.writeJson(reader, 0);
        out.varint(this.json.position);
        out.append(this.json.written());
        break;
      case 7: {
        const kept = this.keptBytes(limit);
        const text = Buffer.from(reader.bytes.buffer, reader.bytes.byteOffset + this.at, kept).toString('base64');
        out.asciiString(text);
        break;
      }
      default: {
        // at most 24 characters: the length is one byte, filled in afterwards
        const start = out.position;
        out.byte(0);
        this.writeScalar(reader, out);
        out.bytes[start] = out.position - start - 1;
      }
    }
    reader.position = position;
    reader.end = end;
    return letterOfField[field]!;
  }

  /** Where the text of the AnyValue at `at` is; where it is another type, its length is 0. The reader stays where it is. */
  textOf(reader: WireReader, at: number, length: number): Extent {
    const { position, end } = reader;
    reader.position = at;
    reader.end = at + length;
    this.find(reader);
    reader.position = position;
    reader.end = end;
    return this.field === 1 ? { at: this.at, length: this.length } : noExtent;
  }

  /** Finds the last field of the AnyValue that is known and leaves it in `field`, `at` and `length`. */
  private find(reader: WireReader): void {
    this.field = 0;
    while (reader.position < reader.end) {
      const tag = reader.tag();
      const field = tag < 64 ? fieldOfTag[tag]! : 0;
      if (field === 0) reader.skip(tag);
      else {
        this.field = field;
        this.length = (tag & 7) === 2 ? reader.length() : 0;
        this.at = reader.position;
        if ((tag & 7) === 2) reader.position += this.length;
        else reader.skip(tag);
      }
    }
  }

  private writeScalar(reader: WireReader, out: ByteBuffer): void {
    reader.position = this.at;
    if (this.field === 2) out.ascii(reader.bool() ? 'true' : 'false');
    else if (this.field === 3) {
      reader.varint64();
      writeInteger(reader.low, reader.high, out);
    } else writeDouble(reader.double(), out);
  }

  /** Appends the value found last to `json`. `depth` is the number of arrays and maps around it. */
  private writeJson(reader: WireReader, depth: number): void {
    const { json } = this;
    switch (this.field) {
      case 0:
        json.ascii('null');
        return;
      case 1:
        this.writeJsonString(reader, this.at, this.length);
        return;
      case 4:
        reader.position = this.at;
        writeJsonDouble(reader.double(), json);
        return;
      case 5:
      case 6:
        if (depth < limits.depth) this.writeJsonList(reader, depth, this.field === 6);
        else {
          this.cut |= cut.depth;
          json.ascii('null');
        }
        return;
      case 7: {
        const kept = this.keptBytes(this.jsonLimit - json.position);
        const text = Buffer.from(reader.bytes.buffer, reader.bytes.byteOffset + this.at, kept).toString('base64');
        json.ascii(`{"bytes":"${text}"}`);
        return;
      }
      default:
        this.writeScalar(reader, json);
    }
  }

  /** An ArrayValue or a KeyValueList: both hold their elements in field 1. */
  private writeJsonList(reader: WireReader, depth: number, isMap: boolean): void {
    const { json } = this;
    reader.position = this.at;
    reader.end = this.at + this.length;
    json.byte(isMap ? openBrace : openBracket);
    let first = true;
    while (reader.position < reader.end) {
      const tag = reader.tag();
      if (tag !== lengthDelimited(1)) {
        reader.skip(tag);
        continue;
      }
      if (json.position >= this.jsonLimit) {
        this.cut |= cut.values;
        break;
      }
      if (!first) json.byte(comma);
      first = false;
      const outer = reader.enter();
      const elementEnd = reader.end;
      if (isMap) this.writeJsonKey(reader);
      this.find(reader);
      this.writeJson(reader, depth + 1);
      reader.position = elementEnd;
      reader.end = outer;
    }
    json.byte(isMap ? closeBrace : closeBracket);
  }

  /** Writes the key of the KeyValue the reader is in, and leaves the reader in its value. */
  private writeJsonKey(reader: WireReader): void {
    let keyAt = 0;
    let keyLength = 0;
    let valueAt = reader.end;
    let valueLength = 0;
    while (reader.position < reader.end) {
      const tag = reader.tag();
      if (tag !== lengthDelimited(1) && tag !== lengthDelimited(2)) {
        reader.skip(tag);
        continue;
      }
      const length = reader.length();
      if (tag === lengthDelimited(1)) {
        keyAt = reader.position;
        keyLength = length;
      } else {
        valueAt = reader.position;
        valueLength = length;
      }
      reader.position += length;
    }
    this.writeJsonString(reader, keyAt, keyLength);
    this.json.byte(colon);
    reader.position = valueAt;
    reader.end = valueAt + valueLength;
  }

  /** Copies what needs no escaping in one go: most strings are one such stretch. */
  private writeJsonString(reader: WireReader, at: number, length: number): void {
    const { json, jsonLimit } = this;
    const { bytes } = reader;
    const end = at + length;
    json.byte(quote);
    for (let from = at; from < end; ) {
      let to = from;
      while (to < end && escapes[bytes[to]!] === undefined) to++;
      const kept = cutLength(bytes, from, to - from, Math.max(0, jsonLimit - json.position));
      json.copy(reader, from, kept);
      if (from + kept < end && json.position + maxCharacterBytes > jsonLimit) {
        this.cut |= cut.values;
        break;
      }
      if (to < end) json.ascii(escapes[bytes[to]!]!);
      from = to + 1;
    }
    json.byte(quote);
  }

  /** How many of the bytes found last can be written as base64 in `room` characters. */
  private keptBytes(room: number): number {
    const most = Math.max(0, Math.floor(room / 4) * 3);
    if (this.length <= most) return this.length;
    this.cut |= cut.values;
    return most;
  }
}

const openBrace = '{'.charCodeAt(0);
const closeBrace = '}'.charCodeAt(0);
const openBracket = '['.charCodeAt(0);
const closeBracket = ']'.charCodeAt(0);
const comma = ','.charCodeAt(0);
const colon = ':'.charCodeAt(0);
const quote = '"'.charCodeAt(0);

const maxCharacterBytes = 4;

/** How JSON.stringify writes the characters that JSON does not allow in a string, by their byte. */
const escapes: readonly (string | undefined)[] = Array.from({ length: 256 }, (_, byte) => {
  const escaped = JSON.stringify(String.fromCharCode(byte)).slice(1, -1);
  return escaped.length > 1 ? escaped : undefined;
});
