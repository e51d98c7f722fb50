/**
 * Attributes as the tables keep them, back to what was sent. A column of attributes holds texts; beside it stands a
 * types string, one letter per attribute in map order, or '' when all are strings: s string, i int, d double, b bool,
 * a array, m map, x bytes, n empty.
 */
import type { Attributes, AttributeValue } from './contract/values.ts';

/** A map column as ordered pairs: as a JSON object it would lose its order where keys look like numbers. */
export type AttributePairs = readonly (readonly [key: string, text: string])[];

/** The SQL expression to select an attributes column with, so that it arrives as `AttributePairs`. */
export const selectPairs = (column: string): string => `CAST(${column}, 'Array(Tuple(String, String))')`;

/** The same for an array of maps, such as `events.attributes`. */
export const selectPairsOfEach = (column: string): string => `arrayMap(pairs -> ${selectPairs('pairs')}, ${column})`;

export const decodeAttributes = (pairs: AttributePairs, types: string): Attributes =>
  Object.fromEntries(pairs.map(([key, text], i) => [key, decodeValue(text, types[i] ?? 's')]));

/** A text that does not hold what its letter says was cut at a limit: it is shown as the text it is. */
export const decodeValue = (text: string, type: string): AttributeValue => {
  switch (type) {
    case 'i':
      return decodeInteger(text);
    case 'd':
      return decodeDouble(text);
    case 'b':
      return text === 'true';
    case 'a':
    case 'm':
      return decodeJson(text);
    case 'x':
      return { bytes: text };
    case 'n':
      return null;
    default:
      return text;
  }
};

const decodeInteger = (text: string): AttributeValue => {
  const value = Number(text);
  return Number.isSafeInteger(value) && text !== '' ? value : text;
};

/** JSON has no NaN and no infinity: they stay the words that OTLP/JSON writes for them. */
const decodeDouble = (text: string): AttributeValue => {
  const value = Number(text);
  return Number.isFinite(value) && text !== '' ? value : text;
};

const decodeJson = (text: string): AttributeValue => {
  try {
    return JSON.parse(text, keepLargeIntegers);
  } catch {
    return text;
  }
};

const keepLargeIntegers = (_key: string, value: unknown, context?: { source?: string }): unknown => {
  const source = context?.source;
  if (typeof value !== 'number' || source === undefined || Number.isSafeInteger(value)) return value;
  return /^-?\d+$/.test(source) ? source : value;
};
