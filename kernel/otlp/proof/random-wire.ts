/**
 * OTLP requests as bytes made of chance, the same for the same seed, with everything a protobuf encoder may do and ours
 * never would: fields in any order, unknown fields among them, repeated numbers packed and not, varints longer than
 * needed, a field that should occur once occurring twice. For tests that compare, and tests that break things.
 */
import { requests, type Signal } from '../messages.ts';
import type { Field, Message } from '../schema.ts';
import { type Random, randomOf } from './random-requests.ts';

export const randomWire = (signal: Signal, seed: number): Uint8Array =>
  Uint8Array.from(message(requests[signal], randomOf(seed), 0));

type Bytes = number[];

const message = (type: Message, random: Random, depth: number): Bytes => {
  const known = type.byNumber.filter((field) => field !== undefined);
  const fields: Bytes[] = [];
  for (const field of chosen(type.name, known, random)) {
    if (field.message && depth > 9) continue;
    const count = field.repeated ? random(4) : random(20) === 0 ? 2 : 1;
    if (field.repeated && isNumber(field)) fields.push(...numbers(field, count, random));
    else fields.push(...times(count, () => encodeField(field, value(field, random, depth), random)));
  }
  if (random(4) === 0) fields.push(unknown(random));
  return shuffle(fields, random).flat();
};

/** Of a oneof only one: which of two counts is the order's matter, and the decoder we compare with forgets the order. */
const chosen = (name: string, known: readonly Field[], random: Random): Field[] => {
  if (name === 'AnyValue') return random(12) === 0 ? [] : [known[random(known.length)]!];
  const oneof = ['as_double', 'as_int', 'gauge', 'sum', 'histogram', 'exponential_histogram', 'summary'];
  const isOneof = name === 'Metric' || name === 'NumberDataPoint' || name === 'Exemplar';
  const others = known.filter((field) => !(isOneof && oneof.includes(field.name))).filter(() => random(4) > 0);
  const members = isOneof ? known.filter((field) => oneof.includes(field.name)) : [];
  return members.length > 0 && random(10) > 0 ? [...others, members[random(members.length)]!] : others;
};

const isNumber = (field: Field): boolean => !['message', 'string', 'bytes', 'id'].includes(field.type);

/** Packed, one by one, or some of each. */
const numbers = (field: Field, count: number, random: Random): Bytes[] => {
  const packed = times(random(count + 1), () => value(field, random, 0)).flat();
  const apart = times(random(count + 1), () => encodeField(field, value(field, random, 0), random));
  return [[...tag(field.number, 2, random), ...varint(BigInt(packed.length), random), ...packed], ...apart];
};

const wireTypes: Readonly<Record<string, number>> = {
  ...{ message: 2, string: 2, bytes: 2, id: 2, bool: 0, enum: 0, int64: 0, uint64: 0, uint32: 0, int32: 0, sint32: 0 },
  ...{ fixed64: 1, sfixed64: 1, double: 1, fixed32: 5 },
};

const encodeField = (field: Field, bytes: Bytes, random: Random): Bytes => {
  const wire = wireTypes[field.type]!;
  const length = wire === 2 ? varint(BigInt(bytes.length), random) : [];
  return [...tag(field.number, wire, random), ...length, ...bytes];
};

const value = (field: Field, random: Random, depth: number): Bytes => {
  switch (field.type) {
    case 'message':
      return message(field.message!, random, depth + 1);
    case 'string':
      return [...Buffer.from(text(random))];
    case 'id':
      return randomBytes([0, 8, 16, 16, 5][random(5)]!, random);
    case 'bytes':
      return randomBytes(random(20), random);
    case 'bool':
      return varint(BigInt(random(2)), random);
    case 'enum':
      return varint(BigInt(random(30)), random);
    case 'uint32':
      return varint(integer(random) & 0xffffffffn, random);
    case 'sint32': {
      const signed = BigInt.asIntN(32, integer(random));
      return varint(signed < 0n ? -signed * 2n - 1n : signed * 2n, random);
    }
    case 'fixed32':
      return littleEndian(integer(random), 4);
    case 'double':
      return [...new Uint8Array(Float64Array.of(double(random)).buffer)];
    case 'fixed64':
    case 'sfixed64':
      return littleEndian(integer(random), 8);
    default:
      return varint(BigInt.asUintN(64, integer(random)), random);
  }
};

const words = [
  'service.name',
  'host.name',
  'http.route',
  'warning',
  'Ünïcode 漢字',
  '😀',
  '"\\\b\f\n\r\t\u0000\u001f\u007f',
  '',
];
const text = (random: Random): string =>
  times(1 + random(2), () => (random(8) === 0 ? 'y'.repeat(random(400)) : words[random(words.length)]!)).join('');

const integer = (random: Random): bigint => {
  const bits = (BigInt(random(2 ** 32)) << 32n) | BigInt(random(2 ** 32));
  return [0n, BigInt(random(300)), bits, -bits, bits >> 11n, -(bits >> 12n), 2n ** 63n - 1n, -(2n ** 63n)][random(8)]!;
};

const doubles = [
  0,
  -0,
  1,
  -5,
  1.5,
  0.05,
  637.704,
  -0.000001,
  1e-7,
  2 ** 53,
  1e21,
  -1e300,
  5e-324,
  1 / 3,
  123456.789012,
];
const double = (random: Random): number =>
  [...doubles, Number.NaN, Infinity, -Infinity, random(1e6) / 1e3, random(2 ** 32) / 1e6][random(doubles.length + 5)]!;

/** A field no message has: numbers from 2000 on, of every wire type. */
const unknown = (random: Random): Bytes => {
  const number = 2000 + random(1000);
  switch (random(5)) {
    case 0:
      return [...tag(number, 0, random), ...varint(BigInt.asUintN(64, integer(random)), random)];
    case 1:
      return [...tag(number, 1, random), ...randomBytes(8, random)];
    case 2: {
      const length = random(200);
      return [...tag(number, 2, random), ...varint(BigInt(length), random), ...randomBytes(length, random)];
    }
    case 3:
      return [...tag(number, 3, random), ...unknown(random), ...tag(number, 4, random)];
    default:
      return [...tag(number, 5, random), ...randomBytes(4, random)];
  }
};

const tag = (number: number, wire: number, random: Random): Bytes => varint(BigInt(number * 8 + wire), random);

/** Now and then with a byte more than needed. */
const varint = (bits: bigint, random: Random): Bytes => {
  const bytes: Bytes = [];
  let rest = bits;
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  if (bytes.length < 3 && random(50) === 0) return [...bytes, Number(rest) | 0x80, 0];
  return [...bytes, Number(rest)];
};

const littleEndian = (bits: bigint, size: number): Bytes =>
  times(size, (i) => Number((BigInt.asUintN(64, bits) >> BigInt(8 * i)) & 0xffn));
const randomBytes = (count: number, random: Random): Bytes => times(count, () => random(256));
const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** A third of the messages keep the order of field numbers, as encoders do. */
const shuffle = <T>(items: T[], random: Random): T[] => {
  if (random(3) === 0) return items;
  for (let i = items.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
};
