/** One block of ClickHouse's Native format, as a server answers with to a client that says which protocol it speaks. */

export interface Answer {
  readonly names: readonly string[];
  /** String or UInt32, all that a client asks for before it inserts. */
  readonly types: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

export const nativeAnswer = ({ names, types, rows }: Answer): Buffer =>
  Buffer.concat([
    blockInfo,
    varint(names.length),
    varint(rows.length),
    ...names.flatMap((name, i) => [
      text(name),
      text(types[i]!),
      ordinarySerialization,
      ...rows.map((row) => encode(types[i]!, row[i]!)),
    ]),
  ]);

/** Field 1: is_overflows, false. Field 2: bucket_num, -1. No more fields. */
const blockInfo = Buffer.from([1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0]);
const ordinarySerialization = Buffer.from([0]);

const encode = (type: string, value: string | number): Buffer => {
  if (type === 'String') return text(String(value));
  if (type !== 'UInt32') throw new Error(`An answer has a column of type ${type}, which is not known here.`);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(Number(value));
  return bytes;
};

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([varint(bytes.length), bytes]);
};

const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return Buffer.from([...bytes, value]);
};
