/**
 * Gives a parsed query its meaning for one kind of row: names become columns or attributes, values become what those
 * hold. `sql.ts` and `match.ts` both work from the result, so that a search and a live tail cannot disagree on it.
 */
import { parseDurationNs } from './duration.ts';
import type { Expression, Operator, Value } from './parse.ts';
import { QueryError } from './query-error.ts';
import type { Column, Target } from './targets.ts';

export type Scope = 'record' | 'resource';
export type Place =
  | { readonly kind: 'column'; readonly name: string }
  | { readonly kind: 'attribute'; readonly key: string; readonly scopes: readonly Scope[] };

export type Condition =
  | { readonly test: 'all' }
  | { readonly test: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly test: 'not'; readonly part: Condition }
  /** All tokens occur as whole words in one of the columns and, where given, the phrase does too. Lower case. */
  | {
      readonly test: 'words';
      readonly columns: readonly string[];
      readonly tokens: readonly string[];
      readonly phrase: string | undefined;
    }
  /** A pattern within a run of non-space characters, bound to word limits where it has no asterisk. Lower case. */
  | { readonly test: 'word-pattern'; readonly columns: readonly string[]; readonly pieces: readonly string[] }
  | { readonly test: 'equals'; readonly place: Place; readonly value: string }
  /** The whole value has the pieces in order, with anything between them. */
  | { readonly test: 'pattern'; readonly place: Place; readonly pieces: readonly string[] }
  | { readonly test: 'one-of'; readonly column: string; readonly values: readonly string[] }
  | { readonly test: 'compare'; readonly place: Place; readonly operator: Operator; readonly value: number }
  | { readonly test: 'present'; readonly place: Place };

/** @throws QueryError where a value does not suit its field. */
export const resolve = (expression: Expression, target: Target): Condition => {
  switch (expression.kind) {
    case 'all':
      return { test: 'all' };
    case 'and':
    case 'or':
      return { test: expression.kind, parts: expression.parts.map((part) => resolve(part, target)) };
    case 'not':
      return { test: 'not', part: resolve(expression.part, target) };
    case 'words':
      return words(expression.value, target.words);
    case 'field':
      return resolveField(expression, placeOf(expression.field, target), target);
  }
};

/** A well-known field, unless a prefix says that the attribute of that name is meant. */
export const placeOf = (field: string, target: Target): Place => {
  const scoped = /^(attributes?|resource)\.(.+)$/s.exec(field);
  if (scoped)
    return { kind: 'attribute', key: scoped[2]!, scopes: scoped[1] === 'resource' ? ['resource'] : ['record'] };
  const name = target.aliases.get(field) ?? field;
  if (target.columns.has(name)) return { kind: 'column', name };
  return { kind: 'attribute', key: field, scopes: ['record', 'resource'] };
};

/** Words as the `splitByNonAlpha` text index cuts them: ASCII letters, digits and everything beyond ASCII. */
export const wordsOf = (text: string): string[] => lowerAscii(text).match(/[0-9a-z\u0080-\uffff]+/g) ?? [];

/** As ClickHouse's `lower`, which the index of log bodies is built on: beyond ASCII, case counts. */
export const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (run) => run.toLowerCase());

type FieldExpression = Extract<Expression, { kind: 'field' }>;

const resolveField = (field: FieldExpression, place: Place, target: Target): Condition => {
  const { operator, value } = field;
  const column = place.kind === 'column' ? target.columns.get(place.name)! : undefined;
  if (operator === '=' && isAnything(value)) return { test: 'present', place };
  if (operator === '=') return resolveEquals(field, place, column);
  if (column?.kind === 'choice' && column.ordered) {
    return { test: 'one-of', column: (place as { name: string }).name, values: compareChoices(field, column) };
  }
  if (column !== undefined && column.kind !== 'number' && column.kind !== 'duration') {
    throw errorAt(field, `"${field.field}" has no order: use ":" instead of ":${operator}".`);
  }
  return { test: 'compare', place, operator, value: numberOf(field, column) };
};

