/**
 * JSON.parse for what strangers send. Values are counted before anything is built of them, and integers that a double
 * cannot hold come back as bigint: times in nanoseconds are sent as numbers at times.
 */
import { isUtf8 } from 'node:buffer';
import { getHeapStatistics } from 'node:v8';
import { MalformedError } from '../check/check.ts';
import { TooLargeError } from '../protobuf-writer.ts';

export interface ParsedJson {
  readonly value: unknown;
  /** False when the text has replacement characters (U+FFFD) in place of bytes that are not UTF-8. */
  readonly isUtf8: boolean;
}

/**
 * A value takes some 100 bytes until the request is read. 64 MiB of spans with short attributes have 5 million; a machine
 * whose heap has no room for that many takes fewer.
 */
const maxValues = Math.min(6_000_000, Math.floor(getHeapStatistics().heap_size_limit / 200));

/**
 * @throws MalformedError when it is not JSON
 * @throws TooLargeError when it has too many values, or is longer than a string can be
 */
export const parseJson = (body: Uint8Array): ParsedJson => {
  const { values, longNumbers } = survey(body);
  if (values > maxValues) throw new TooLargeError(`The JSON has more than ${maxValues} values.`);
  if (body.length > maxTextBytes) throw new TooLargeError(`The JSON has more than ${maxTextBytes} bytes.`);
  const text = decoder.decode(body);
  try {
    return { value: longNumbers ? JSON.parse(text, exactInteger) : JSON.parse(text), isUtf8: isUtf8(body) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new MalformedError(`not JSON: ${error.message.slice(0, maxMessageLength)}`, '');
  }
};

/** V8's longest string is a little longer. */
const maxTextBytes = 2 ** 28;
/** V8 quotes the text around the fault. */
const maxMessageLength = 200;
/** Takes a byte order mark away, as https://www.rfc-editor.org/rfc/rfc8259#section-8.1 allows. */
const decoder = new TextDecoder('utf-8');

/** Counts the values (one more than the commas and the brackets that open) and looks for numbers of 16 digits or more. */
const survey = (body: Uint8Array): { values: number; longNumbers: boolean } => {
  let values = 1;
  let digits = 0;
  let longNumbers = false;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]!;
    if (byte === quote) {
      digits = 0;
      at = endOfString(body, at + 1);
    } else if (byte >= zero && byte <= nine) {
      if (++digits === longNumberDigits) longNumbers = true;
    } else {
      // digits after a point are of a double, which has no more than it can hold
      digits = byte === point ? Number.NEGATIVE_INFINITY : 0;
      if (byte === comma || byte === openBracket || byte === openBrace) values++;
    }
  }
  return { values, longNumbers };
};

/** The place of the quote that ends the string, or the end of the body. */
const endOfString = (body: Uint8Array, from: number): number => {
  let at = from;
  while (at < body.length && body[at] !== quote) at += body[at] === backslash ? 2 : 1;
  return at;
};

const quote = '"'.charCodeAt(0);
const backslash = '\\'.charCodeAt(0);
const comma = ','.charCodeAt(0);
const openBracket = '['.charCodeAt(0);
const openBrace = '{'.charCodeAt(0);
const point = '.'.charCodeAt(0);
const zero = '0'.charCodeAt(0);
const nine = '9'.charCodeAt(0);

/** 2^53 has 16. */
const longNumberDigits = 16;
/** No more than 64 bits hold: reading a bigint of a million digits takes for ever. */
const integer = /^-?\d{1,20}$/;

const exactInteger = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === 'number' && !Number.isSafeInteger(value) && integer.test(context?.source ?? '')
    ? BigInt(context!.source!)
    : value;
