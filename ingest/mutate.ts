/** Breaks requests the way networks, bugs and strangers do, the same way for the same chance. For the fuzz test. */
import type { Random } from '../kernel/otlp/proof/random-requests.ts';

/** Changes one to four things in the bytes, or splices in part of another request. */
export const mutate = (body: Buffer, other: Buffer, random: Random): Buffer => {
  let bytes: Buffer = Buffer.from(body);
  for (let changes = random(4) + 1; changes > 0; changes--)
    bytes = mutations[random(mutations.length)]!(bytes, other, random);
  return bytes;
};

type Mutation = (bytes: Buffer, other: Buffer, random: Random) => Buffer;

const place = (bytes: Buffer, random: Random): number => random(bytes.length + 1);

const put = (bytes: Buffer, at: number, piece: Uint8Array, removed = 0): Buffer =>
  Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(Math.min(bytes.length, at + removed))]);

const flipBit: Mutation = (bytes, _, random) => {
  if (bytes.length > 0) bytes[random(bytes.length)]! ^= 1 << random(8);
  return bytes;
};
const setByte: Mutation = (bytes, _, random) => {
  if (bytes.length > 0) bytes[random(bytes.length)] = interesting[random(interesting.length)]!;
  return bytes;
};
const remove: Mutation = (bytes, _, random) => put(bytes, place(bytes, random), nothing, random(20) + 1);
const insert: Mutation = (bytes, _, random) =>
  put(
    bytes,
    place(bytes, random),
    Uint8Array.from({ length: random(8) + 1 }, () => random(256)),
  );
const insertToken: Mutation = (bytes, _, random) =>
  put(bytes, place(bytes, random), tokens[random(tokens.length)]!, random(2) * random(12));
const repeat: Mutation = (bytes, _, random) => {
  const from = place(bytes, random);
  return put(bytes, from, bytes.subarray(from, from + random(200)));
};
const truncate: Mutation = (bytes, _, random) => bytes.subarray(0, place(bytes, random));
const splice: Mutation = (bytes, other, random) => {
  const from = place(other, random);
  return put(bytes, place(bytes, random), other.subarray(from, from + random(300)), random(100));
};

const mutations: readonly Mutation[] = [
  flipBit,
  setByte,
  setByte,
  remove,
  insert,
  insertToken,
  insertToken,
  repeat,
  truncate,
  splice,
];

const nothing = new Uint8Array(0);
/** Ends of ranges, and bytes that mean something in protobuf or in JSON. */
const interesting = [
  0,
  1,
  2,
  7,
  8,
  0x0a,
  0x12,
  0x1a,
  0x22,
  0x7f,
  0x80,
  0xff,
  0xc0,
  0xed,
  ...Buffer.from('"{}[],:\\-0e'),
];
const tokens: readonly Uint8Array[] = [
  Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f),
  Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01),
  Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80),
  Uint8Array.of(0xed, 0xa0, 0x80),
  Uint8Array.of(0x0b, 0x0c),
  Uint8Array.from({ length: 120 }, (_, i) => (i % 2 === 0 ? 0x2a : 120 - i)),
  ...['null', '{}', '[]', '"', '\\', '\\ud800', '1e999', '-0', '12345678901234567890123', '[[[[[[[[[[[[', '"NaN"'].map(
    (text) => Buffer.from(text),
  ),
  ...['{"arrayValue":{"values":[{"arrayValue":{"values":[', '"traceId":"zz",', '"__proto__":{"x":1},'].map((text) =>
    Buffer.from(text),
  ),
];
