/** Cuts a query's text into the stretches that are drawn differently: pills of field, operator and value; words; errors. */
import type { Completion } from '../../../../api/contract/search.ts';

type Token = Completion['tokens'][number];

export interface Segment {
  readonly text: string;
  readonly kind: Token['kind'] | 'space';
  /** Part of a filter on a field, drawn as one pill; `first` and `last` round its ends. */
  readonly pill: boolean;
  readonly first: boolean;
  readonly last: boolean;
  readonly wrong: boolean;
}

/** The stretches of `text`, in order and without gaps: joined they are `text` again. */
export const segmentsOf = (
  text: string,
  tokens: readonly Token[],
  error: { readonly start: number; readonly end: number } | null,
): Segment[] => {
  const placed = tokens.filter((token) => token.start >= 0 && token.end <= text.length && token.start < token.end);
  const segments: Segment[] = [];
  const add = (
    start: number,
    end: number,
    kind: Segment['kind'],
    pill: boolean,
    first: boolean,
    last: boolean,
  ): void => {
    // An error may begin or end inside a token.
    const cuts = [start, end, ...(error ? [error.start, error.end] : [])].filter((cut) => cut >= start && cut <= end);
    const edges = [...new Set(cuts)].sort((a, b) => a - b);
    for (let index = 0; index + 1 < edges.length; index += 1) {
      const [from, to] = [edges[index] ?? 0, edges[index + 1] ?? 0];
      segments.push({
        text: text.slice(from, to),
        kind,
        pill,
        first: first && from === start,
        last: last && to === end,
        wrong: error !== null && from >= error.start && to <= error.end,
      });
    }
  };
  let at = 0;
  for (const group of groupsOf(placed)) {
    const [head, tail] = [group[0], group.at(-1)];
    if (head === undefined || tail === undefined || head.start < at) continue;
    if (head.start > at) add(at, head.start, 'space', false, false, false);
    const pill = group.some((token) => token.kind === 'field');
    at = head.start;
    for (const token of group) {
      // Between the values of a list.
      if (token.start > at) add(at, token.start, 'space', pill, false, false);
      add(token.start, token.end, token.kind, pill, token === head, token === tail);
      at = token.end;
    }
  }
  if (at < text.length) add(at, text.length, 'space', false, false, false);
  return segments;
};

/**
 * Tokens of the text before an edit, moved to where they are after it: those the edit touched are dropped. Keeps the
 * colours steady until the server has parsed the new text.
 */
export const carried = (tokens: readonly Token[], before: string, after: string): Token[] => {
  let prefix = 0;
  while (prefix < before.length && prefix < after.length && before[prefix] === after[prefix]) prefix += 1;
  let suffix = 0;
  const most = Math.min(before.length, after.length) - prefix;
  while (suffix < most && before[before.length - 1 - suffix] === after[after.length - 1 - suffix]) suffix += 1;
  const shift = after.length - before.length;
  return tokens.flatMap((token) => {
    if (token.end <= prefix) return [token];
    if (token.start >= before.length - suffix)
      return [{ ...token, start: token.start + shift, end: token.end + shift }];
    return [];
  });
};

// ---- helpers

/**
 * Tokens without a space between them belong together, and so does the list of values of `field:(a OR b)`; other
 * parentheses stand alone.
 */
const groupsOf = (tokens: readonly Token[]): Token[][] => {
  const groups: Token[][] = [];
  let inList = false;
  for (const token of [...tokens].sort((a, b) => a.start - b.start)) {
    const group = groups.at(-1);
    const previous = group?.at(-1);
    const touches = previous !== undefined && previous.end === token.start;
    if (token.kind === 'paren' && touches && previous.kind === 'operator') inList = true;
    const joins = inList || (touches && token.kind !== 'paren' && previous.kind !== 'paren');
    if (group && joins) group.push(token);
    else groups.push([token]);
    // The parenthesis that opened the list touches its operator; the next one closes it.
    if (inList && token.kind === 'paren' && !(touches && previous.kind === 'operator')) inList = false;
  }
  return groups;
};
