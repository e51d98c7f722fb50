/** Values of protobuf's scalar types as OTLP/JSON writes them. */
import type { ProtobufWriter } from '../protobuf-writer.ts';
import type { Field, Scalar } from '../schema.ts';

/** Writes the value, without its tag. Returns false when the field cannot have this value. */
export const writeScalar = (writer: ProtobufWriter, field: Field, value: unknown): boolean => {
  switch (field.type) {
    case 'string':
      if (typeof value !== 'string') return false;
      writer.string(value);
      return true;
    case 'id':
      return writeBytes(writer, value, hex, 'hex');
    case 'bytes':
      return writeBytes(writer, value, base64, 'base64');
    case 'bool':
      if (typeof value !== 'boolean') return false;
      writer.varint(value ? 1 : 0);
      return true;
    case 'double': {
      const number = doubleOf(value);
      if (number === undefined) return false;
      writer.double(number);
      return true;
    }
    case 'enum': {
      const named = typeof value === 'string' ? field.values?.get(value) : undefined;
      return writeInteger(writer, 'enum', named ?? value);
    }
    case 'message':
      return false;
    default:
      return writeInteger(writer, field.type, value);
  }
};

export const expectedOf = (type: Field['type']): string => expected[type];

const expected: Readonly<Record<Scalar | 'message', string>> = {
  string: 'text',
  bytes: 'base64',
  id: 'hexadecimal',
  bool: 'true or false',
  double: 'a number',
  enum: 'a value of the enum, by number or name,',
  fixed64: 'an unsigned 64-bit integer',
  uint64: 'an unsigned 64-bit integer',
  sfixed64: 'a signed 64-bit integer',
  int64: 'a signed 64-bit integer',
  fixed32: 'an unsigned 32-bit integer',
  uint32: 'an unsigned 32-bit integer',
  int32: 'a signed 32-bit integer',
  sint32: 'a signed 32-bit integer',
  message: 'an object',
};

const hex = /^(?:[0-9a-f]{2})*$/i;
/** Also the alphabet of URLs, and without padding: protobuf's parsers take both. */
const base64 = /^[\w+/-]*={0,2}$/;

const writeBytes = (writer: ProtobufWriter, value: unknown, pattern: RegExp, encoding: 'hex' | 'base64'): boolean => {
  if (typeof value !== 'string' || !pattern.test(value)) return false;
  const bytes = Buffer.from(value, encoding);
  writer.varint(bytes.length);
  writer.raw(bytes);
  return true;
};

/** https://protobuf.dev/programming-guides/json: a number, or text that may be NaN, Infinity or -Infinity. */
const doubleOf = (value: unknown): number | undefined => {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string') return undefined;
  if (value === 'NaN') return Number.NaN;
  if (value === 'Infinity') return Number.POSITIVE_INFINITY;
  if (value === '-Infinity') return Number.NEGATIVE_INFINITY;
  return jsonNumber.test(value) ? Number(value) : undefined;
};

const jsonNumber = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/** Long enough for 64 bits, and short enough that reading it costs nothing. */
const decimal = /^-?\d{1,20}$/;

type Integer = 'enum' | 'fixed64' | 'sfixed64' | 'int64' | 'uint64' | 'fixed32' | 'uint32' | 'int32' | 'sint32';

const writeInteger = (writer: ProtobufWriter, type: Integer, value: unknown): boolean => {
  switch (type) {
    case 'enum':
    case 'int32':
    case 'sint32': {
      const number = integerOf(value, -(2 ** 31), 2 ** 31 - 1);
      if (number === undefined) return false;
      if (type === 'sint32') writer.varint(((number << 1) ^ (number >> 31)) >>> 0);
      else if (number >= 0) writer.varint(number);
      else writer.varint64(BigInt(number));
      return true;
    }
    case 'fixed32':
    case 'uint32': {
      const number = integerOf(value, 0, 2 ** 32 - 1);
      if (number === undefined) return false;
      if (type === 'fixed32') writer.fixed32(number);
      else writer.varint(number);
      return true;
    }
    default: {
      const number = bigIntegerOf(value);
      const isSigned = type === 'sfixed64' || type === 'int64';
      if (number === undefined || (isSigned ? BigInt.asIntN(64, number) : BigInt.asUintN(64, number)) !== number) {
        return false;
      }
      if (type === 'fixed64' || type === 'sfixed64') writer.fixed64(number);
      else writer.varint64(number);
      return true;
    }
  }
};

const integerOf = (value: unknown, least: number, most: number): number | undefined => {
  const number = typeof value === 'string' && decimal.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most
    ? number
    : undefined;
};

const bigIntegerOf = (value: unknown): bigint | undefined => {
  if (typeof value === 'string') return decimal.test(value) ? BigInt(value) : undefined;
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined;
  return typeof value === 'bigint' ? value : undefined;
};
