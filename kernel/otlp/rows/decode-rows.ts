/**
 * Reads RowBinary back into objects, slowly and obviously: what tests and the live tail look at rows with. Integers of
 * 64 bits and times are bigints, FixedStrings are hex, maps are arrays of pairs (they may hold a key twice), enums are
 * their names.
 */

type Read = (cursor: Cursor) => unknown;

/**
 * Row by row, so that whoever has seen enough can stop.
 * @throws Error when a type is not one of those the tables use; the function returned throws when bytes are missing
 */
export const rowDecoder = (structure: string): ((bytes: Uint8Array) => Generator<Record<string, unknown>>) => {
  const columns = columnsOf(structure).map(({ name, type }) => ({ name, read: readerOf(type) }));
  return function* (bytes) {
    const cursor = new Cursor(bytes);
    while (!cursor.atEnd()) yield Object.fromEntries(columns.map(({ name, read }) => [name, read(cursor)]));
  };
};

/** All rows at once. */
export const decodeRows = (structure: string, bytes: Uint8Array): Record<string, unknown>[] => [
  ...rowDecoder(structure)(bytes),
];

export interface Column {
  readonly name: string;
  readonly type: string;
}

/** The columns that a structure names. */
export const columnsOf = (structure: string): Column[] =>
  splitAtCommas(structure).map((column) => {
    const match = /^`([^`]+)` (.+)$/.exec(column);
    if (!match) throw new Error(`No column: ${column}`);
    return { name: match[1]!, type: match[2]! };
  });

class Cursor {
  private readonly buffer: Buffer;
  private position = 0;
  constructor(bytes: Uint8Array) {
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  atEnd(): boolean {
    return this.position === this.buffer.length;
  }
  take(count: number): Buffer {
    if (this.position + count > this.buffer.length) throw new Error(`${count} bytes are missing at ${this.position}`);
    this.position += count;
    return this.buffer.subarray(this.position - count, this.position);
  }
  text(): string {
    const length = this.varint();
    const start = this.position;
    if (start + length > this.buffer.length) throw new Error(`${length} bytes are missing at ${start}`);
    this.position += length;
    return this.buffer.toString('utf8', start, start + length);
  }
  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.buffer.readUInt8(this.position++);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }
}

const scalars: Readonly<Record<string, Read>> = {
  String: (cursor) => cursor.text(),
  Bool: (cursor) => cursor.take(1)[0] === 1,
  UInt8: (cursor) => cursor.take(1).readUInt8(),
  UInt16: (cursor) => cursor.take(2).readUInt16LE(),
  UInt32: (cursor) => cursor.take(4).readUInt32LE(),
  Int32: (cursor) => cursor.take(4).readInt32LE(),
  UInt64: (cursor) => cursor.take(8).readBigUInt64LE(),
  Int64: (cursor) => cursor.take(8).readBigInt64LE(),
  Float64: (cursor) => cursor.take(8).readDoubleLE(),
};

const readerOf = (type: string): Read => {
  const scalar = scalars[type];
  if (scalar) return scalar;
  const [, name, inside] = /^(\w+)\((.*)\)$/.exec(type) ?? [];
  if (name === undefined || inside === undefined) throw new Error(`No reader for the type ${type}`);
  switch (name) {
    case 'LowCardinality':
      return readerOf(inside);
    case 'DateTime64':
      return (cursor) => cursor.take(8).readBigInt64LE();
    case 'FixedString':
      return (cursor) => cursor.take(Number(inside)).toString('hex');
    case 'Nullable': {
      const read = readerOf(inside);
      return (cursor) => (cursor.take(1)[0] === 1 ? null : read(cursor));
    }
    case 'Enum8': {
      const names = new Map([...inside.matchAll(/'(\w+)' = (\d+)/g)].map(([, word, value]) => [Number(value), word]));
      return (cursor) => {
        const value = cursor.take(1).readInt8();
        if (!names.has(value)) throw new Error(`${value} is not in ${type}`);
        return names.get(value);
      };
    }
    case 'Array': {
      const read = readerOf(inside);
      return (cursor) => Array.from({ length: cursor.varint() }, () => read(cursor));
    }
    case 'Map': {
      const [key, value] = splitAtCommas(inside).map(readerOf);
      return (cursor) => Array.from({ length: cursor.varint() }, () => [key!(cursor), value!(cursor)]);
    }
    default:
      throw new Error(`No reader for the type ${type}`);
  }
};

/** At the commas outside of all parentheses. */
const splitAtCommas = (text: string): string[] => {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')') depth--;
    else if (i === text.length || (text[i] === ',' && depth === 0)) {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  return parts;
};