const resolveEquals = (field: FieldExpression, place: Place, column: Column | undefined): Condition => {
  const { value } = field;
  const name = place.kind === 'column' ? place.name : '';
  switch (column?.kind) {
    case 'text':
      return value.text === '' ? { test: 'not', part: { test: 'present', place } } : words(value, [name]);
    case 'choice':
      return { test: 'one-of', column: name, values: chosen(field, column) };
    case 'number':
    case 'duration':
      return { test: 'compare', place, operator: '=', value: numberOf(field, column) };
    case 'id': {
      const hex = hexOf(field, column.bytes);
      // All zeros is how OTLP writes that there is none.
      return /^0+$/.test(hex)
        ? { test: 'not', part: { test: 'present', place } }
        : { test: 'equals', place, value: hex };
    }
    default:
      return value.pieces
        ? { test: 'pattern', place, pieces: value.pieces }
        : { test: 'equals', place, value: value.text };
  }
};

const words = ({ text, pieces }: Value, columns: readonly string[]): Condition => {
  if (pieces === undefined) {
    const tokens = fewest(wordsOf(text));
    const phrase = lowerAscii(text);
    return { test: 'words', columns, tokens, phrase: tokens.length === 1 && tokens[0] === phrase ? undefined : phrase };
  }
  return pieces.every((piece) => piece === '')
    ? { test: 'or', parts: columns.map((name) => ({ test: 'present', place: { kind: 'column', name } })) }
    : { test: 'word-pattern', columns, pieces: pieces.map(lowerAscii) };
};

/** ClickHouse takes at most 64 tokens. The phrase holds those between the first and the last already. */
const fewest = (tokens: readonly string[]): string[] => {
  const distinct = [...new Set(tokens)];
  return distinct.length <= 32 ? distinct : [...distinct.slice(0, 31), tokens.at(-1)!];
};

const isAnything = (value: Value): boolean => value.pieces?.every((piece) => piece === '') ?? false;

type Choice = Extract<Column, { kind: 'choice' }>;

const chosen = (field: FieldExpression, column: Choice): string[] => {
  const { text, pieces } = field.value;
  if (pieces) return column.values.filter((value) => matchesPieces(value, pieces.map(lowerAscii)));
  const wanted = lowerAscii(text);
  const value = Object.hasOwn(column.also, wanted) ? column.also[wanted]! : wanted;
  if (column.values.includes(value)) return [value];
  throw errorAt(field.value, `"${field.field}" is one of ${column.values.join(', ')}.`);
};

const compareChoices = (field: FieldExpression, column: Choice): string[] => {
  if (field.value.pieces) throw errorAt(field.value, `":${field.operator}" needs one of ${column.values.join(', ')}.`);
  const bound = column.values.indexOf(chosen(field, column)[0]!);
  return column.values.filter((_, rank) => compare(rank, field.operator, bound));
};

export const compare = (a: number, operator: Operator, b: number): boolean => {
  switch (operator) {
    case '=':
      return a === b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
  }
};

/** True when `text` is the pieces in order, with anything between them. */
export const matchesPieces = (text: string, pieces: readonly string[]): boolean => {
  const first = pieces[0]!;
  const last = pieces.at(-1)!;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
};

const numberOf = (field: FieldExpression, column: Column | undefined): number => {
  const { text, pieces } = field.value;
  if (column?.kind === 'duration') {
    const ns = pieces ? undefined : parseDurationNs(text);
    if (ns !== undefined) return ns;
    throw errorAt(field.value, `"${field.field}" needs a duration, such as 250ms, 1.5s or 2m.`);
  }
  const value = pieces ? undefined : parseNumber(text);
  if (value !== undefined) return value;
  throw errorAt(field.value, `"${field.field}" is compared with a number here, such as ${field.field}:>=500.`);
};

/** Decimal numbers alone, so that JavaScript and ClickHouse read the same ones. */
export const parseNumber = (text: string): number | undefined => {
  if (!/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
};

const hexOf = (field: FieldExpression, bytes: number): string => {
  const { text, pieces } = field.value;
  if (!pieces && new RegExp(`^[0-9a-fA-F]{${bytes * 2}}$`).test(text)) return text.toLowerCase();
  throw errorAt(field.value, `"${field.field}" needs all ${bytes * 2} hexadecimal digits, or * for any.`);
};

const errorAt = (at: { readonly start: number; readonly end: number }, message: string): QueryError =>
  new QueryError(message, at.start, at.end);
