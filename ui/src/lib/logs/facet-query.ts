/**
 * Facets write the query: a ticked value is `field:value`, several are `field:(a OR b)`, one crossed out is
 * `-field:value`. What is read back is only what stands for the whole query; the rest is left as its author wrote it.
 */
import { term } from '../query-box/query-text.ts';

export interface FacetChoice {
  readonly included: readonly string[];
  readonly excluded: readonly string[];
}

/** What the query says of this field at its top level. */
export const choiceOf = (query: string, field: string): FacetChoice => {
  const included: string[] = [];
  const excluded: string[] = [];
  for (const part of partsAbout(query, field)) (part.negated ? excluded : included).push(...part.values);
  return { included, excluded };
};

/** The query with this choice for the field, in the place where it spoke of it before; at the end otherwise. */
export const withChoice = (query: string, field: string, { included, excluded }: FacetChoice): string => {
  const written = [
    included.length === 0 ? '' : listed(field, included),
    excluded.length === 0 ? '' : `-${listed(field, excluded)}`,
  ].filter((text) => text !== '');
  const about = partsAbout(query, field);
  const first = about[0];
  if (first === undefined) {
    if (written.length === 0) return query.trim();
    return joined([hasAlternative(query) ? `(${query.trim()})` : query, ...written]);
  }
  const pieces: string[] = [];
  let at = 0;
  for (const part of about) {
    pieces.push(query.slice(at, part.start));
    if (part === first) pieces.push(...written);
    at = part.end;
  }
  return joined([...pieces, query.slice(at)]);
};

/** The query as if nothing had been chosen for the field: what its values are counted under. */
export const withoutField = (query: string, field: string): string =>
  withChoice(query, field, { included: [], excluded: [] });

/** One click on a value: chosen, or not any more. */
export const toggled = (query: string, field: string, value: string): string => {
  const { included, excluded } = choiceOf(query, field);
  return withChoice(query, field, {
    included: included.includes(value) ? included.filter((other) => other !== value) : [...included, value],
    excluded: excluded.filter((other) => other !== value),
  });
};

/** Crossed out, or not any more. */
export const crossed = (query: string, field: string, value: string): string => {
  const { included, excluded } = choiceOf(query, field);
  return withChoice(query, field, {
    included: included.filter((other) => other !== value),
    excluded: excluded.includes(value) ? excluded.filter((other) => other !== value) : [...excluded, value],
  });
};

/** The terms that must all hold, as they are written; the query as one where an OR joins them. */
export const termsOf = (query: string): string[] => {
  const chunks = chunksOf(query);
  if (hasAlternative(query)) return query.trim() === '' ? [] : [query.trim()];
  const terms: string[] = [];
  let prefix = '';
  for (const { text } of chunks) {
    if (text === 'AND') continue;
    if (text === 'NOT') prefix = 'NOT ';
    else {
      terms.push(prefix + text);
      prefix = '';
    }
  }
  return terms;
};

// ---- helpers

/** Other names the language has for the fields that have facets. */
const aliases: Readonly<Record<string, string>> = {
  level: 'severity',
  'service.name': 'service',
  env: 'environment',
  'deployment.environment': 'environment',
  'deployment.environment.name': 'environment',
  'service.version': 'version',
  'host.name': 'host',
};

interface Chunk {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}
interface Part extends Chunk {
  readonly negated: boolean;
  readonly values: readonly string[];
}

/** What stands between spaces, outside quotes and parentheses. */
const chunksOf = (query: string, separator = /\s/): Chunk[] => {
  const chunks: Chunk[] = [];
  let [depth, start, inQuotes] = [0, -1, false];
  for (let index = 0; index <= query.length; index += 1) {
    const character = query[index];
    if (character === undefined || (!inQuotes && depth === 0 && separator.test(character))) {
      if (start >= 0) chunks.push({ text: query.slice(start, index), start, end: index });
      start = -1;
      continue;
    }
    if (start < 0) start = index;
    if (character === '\\') index += 1;
    else if (character === '"') inQuotes = !inQuotes;
    else if (!inQuotes && character === '(') depth += 1;
    else if (!inQuotes && character === ')') depth = Math.max(0, depth - 1);
  }
  return chunks;
};

const hasAlternative = (query: string): boolean => chunksOf(query).some(({ text }) => text === 'OR');

const partsAbout = (query: string, field: string): Part[] => {
  if (hasAlternative(query)) return [];
  return chunksOf(query).flatMap((chunk) => {
    const [, minus, name, value] = /^(-?)([^\s:"()]+):([^<>].*)$/s.exec(chunk.text) ?? [];
    if (name === undefined || value === undefined || (aliases[name] ?? name) !== field) return [];
    const values = valuesIn(value);
    return values === null ? [] : [{ ...chunk, negated: minus === '-', values }];
  });
};

/** `a`, `"a b"` or `(a OR "b c")`; null for patterns, which match more than one value. */
const valuesIn = (text: string): string[] | null => {
  const inner = text.startsWith('(') && text.endsWith(')') ? text.slice(1, -1) : text;
  const values: string[] = [];
  for (const { text: value } of chunksOf(inner, /[\s,]/)) {
    if (value === 'OR') continue;
    if (value.startsWith('"')) {
      if (!value.endsWith('"') || value.length < 2) return null;
      values.push(value.slice(1, -1).replace(/\\(.)/gs, '$1'));
    } else if (/[*()"]/.test(value)) return null;
    else values.push(value);
  }
  return values.length === 0 ? null : values;
};

const listed = (field: string, values: readonly string[]): string => {
  const [only] = values;
  if (values.length === 1 && only !== undefined) return term(field, only);
  return `${field}:(${values.map((value) => term('', value).slice(1)).join(' OR ')})`;
};

const joined = (pieces: readonly string[]): string =>
  pieces
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '')
    .join(' ');
