/**
 * The query language, as a tree.
 *
 *     level:error service:checkout "card declined" http.status_code:>=500 -path:/health
 *
 * Terms stand side by side and all must hold; `OR`, `AND`, `NOT`, `-` and parentheses combine them. A term is a word,
 * a "phrase", or `field:value` with a value, a "quoted value", a pattern with `*`, a list `(a OR b)`, a comparison
 * (`>` `>=` `<` `<=`), or `*` alone for "is there at all".
 */
import { QueryError } from './query-error.ts';
import { type Token, tokenize } from './tokens.ts';

export type Operator = '=' | '>' | '>=' | '<' | '<=';

export interface Value {
  readonly text: string;
  /** The literal parts between asterisks; undefined for a plain value. */
  readonly pieces: readonly string[] | undefined;
  readonly start: number;
  readonly end: number;
}

export type Expression =
  | { readonly kind: 'all' }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  | { readonly kind: 'not'; readonly part: Expression }
  | { readonly kind: 'words'; readonly value: Value }
  | {
      readonly kind: 'field';
      readonly field: string;
      readonly operator: Operator;
      readonly value: Value;
      readonly start: number;
      readonly end: number;
    };

/** More would be a program's query, not a person's; and each costs. */
const maxTerms = 100;
const maxDepth = 20;

/** @throws QueryError */
export const parseQuery = (query: string): Expression => {
  const tokens = tokenize(query);
  const unclosed = tokens.find((token) => !token.closed);
  if (unclosed) throw new QueryError('This quote is never closed: add a " at its end.', unclosed.start, unclosed.end);
  if (tokens.length === 0) return { kind: 'all' };
  const parser = new Parser(tokens, query.length);
  const expression = parser.or(0);
  parser.expectEnd();
  return expression;
};

class Parser {
  readonly #tokens: readonly Token[];
  readonly #length: number;
  #at = 0;
  #terms = 0;

  constructor(tokens: readonly Token[], length: number) {
    this.#tokens = tokens;
    this.#length = length;
  }

  or(depth: number): Expression {
    const parts = [this.#and(depth)];
    while (this.#takeKeyword('OR')) parts.push(this.#and(depth));
    return parts.length === 1 ? parts[0]! : { kind: 'or', parts };
  }

  expectEnd(): void {
    const token = this.#peek();
    if (token) throw errorAt(token, 'There is no opening parenthesis for this one: remove it.');
  }

  #and(depth: number): Expression {
    const parts = [this.#not(depth)];
    for (;;) {
      const next = this.#peek();
      if (next === undefined || isText(next, 'paren', ')') || isText(next, 'keyword', 'OR')) break;
      this.#takeKeyword('AND');
      parts.push(this.#not(depth));
    }
    return parts.length === 1 ? parts[0]! : { kind: 'and', parts };
  }

  #not(depth: number): Expression {
    const token = this.#peek();
    if (token?.kind === 'negation' || (token && isText(token, 'keyword', 'NOT'))) {
      this.#at++;
      return { kind: 'not', part: this.#not(this.#deeper(depth, token)) };
    }
    return this.#term(depth);
  }

  #term(depth: number): Expression {
    const token = this.#peek();
    if (token === undefined || isText(token, 'paren', ')')) throw this.#missingTerm(token);
    if (token.kind === 'keyword') {
      throw errorAt(token, `Write something to look for before ${token.text}, or put it in quotes to search the word.`);
    }
    this.#at++;
    if (token.kind === 'paren') {
      const inner = this.or(this.#deeper(depth, token));
      this.#close(token);
      return inner;
    }
    this.#count(token);
    if (token.kind === 'field') return this.#field(token);
    return { kind: 'words', value: token };
  }

  #field(field: Token): Expression {
    const operator = this.#tokens[this.#at++]!;
    const value = this.#peek();
    if (value?.kind === 'value' && value.start === operator.end) {
      this.#at++;
      return fieldIs(field, operator, value);
    }
    if (value && isText(value, 'paren', '(') && value.start === operator.end) {
      this.#at++;
      return this.#list(field, operator, value);
    }
    throw new QueryError(`Write a value right after "${field.text}:", or * for any value.`, field.start, operator.end);
  }

  #list(field: Token, operator: Token, open: Token): Expression {
    const parts: Expression[] = [];
    for (;;) {
      const value = this.#peek();
      if (value?.kind !== 'value')
        throw errorAt(value ?? open, 'Write values between the parentheses: (this OR that).');
      this.#at++;
      this.#count(value);
      parts.push(fieldIs(field, operator, value));
      const next = this.#peek();
      if (next === undefined || isText(next, 'paren', ')')) break;
      // Commas and spaces separate too, and leave no token.
      if (!this.#takeKeyword('OR') && next.kind !== 'value') throw errorAt(next, 'Write OR between the values.');
    }
    this.#close(open);
    return parts.length === 1 ? parts[0]! : { kind: 'or', parts };
  }

  #close(open: Token): void {
    const token = this.#peek();
    if (token === undefined) throw errorAt(open, 'This parenthesis is never closed: add a ) to the end.');
    this.#at++;
  }

  #missingTerm(token: Token | undefined): QueryError {
    const before = this.#tokens[this.#at - 1];
    if (before === undefined) return errorAt(token!, 'There is no opening parenthesis for this one: remove it.');
    if (isText(before, 'paren', '(')) {
      return token === undefined
        ? errorAt(before, 'This parenthesis is never closed: add a ) to the end.')
        : new QueryError('There is nothing between these parentheses: remove them.', before.start, token.end);
    }
    return new QueryError(
      `Write something to look for after ${before.text}.`,
      before.start,
      token?.start ?? this.#length,
    );
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  #takeKeyword(text: string): boolean {
    const token = this.#peek();
    if (!token || !isText(token, 'keyword', text)) return false;
    this.#at++;
    return true;
  }

  #count(token: Token): void {
    if (++this.#terms > maxTerms) throw errorAt(token, `A query can have at most ${maxTerms} terms: remove some.`);
  }

  #deeper(depth: number, token: Token): number {
    if (depth >= maxDepth) throw errorAt(token, `A query can be nested at most ${maxDepth} deep: simplify it.`);
    return depth + 1;
  }
}

const isText = (token: Token, kind: Token['kind'], text: string): boolean => token.kind === kind && token.text === text;

const errorAt = (token: Token, message: string): QueryError => new QueryError(message, token.start, token.end);

const fieldIs = (field: Token, operator: Token, value: Token): Expression => ({
  kind: 'field',
  field: field.text,
  operator: operator.text === ':' ? '=' : (operator.text.slice(1) as Operator),
  value,
  start: field.start,
  end: value.end,
});
