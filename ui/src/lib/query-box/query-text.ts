/** Adding a filter to a query's text, as the menus on values do. The language itself is parsed by the server. */

/** `field:value`, with the value quoted where the language would read it as more than one word. */
export const term = (field: string, value: string): string => `${field}:${quoted(value)}`;

/** The query with a filter for this value; unchanged when it has it, and without the opposite filter. */
export const withFilter = (query: string, field: string, value: string): string =>
  added(without(query, `-${term(field, value)}`), term(field, value));

/** The query without lines of this value. */
export const withExclusion = (query: string, field: string, value: string): string =>
  added(without(query, term(field, value)), `-${term(field, value)}`);

/** Whether the query has exactly this term. */
export const hasTerm = (query: string, wanted: string): boolean => positionOf(query, wanted) >= 0;

/** The query without this term. */
export const without = (query: string, unwanted: string): string => {
  const at = positionOf(query, unwanted);
  if (at < 0) return query;
  return `${query.slice(0, at).trimEnd()} ${query.slice(at + unwanted.length).trimStart()}`.trim();
};

// ---- helpers

const quoted = (value: string): string =>
  /^[\p{L}\p{N}_./@$%+#~][\p{L}\p{N}_./@$%+#~:-]*$/u.test(value) && !/^(?:AND|OR|NOT)$/.test(value)
    ? value
    : `"${value.replace(/["\\]/g, '\\$&')}"`;

const added = (query: string, addition: string): string => {
  if (hasTerm(query, addition)) return query;
  const before = query.trim();
  // A filter belongs to the whole query: an OR would otherwise take it to one side.
  const safe = /\bOR\b/.test(before) && !/^\(.*\)$/s.test(before) ? `(${before})` : before;
  return safe === '' ? addition : `${safe} ${addition}`;
};

/** Where a term stands as a whole word outside quotes; -1 when it does not. */
const positionOf = (query: string, wanted: string): number => {
  let inQuotes = false;
  for (let index = 0; index < query.length; index += 1) {
    const startsWord = index === 0 || /[\s(]/.test(query[index - 1] ?? '');
    if (!inQuotes && startsWord && query.startsWith(wanted, index)) {
      const after = query[index + wanted.length];
      if (after === undefined || /[\s)]/.test(after)) return index;
    }
    if (query[index] === '\\') index += 1;
    else if (query[index] === '"') inQuotes = !inQuotes;
  }
  return -1;
};
