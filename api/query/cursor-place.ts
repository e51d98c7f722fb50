/** What a person is writing where the cursor stands: a field, a value of one, or nothing that can be completed. */
import type { Token } from './tokens.ts';

export type CursorPlace =
  /** `typed` is what stands before the cursor; [start, end) is what a suggestion replaces. */
  | {
      readonly kind: 'field';
      readonly typed: string;
      readonly start: number;
      readonly end: number;
      /** The operator is there already. */
      readonly hasOperator: boolean;
    }
  | {
      readonly kind: 'value';
      readonly field: string;
      readonly typed: string;
      readonly start: number;
      readonly end: number;
      /** Right after `field:`, where a comparison may be written. */
      readonly first: boolean;
    }
  | { readonly kind: 'none' };

export const cursorPlaceOf = (query: string, tokens: readonly Token[], cursor: number): CursorPlace => {
  const at = tokens.findIndex((token) => token.start < cursor && cursor <= token.end);
  const token = tokens[at];
  if (token === undefined) return emptyPlace(tokens, cursor);
  const { start, end } = token;
  const typed = query.slice(start, cursor).replace(/^"/, '').replaceAll('*', '');
  switch (token.kind) {
    case 'field':
      return { kind: 'field', typed, start, end, hasOperator: true };
    case 'word':
    case 'keyword':
      return { kind: 'field', typed, start, end, hasOperator: false };
    case 'value':
      return { kind: 'value', field: fieldBefore(tokens, at), typed, start, end, first: false };
    case 'operator': {
      if (cursor < end) return { kind: 'none' };
      const value = tokens[at + 1];
      const replaced = value?.kind === 'value' && value.start === end ? value.end : end;
      const first = token.text === ':';
      return { kind: 'value', field: fieldBefore(tokens, at), typed: '', start: end, end: replaced, first };
    }
    case 'negation':
      return { kind: 'field', typed: '', start: end, end, hasOperator: false };
    case 'paren':
      return token.text === ')' ? { kind: 'none' } : emptyPlace(tokens, cursor);
    case 'phrase':
      return { kind: 'none' };
  }
};

const fieldBefore = (tokens: readonly Token[], at: number): string =>
  tokens.slice(0, at).findLast((token) => token.kind === 'field')!.text;

/** Between tokens: a value where a list `field:( …` is open, else a field. */
const emptyPlace = (tokens: readonly Token[], cursor: number): CursorPlace => {
  const here = { typed: '', start: cursor, end: cursor };
  const before = tokens.filter((token) => token.end <= cursor);
  const paren = before.findLastIndex((token) => token.kind === 'paren');
  const opensList = before[paren]?.text === '(' && before[paren - 1]?.kind === 'operator';
  return opensList
    ? { kind: 'value', field: fieldBefore(before, paren), first: false, ...here }
    : { kind: 'field', hasOperator: false, ...here };
};
