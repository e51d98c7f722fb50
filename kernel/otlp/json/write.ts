/**
 * Shows an OTLP request as the OTLP/JSON it stands for, for people to read: no part of the way in. Follows
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: ids in hex, enums as integers, integers of 64 bits
 * as text. Fields that OTLP does not have are left out; where a field that should occur once occurs again, the last one
 * counts.
 */
import { requests, type Signal } from '../messages.ts';
import { type Field, type Message, wireTypeOf } from '../schema.ts';
import { WireError, WireReader } from '../wire.ts';

/** A request as `JSON.stringify` takes it. @throws WireError when the bytes are no request, or are nested too deeply */
export const requestAsJson = (request: Uint8Array, signal: Signal): unknown =>
  messageOf(new WireReader(request), requests[signal], 0);

/** Deeper than that nothing is stored either, and reading it would need a stack of its own. */
const maxDepth = 200;

/** The reader has entered the message. */
const messageOf = (reader: WireReader, message: Message, depth: number): Record<string, unknown> => {
  if (depth > maxDepth) throw new WireError('messages nested too deeply', reader.position);
  const fields: Record<string, unknown> = {};
  while (reader.position < reader.end) {
    const tag = reader.tag();
    const field = message.byNumber[tag >>> 3];
    const wireType = tag & 7;
    if (field === undefined) reader.skip(tag);
    else if (wireType === wireTypeOf(field.type)) {
      const value = fieldValueOf(reader, field, depth);
      if (field.repeated) append(fields, field, value);
      else fields[field.jsonName] = value;
    } else if (wireType === 2 && field.repeated) {
      const outer = reader.enter();
      while (reader.position < reader.end) append(fields, field, fieldValueOf(reader, field, depth));
      reader.leave(outer);
    } else reader.skip(tag);
  }
  return fields;
};

const append = (fields: Record<string, unknown>, { jsonName }: Field, value: unknown): void => {
  const list = fields[jsonName] as unknown[] | undefined;
  if (list === undefined) fields[jsonName] = [value];
  else list.push(value);
};

const fieldValueOf = (reader: WireReader, field: Field, depth: number): unknown => {
  switch (field.type) {
    case 'message': {
      const outer = reader.enter();
      const value = messageOf(reader, field.message!, depth + 1);
      reader.leave(outer);
      return value;
    }
    case 'string':
      return bytesOf(reader).toString('utf8');
    case 'id':
      return bytesOf(reader).toString('hex');
    case 'bytes':
      return bytesOf(reader).toString('base64');
    case 'bool':
      return reader.bool();
    case 'double': {
      const value = reader.double();
      return Number.isFinite(value) ? value : String(value);
    }
    case 'enum':
    case 'int32':
      return reader.varint32() | 0;
    case 'uint32':
      return reader.varint32();
    case 'sint32':
      return reader.zigzag32();
    case 'fixed32':
      return reader.fixed32();
    case 'int64':
    case 'uint64':
      reader.varint64();
      return longOf(reader, field.type === 'int64');
    case 'fixed64':
    case 'sfixed64':
      reader.fixed64();
      return longOf(reader, field.type === 'sfixed64');
  }
};

const bytesOf = (reader: WireReader): Buffer => {
  const length = reader.length();
  const { bytes, position } = reader;
  reader.position += length;
  return Buffer.from(bytes.buffer, bytes.byteOffset + position, length);
};

/** What was read last, in decimal. */
const longOf = ({ low, high }: WireReader, isSigned: boolean): string =>
  String((BigInt(isSigned ? high : high >>> 0) << 32n) | BigInt(low >>> 0));
