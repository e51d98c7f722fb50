/**
 * Reads a block in ClickHouse's Native format back into rows, slowly and obviously: what tests and the live tail look at
 * rows with. Integers of 64 bits and times are bigints, FixedStrings are hex, maps are arrays of pairs (they may hold a
 * key twice), enums are their names.
 */

/** The value in a row of a column. */
type ValueAt = (row: number) => unknown;

/**
 * Row by row, so that whoever has seen enough can stop: a value is decoded when its row is reached.
 * @throws Error when bytes are missing or too many, and for types the tables do not use
 */
export function* readBlock(bytes: Uint8Array): Generator<Record<string, unknown>> {
  const cursor = new Cursor(bytes);
  const columnCount = cursor.varint();
  const rowCount = cursor.varint();
  const columns: [name: string, ValueAt][] = [];
  for (let i = 0; i < columnCount; i++) {
    const name = cursor.text();
    const type = cursor.text();
    readPrefix(cursor, type);
    columns.push([name, readValues(cursor, type, rowCount)]);
  }
  if (!cursor.atEnd()) throw new Error('there are bytes after the last column');
  for (let row = 0; row < rowCount; row++) {
    yield Object.fromEntries(columns.map(([name, valueAt]) => [name, valueAt(row)]));
  }
}

export interface NamedType {
  readonly name: string;
  readonly type: string;
}

/** The columns that a structure names. */
export const columnsOf = (structure: string): NamedType[] =>
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
    return this.take(this.varint()).toString();
  }
  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.take(1)[0]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }
  uint64(): number {
    return Number(this.take(8).readBigUInt64LE());
  }
}

const numbers: Readonly<Record<string, readonly [size: number, read: (from: Buffer, at: number) => unknown]>> = {
  Bool: [1, (from, at) => from[at] === 1],
  UInt8: [1, (from, at) => from[at]],
  UInt16: [2, (from, at) => from.readUInt16LE(at)],
  UInt32: [4, (from, at) => from.readUInt32LE(at)],
  Int32: [4, (from, at) => from.readInt32LE(at)],
  UInt64: [8, (from, at) => from.readBigUInt64LE(at)],
  Int64: [8, (from, at) => from.readBigInt64LE(at)],
  Date: [2, (from, at) => from.readUInt16LE(at)],
  DateTime: [4, (from, at) => from.readUInt32LE(at)],
  DateTime64: [8, (from, at) => from.readBigInt64LE(at)],
  Float64: [8, (from, at) => from.readDoubleLE(at)],
};

const partsOf = (type: string): { name: string; inside: string } => {
  const [, name, inside] = /^(\w+)(?:\((.*)\))?$/.exec(type) ?? [];
  return { name: name!, inside: inside ?? '' };
};

const readPrefix = (cursor: Cursor, type: string): void => {
  const { name, inside } = partsOf(type);
  if (name === 'LowCardinality') {
    if (cursor.uint64() !== 1) throw new Error(`another version of ${type}`);
  } else if (name === 'Array') readPrefix(cursor, inside);
  else if (name === 'Map') for (const part of splitAtCommas(inside)) readPrefix(cursor, part);
};

const readValues = (cursor: Cursor, type: string, count: number): ValueAt => {
  const { name, inside } = partsOf(type);
  if (numbers[name]) {
    const [size, read] = numbers[name];
    const bytes = cursor.take(count * size);
    return (row) => read(bytes, row * size);
  }
  switch (name) {
    case 'String': {
      const texts = Array.from({ length: count }, () => cursor.take(cursor.varint()));
      return (row) => texts[row]!.toString();
    }
    case 'FixedString': {
      const size = Number(inside);
      const bytes = cursor.take(count * size);
      return (row) => bytes.toString('hex', row * size, (row + 1) * size);
    }
    case 'Enum8': {
      const names = new Map([...inside.matchAll(/'(\w+)' = (\d+)/g)].map(([, word, value]) => [Number(value), word]));
      const values = cursor.take(count);
      for (const value of values) if (!names.has(value)) throw new Error(`${value} is not in ${type}`);
      return (row) => names.get(values[row]!);
    }
    case 'Nullable': {
      const nulls = cursor.take(count);
      const valueAt = readValues(cursor, inside, count);
      return (row) => (nulls[row] === 1 ? null : valueAt(row));
    }
    case 'LowCardinality':
      return count === 0 ? () => undefined : readLowCardinality(cursor, inside, count);
    case 'Array': {
      const ends = readEnds(cursor, count);
      const elementAt = readValues(cursor, inside, ends.at(-1) ?? 0);
      return (row) => rangeOf(ends, row, elementAt);
    }
    case 'Map': {
      const ends = readEnds(cursor, count);
      const [keyAt, valueAt] = splitAtCommas(inside).map((part) => readValues(cursor, part, ends.at(-1) ?? 0));
      return (row) => rangeOf(ends, row, (i) => [keyAt!(i), valueAt!(i)]);
    }
    default:
      throw new Error(`No reader for the type ${type}`);
  }
};

const readLowCardinality = (cursor: Cursor, type: string, count: number): ValueAt => {
  const flags = cursor.uint64();
  const keyCount = cursor.uint64();
  const keyAt = readValues(cursor, type, keyCount);
  const width = flags & 0xff;
  if (flags >>> 8 !== 6 || width > 2) throw new Error(`a LowCardinality with the flags ${flags}`);
  if (cursor.uint64() !== count) throw new Error(`a LowCardinality that does not have ${count} rows`);
  const numberAt = readValues(cursor, ['UInt8', 'UInt16', 'UInt32'][width]!, count);
  for (let row = 0; row < count; row++) {
    if ((numberAt(row) as number) >= keyCount) throw new Error(`no key ${numberAt(row)} among ${keyCount}`);
  }
  return (row) => keyAt(numberAt(row) as number);
};

const readEnds = (cursor: Cursor, count: number): number[] => Array.from({ length: count }, () => cursor.uint64());

const rangeOf = (ends: readonly number[], row: number, elementAt: ValueAt): unknown[] => {
  const start = row === 0 ? 0 : ends[row - 1]!;
  return Array.from({ length: ends[row]! - start }, (_, i) => elementAt(start + i));
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
