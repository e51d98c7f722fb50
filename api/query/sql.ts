/**
 * A query as the WHERE clause of a SELECT. Every string of a user's is a bound parameter, and every filter that can
 * use a text index is written in the form that does.
 */
import type { QueryParam } from '../../kernel/telemetry/client.ts';
import { parseQuery } from './parse.ts';
import { type Condition, type Place, resolve, type Scope } from './resolve.ts';
import type { Target } from './targets.ts';

export interface Where {
  /** A boolean SQL expression in its own parentheses; `true` for an empty query. */
  readonly sql: string;
  /** Its parameters: `q0`, `q1`, … */
  readonly params: Readonly<Record<string, QueryParam>>;
}

/** @throws QueryError */
export const whereOf = (query: string, target: Target): Where =>
  whereOfCondition(resolve(parseQuery(query), target), target);

export const whereOfCondition = (condition: Condition, target: Target): Where => {
  const params: Record<string, QueryParam> = {};
  const bind = (type: string, value: QueryParam): string => {
    const name = `q${Object.keys(params).length}`;
    params[name] = value;
    return `{${name}:${type}}`;
  };
  return { sql: write(condition, target, bind), params };
};

type Bind = (type: string, value: QueryParam) => string;

const write = (condition: Condition, target: Target, bind: Bind): string => {
  switch (condition.test) {
    case 'all':
      return 'true';
    case 'and':
    case 'or':
      return any(
        condition.parts.map((part) => write(part, target, bind)),
        condition.test,
      );
    case 'not':
      return `(NOT ${write(condition.part, target, bind)})`;
    case 'words':
      return any(condition.columns.map((name) => hasWords(`lower(${column(name, target)})`, condition, bind)));
    case 'word-pattern':
      return any(
        condition.columns.map(
          (name) => `match(lower(${column(name, target)}), ${bind('String', regexOf(condition.pieces))})`,
        ),
      );
    case 'one-of':
      return condition.values.length === 0
        ? 'false'
        : `(${column(condition.column, target)} IN ${bind('Array(String)', condition.values)})`;
    case 'equals':
      return equals(condition.place, condition.value, target, bind);
    case 'pattern':
      return eachText(
        condition.place,
        target,
        bind,
        (text) => `${text} LIKE ${bind('String', likeOf(condition.pieces))}`,
      );
    case 'compare':
      return compares(condition, target, bind);
    case 'present':
      return present(condition.place, target, bind);
  }
};

/** `OR` of nothing is false: a table that has no such column has no such row. */
const any = (parts: readonly string[], operator: 'and' | 'or' = 'or'): string =>
  parts.length === 0 ? 'false' : `(${parts.join(operator === 'and' ? ' AND ' : ' OR ')})`;

const column = (name: string, target: Target): string => target.columns.get(name)!.sql;

const attributeColumn = (scope: Scope, target: Target) => (scope === 'record' ? target.attributes : target.resource);

const hasWords = (text: string, words: Extract<Condition, { test: 'words' }>, bind: Bind): string => {
  const parts: string[] = [];
  if (words.tokens.length > 0) parts.push(`hasAllTokens(${text}, ${bind('Array(String)', words.tokens)})`);
  if (words.phrase !== undefined) parts.push(`position(${text}, ${bind('String', words.phrase)}) > 0`);
  return any(parts, 'and');
};

const equals = (place: Place, value: string, target: Target, bind: Bind): string => {
  if (place.kind === 'column') {
    const { kind, sql } = target.columns.get(place.name)!;
    return kind === 'id' ? `(${sql} = unhex(${bind('String', value)}))` : `(${sql} = ${bind('String', value)})`;
  }
  return any(
    place.scopes.map((scope) => {
      const { map, items } = attributeColumn(scope, target);
      if (items !== undefined) return `has(${items}, ${bind('String', `${place.key}=${value}`)})`;
      const key = bind('String', place.key);
      return `(mapContains(${map}, ${key}) AND ${map}[${key}] = ${bind('String', value)})`;
    }),
  );
};

/**
 * The condition on a column's text, or on the attribute in each of its scopes. It must not hold for '', which is what a
 * map gives for a key it does not have: asking for the key as well would load all keys of all rows.
 */
const eachText = (place: Place, target: Target, bind: Bind, condition: (text: string) => string): string => {
  if (place.kind === 'column') return `(${condition(column(place.name, target))})`;
  const key = bind('String', place.key);
  return any(place.scopes.map((scope) => `(${condition(`${attributeColumn(scope, target).map}[${key}]`)})`));
};

const compares = (
  { place, operator, value }: Extract<Condition, { test: 'compare' }>,
  target: Target,
  bind: Bind,
): string => {
  // As text: the binding refuses numbers beyond 2^53.
  const bound = bind('Float64', String(value));
  if (place.kind === 'column') return `(${column(place.name, target)} ${operator} ${bound})`;
  // A text that is no number is neither above nor below one; NULL would make its negation disappear too.
  return eachText(place, target, bind, (text) => {
    const number = `toFloat64OrNull(${text})`;
    return `match(${text}, '^-?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?$') AND ifNull(isFinite(${number}) AND ${number} ${operator} ${bound}, false)`;
  });
};

const present = (place: Place, target: Target, bind: Bind): string => {
  if (place.kind === 'attribute') {
    const key = bind('String', place.key);
    return any(place.scopes.map((scope) => `mapContains(${attributeColumn(scope, target).map}, ${key})`));
  }
  const { kind, sql } = target.columns.get(place.name)!;
  if (kind === 'string' || kind === 'text') return `(${sql} != '')`;
  if (kind === 'id')
    return `(${sql} != toFixedString('', ${(target.columns.get(place.name) as { bytes: number }).bytes}))`;
  return 'true';
};

/** White space as RE2 and the live tail both know it. */
const notSpace = '[^\\t\\n\\f\\r ]*';
const wordLimit = '[\\x00-\\x2f\\x3a-\\x60\\x7b-\\x7f]';

const regexOf = (pieces: readonly string[]): string => {
  const inner = pieces.map((piece) => piece.replace(/[^0-9A-Za-z\u0080-\uffff]/g, hexEscape)).join(notSpace);
  const start = pieces[0] === '' ? '' : `(?:^|${wordLimit})`;
  const end = pieces.at(-1) === '' ? '' : `(?:$|${wordLimit})`;
  return `${start}${inner}${end}`;
};

const hexEscape = (c: string): string => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`;

const likeOf = (pieces: readonly string[]): string => pieces.map((piece) => piece.replace(/[\\%_]/g, '\\$&')).join('%');
