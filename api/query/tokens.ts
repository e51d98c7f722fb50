/**
 * Cuts a query into tokens. Never fails: what cannot be right is left to the parser, so that a half-written query can
 * still be coloured and completed.
 */
export type TokenKind = 'field' | 'operator' | 'value' | 'word' | 'phrase' | 'negation' | 'keyword' | 'paren';

export interface Token {
  readonly kind: TokenKind;
  /** Character offsets; `end` is exclusive and includes quotes. */
  readonly start: number;
  readonly end: number;
  /** Without quotes and escapes. */
  readonly text: string;
  /** The literal parts between unquoted asterisks; undefined where there are none. */
  readonly pieces: readonly string[] | undefined;
  /** False for a quote that is never closed. */
  readonly closed: boolean;
}

export const tokenize = (query: string): Token[] => {
  const tokens: Token[] = [];
  let at = 0;
  /** Depth of parentheses inside `field:( … )`, where words are values. */
  let listDepth = 0;

  const push = (kind: TokenKind, end: number, rest: Partial<Token> = {}): void => {
    tokens.push({ kind, start: at, end, text: query.slice(at, end), pieces: undefined, closed: true, ...rest });
    at = end;
  };

  /** The value after an operator, if it follows at once. */
  const readValue = (): void => {
    if (query[at] === '"') {
      const quoted = readQuoted(query, at);
      push('value', quoted.end, quoted);
    } else if (query[at] === '(') {
      listDepth = 1;
      push('paren', at + 1);
    } else {
      const run = readRun(query, at);
      if (run.end > at) push('value', run.end, run);
    }
  };

  while (at < query.length) {
    const c = query[at]!;
    if (isSpace(c) || (listDepth > 0 && c === ',')) {
      at++;
    } else if (c === '(' || c === ')') {
      if (listDepth > 0) listDepth += c === '(' ? 1 : -1;
      push('paren', at + 1);
    } else if (listDepth > 0) {
      const value = c === '"' ? readQuoted(query, at) : readRun(query, at, ',');
      push(c !== '"' && keywords.has(value.text) ? 'keyword' : 'value', value.end, value);
    } else if (c === '-' && startsTerm(query[at + 1])) {
      push('negation', at + 1);
    } else {
      const field = readField(query, at);
      if (field !== undefined) {
        push('field', field.end, field);
        push('operator', at + operatorAt(query, at).length);
        readValue();
      } else if (c === '"') {
        const quoted = readQuoted(query, at);
        push('phrase', quoted.end, quoted);
      } else {
        const run = readRun(query, at);
        push(keywords.has(run.text) ? 'keyword' : 'word', run.end, run);
      }
    }
  }
  return tokens;
};

const keywords = new Set(['AND', 'OR', 'NOT']);
const isSpace = (c: string): boolean => /\s/.test(c);
/** `-` negates what it touches; `--flag` and a dash between words are text. */
const startsTerm = (c: string | undefined): boolean => c !== undefined && !isSpace(c) && c !== '-' && c !== ')';

interface Text {
  readonly end: number;
  readonly text: string;
  readonly pieces: readonly string[] | undefined;
  readonly closed: boolean;
}

const readQuoted = (query: string, start: number): Text => {
  let text = '';
  for (let at = start + 1; at < query.length; at++) {
    const c = query[at]!;
    if (c === '"') return { end: at + 1, text, pieces: undefined, closed: true };
    const escaped = c === '\\' && (query[at + 1] === '"' || query[at + 1] === '\\');
    text += escaped ? query[++at] : c;
  }
  return { end: query.length, text, pieces: undefined, closed: false };
};

/** Characters that a backslash makes literal outside of quotes. Before any other it stands for itself. */
const escapable = new Set('*:"()\\-,');

/** Up to white space, a quote or a parenthesis that was not opened within: `handle(request)` is one word. */
const readRun = (query: string, start: number, stop?: string): Text => {
  const pieces: string[] = [];
  let piece = '';
  let depth = 0;
  let at = start;
  for (; at < query.length; at++) {
    const c = query[at]!;
    if (isSpace(c) || c === '"' || c === stop || (c === ')' && depth === 0)) break;
    if (c === '*') {
      pieces.push(piece);
      piece = '';
      continue;
    }
    if (c === '(') depth++;
    else if (c === ')') depth--;
    const escaped = c === '\\' && escapable.has(query[at + 1] ?? '');
    piece += escaped ? query[++at] : c;
  }
  pieces.push(piece);
  return { end: at, text: pieces.join('*'), pieces: pieces.length > 1 ? pieces : undefined, closed: true };
};

/** `name:` or `"any name":`. Times (`12:30`) and addresses (`https://…`) are words. */
const readField = (query: string, start: number): Text | undefined => {
  if (query[start] === '"') {
    const quoted = readQuoted(query, start);
    return quoted.closed && query[quoted.end] === ':' && quoted.text !== '' ? quoted : undefined;
  }
  const name = /^[\p{L}_@$][^\s:"()*<>]*(?=:(?!\/\/))/u.exec(query.slice(start))?.[0];
  return name === undefined ? undefined : { end: start + name.length, text: name, pieces: undefined, closed: true };
};

const operatorAt = (query: string, at: number): string => /^:(>=|<=|>|<)?/.exec(query.slice(at, at + 3))![0];
