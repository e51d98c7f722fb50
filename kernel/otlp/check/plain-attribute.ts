/**
 * The fast way over an attribute, which most of a request consists of: a short key and then a short text or a number,
 * written as SDKs write them. All else takes the way that knows every form; both must come to the same (check.test.ts).
 */
import type { WireReader } from '../wire.ts';

/**
 * Moves over the KeyValue that begins with its length at the reader's position when it is such a one and all its text is
 * ASCII, and says whether it did.
 */
export const skipPlainAttribute = (reader: WireReader): boolean => {
  const { bytes, position } = reader;
  const start = position + 1;
  if (position + smallestBytes > reader.end) return false;
  const length = bytes[position]!;
  const end = start + length;
  if (length > 0x7f || end > reader.end || bytes[start] !== keyTag) return false;
  const value = start + 2 + bytes[start + 1]!;
  // The value is the last field and holds one field of its own; a length that fits in here is a single byte.
  if (value + 4 > end || bytes[value] !== valueTag || bytes[value + 1] !== end - value - 2) return false;
  const content = value + 3;
  switch (bytes[value + 2]) {
    case textTag:
      // What lies between the texts, tags and lengths, is below 0x80 too.
      if (bytes[content] !== end - content - 1 || !isAscii(reader, start, end)) return false;
      break;
    case boolTag:
    case intTag:
      if (!isVarint(bytes, content, end) || !isAscii(reader, start, value)) return false;
      break;
    case doubleTag:
      if (end - content !== 8 || !isAscii(reader, start, value)) return false;
      break;
    default:
      return false;
  }
  reader.position = end;
  return true;
};

/** A KeyValue with its length, an empty key and an empty text. */
const smallestBytes = 7;

/** KeyValue.key and KeyValue.value; AnyValue's string_value, bool_value, int_value and double_value. */
const keyTag = 0x0a;
const valueTag = 0x12;
const textTag = 0x0a;
const boolTag = 0x10;
const intTag = 0x18;
const doubleTag = 0x21;

/** Four bytes at a time; `start` is not `end`. */
const isAscii = ({ bytes, view }: WireReader, start: number, end: number): boolean => {
  let at = start;
  for (; at + 4 <= end; at += 4) if ((view.getInt32(at) & 0x80808080) !== 0) return false;
  for (; at < end; at++) if (bytes[at]! > 0x7f) return false;
  return true;
};

/** Whether these bytes are one varint, of 10 bytes at most. */
const isVarint = (bytes: Uint8Array, start: number, end: number): boolean => {
  if (end - start > 10 || bytes[end - 1]! > 0x7f) return false;
  for (let at = start; at < end - 1; at++) if (bytes[at]! < 0x80) return false;
  return true;
};
