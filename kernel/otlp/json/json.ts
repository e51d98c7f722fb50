/**
 * Turns an OTLP/JSON request into the protobuf it stands for. Follows
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding and is as generous as protobuf's own JSON parsers:
 * snake_case names, names of enum values, integers as text. A record with a value that cannot be read is left out and
 * counted; such a value outside of records condemns the request.
 */
import { MalformedError } from '../check/check.ts';
import { type Fault, Rejections } from '../check/rejections.ts';
import { limits } from '../limits.ts';
import { anyValue, requests, type Signal } from '../messages.ts';
import { ProtobufWriter } from '../protobuf-writer.ts';
import { type Field, type Message, wireTypeOf } from '../schema.ts';
import { parseJson } from './parse.ts';
import { expectedOf, writeScalar } from './scalar.ts';

export interface ReadJson {
  /** The request in protobuf; whether its records are good is for `check` to say. */
  readonly bytes: Uint8Array;
  /** The records that are not in `bytes`. */
  readonly rejections: Rejections;
}

/**
 * @param maxBytes of protobuf
 * @throws MalformedError when it is not JSON or not a request of this signal; the message has the JSON path
 * @throws TooLargeError when it holds more than may be read
 */
export const readJson = (body: Uint8Array, signal: Signal, maxBytes: number): ReadJson => {
  const { value, isUtf8 } = parseJson(body);
  const reading = new Reading(new ProtobufWriter(body.length, maxBytes), isUtf8);
  if (!reading.message(requests[signal], value, 0)) {
    throw new MalformedError(`${reading.expected} is expected`, reading.jsonPath());
  }
  return { bytes: reading.writer.written(), rejections: reading.rejections };
};

/** Its methods return false at the first value that cannot be read, and leave the path at it. */
class Reading {
  readonly writer: ProtobufWriter;
  readonly rejections = new Rejections();
  /** What the value at the path should have been. */
  expected = '';
  private readonly isUtf8: boolean;
  /** Names and indexes that lead to the value being read. */
  private readonly path: (string | number)[] = [];

  constructor(writer: ProtobufWriter, isUtf8: boolean) {
    this.writer = writer;
    this.isUtf8 = isUtf8;
  }

  jsonPath(): string {
    return this.path
      .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
      .join('')
      .slice(1);
  }

  /** Writes the fields of a message. `depth` counts the arrays and maps around it. */
  message(message: Message, value: unknown, depth: number): boolean {
    if (!isObject(value)) return this.fail('an object');
    for (const name of Object.keys(value)) {
      const field = message.byJsonName.get(name);
      const item = value[name];
      // null stands for an absent field, whatever its type
      if (field === undefined || item === null) continue;
      const inner = message === anyValue && field.message !== undefined ? depth + 1 : depth;
      this.path.push(name);
      if (!(field.repeated ? this.list(field, item, inner) : this.single(field, item, inner))) return false;
      this.path.pop();
    }
    return true;
  }

  private list(field: Field, value: unknown, depth: number): boolean {
    const { writer, path } = this;
    if (!Array.isArray(value)) return this.fail('an array');
    const packed = field.type !== 'message' && field.type !== 'string';
    const mark = packed ? writer.open(field.number) : 0;
    for (let index = 0; index < value.length; index++) {
      path.push(index);
      if (packed) {
        if (!this.scalar(field, value[index])) return false;
      } else if (field.message?.kind === 'record') this.record(field, value[index]);
      else if (!this.single(field, value[index], depth)) return false;
      path.pop();
    }
    if (packed) writer.close(mark);
    return true;
  }

  /** What cannot be read in a record costs that record alone. */
  private record(field: Field, value: unknown): void {
    const { writer, path } = this;
    const { position } = writer;
    const { length } = path;
    if (this.single(field, value, 0)) return;
    const name = path.findLast((step) => typeof step === 'string') ?? '';
    this.rejections.add(faultOf(name, this.expected), 0);
    writer.rewind(position);
    path.length = length;
  }

  private single(field: Field, value: unknown, depth: number): boolean {
    const { writer } = this;
    if (field.message === undefined) {
      writer.tag(field.number, wireTypeOf(field.type));
      return this.scalar(field, value);
    }
    const mark = writer.open(field.number);
    // Deeper than anyone reads: the array or map stays, empty, so that they can tell it was cut.
    if (depth <= limits.depth + 1 && !this.message(field.message, value, depth)) return false;
    writer.close(mark);
    return true;
  }

  private scalar(field: Field, value: unknown): boolean {
    // where the body was not UTF-8, its text now has replacement characters
    if (typeof value === 'string' && (!value.isWellFormed() || (!this.isUtf8 && value.includes('\ufffd')))) {
      return this.fail(validText);
    }
    return writeScalar(this.writer, field, value) || this.fail(expectedOf(field.type));
  }

  private fail(expected: string): false {
    this.expected = expected;
    return false;
  }
}

const validText = 'valid UTF-8';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** One object per fault, so that they can be counted by it; there are only as many as fields and types. */
const faults = new Map<string, Fault>();

const faultOf = (name: string, expected: string): Fault => {
  const text = `an invalid ${name} (${expected} is expected)`;
  const known = faults.get(text);
  if (known) return known;
  const fault = { reason: expected === validText ? 'invalid-utf8' : 'invalid-value', what: () => text };
  faults.set(text, fault);
  return fault;
};
