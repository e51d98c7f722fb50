/** A query as a predicate over a record in memory, for the live tail. Agrees with `sql.ts`, row by row. */
import { type Condition, compare, lowerAscii, matchesPieces, type Place, parseNumber, wordsOf } from './resolve.ts';

/** A record as the tables would hold it. */
export interface Searchable {
  /** By the names of the target's columns: texts, numbers, choices by name, ids as lower-case hex, '' when absent. */
  readonly columns: Readonly<Record<string, string | number>>;
  /** Attribute values as texts. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly resource: ReadonlyMap<string, string>;
}

export const matches = (condition: Condition, record: Searchable): boolean => {
  switch (condition.test) {
    case 'all':
      return true;
    case 'and':
      return condition.parts.every((part) => matches(part, record));
    case 'or':
      return condition.parts.some((part) => matches(part, record));
    case 'not':
      return !matches(condition.part, record);
    case 'words':
      return condition.columns.some((name) => hasWords(textOf(record, name), condition.tokens, condition.phrase));
    case 'word-pattern':
      return condition.columns.some((name) => hasWordPattern(textOf(record, name), condition.pieces));
    case 'one-of':
      return condition.values.includes(textOf(record, condition.column));
    case 'equals':
      return valuesOf(condition.place, record).includes(condition.value);
    case 'pattern':
      return valuesOf(condition.place, record).some((value) => matchesPieces(String(value), condition.pieces));
    case 'compare':
      return valuesOf(condition.place, record).some((value) => {
        const number = typeof value === 'number' ? value : parseNumber(value);
        return number !== undefined && compare(number, condition.operator, condition.value);
      });
    case 'present':
      return valuesOf(condition.place, record).some((value) => condition.place.kind === 'attribute' || value !== '');
  }
};

const textOf = (record: Searchable, name: string): string => String(record.columns[name] ?? '');

const valuesOf = (place: Place, record: Searchable): (string | number)[] => {
  if (place.kind === 'column') return [record.columns[place.name] ?? ''];
  return place.scopes
    .map((scope) => (scope === 'record' ? record.attributes : record.resource).get(place.key))
    .filter((value) => value !== undefined);
};

const hasWords = (text: string, tokens: readonly string[], phrase: string | undefined): boolean => {
  if (phrase !== undefined && !lowerAscii(text).includes(phrase)) return false;
  if (tokens.length === 0) return true;
  const present = new Set(wordsOf(text));
  return tokens.every((token) => present.has(token));
};

/** Written by hand because a regular expression of a user's asterisks can take for ever in JavaScript. */
const hasWordPattern = (text: string, pieces: readonly string[]): boolean =>
  lowerAscii(text)
    .split(/[\t\n\f\r ]+/)
    .some((run) => runHasPattern(run, pieces));

/** The earliest place of each piece leaves the most room for the next, so the first try decides. */
const runHasPattern = (run: string, pieces: readonly string[]): boolean => {
  let at = 0;
  for (const [i, piece] of pieces.entries()) {
    const found = indexWithin(run, piece, at, i === 0, i === pieces.length - 1);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return true;
};

const indexWithin = (run: string, piece: string, from: number, first: boolean, last: boolean): number => {
  if (piece === '') return from;
  let found = run.indexOf(piece, from);
  while (found !== -1) {
    const end = found + piece.length;
    const starts = !first || found === 0 || isLimit(run.charCodeAt(found - 1));
    const ends = !last || end === run.length || isLimit(run.charCodeAt(end));
    if (starts && ends) return found;
    found = run.indexOf(piece, found + 1);
  }
  return -1;
};

const isLimit = (code: number): boolean => code < 0x80 && !/[0-9a-z]/.test(String.fromCharCode(code));
