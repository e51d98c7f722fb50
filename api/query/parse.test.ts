import { describe, expect, test } from 'vitest';
import { type Expression, parseQuery } from './parse.ts';
import { QueryError } from './query-error.ts';
import { resolve } from './resolve.ts';
import { logsTarget, spansTarget } from './targets.ts';

/** The tree as a fully parenthesised text. */
const show = (e: Expression): string => {
  switch (e.kind) {
    case 'all':
      return '';
    case 'and':
    case 'or':
      return `(${e.parts.map(show).join(e.kind === 'and' ? ' & ' : ' | ')})`;
    case 'not':
      return `!${show(e.part)}`;
    case 'words':
      return `[${e.value.pieces ? `~${e.value.text}` : e.value.text}]`;
    case 'field':
      return `${e.field}${e.operator}${e.value.pieces ? '~' : ''}<${e.value.text}>`;
  }
};

describe('a query', () => {
  test.each([
    ['', ''],
    ['   ', ''],
    ['timeout', '[timeout]'],
    [
      'level:error service:checkout "card declined" http.status_code:>=500 -path:/health',
      '(level=<error> & service=<checkout> & [card declined] & http.status_code>=<500> & !path=</health>)',
    ],
    ['a OR b c', '([a] | ([b] & [c]))'],
    ['a AND b OR NOT c', '(([a] & [b]) | ![c])'],
    ['(a OR b) c', '(([a] | [b]) & [c])'],
    ['service:(a OR b OR "c d")', '(service=<a> | service=<b> | service=<c d>)'],
    ['service:(a, b c)', '(service=<a> | service=<b> | service=<c>)'],
    ['-service:(a OR b)', '!(service=<a> | service=<b>)'],
    ['service:check*', 'service=~<check*>'],
    ['trace_id:*', 'trace_id=~<*>'],
    ['service:check\\*', 'service=<check*>'],
    ['service:"check*"', 'service=<check*>'],
    ['"my key":v', 'my key=<v>'],
    ['duration:>250ms duration:<=1.5s', '(duration><250ms> & duration<=<1.5s>)'],
    ['path:/a/(b)', 'path=</a/(b)>'],
    ['url:https://x.y/z?a=b', 'url=<https://x.y/z?a=b>'],
    ['https://x.y/z 12:30:45', '([https://x.y/z] & [12:30:45])'],
    ['user@host.name foo-bar status=500 handle(x)', '([user@host.name] & [foo-bar] & [status=500] & [handle(x)])'],
    ['--force', '[--force]'],
    ['a - b', '([a] & [-] & [b])'],
    ['"say \\"hi\\" \\\\ C:\\temp"', '[say "hi" \\ C:\\temp]'],
    ['or and not', '([or] & [and] & [not])'],
    ['"OR"', '[OR]'],
    ['-(a b)', '!([a] & [b])'],
    ['NOT -a', '!!([a])'.replace('([a])', '[a]')],
    ['größe:5 naïve', '(größe=<5> & [naïve])'],
    ['resource.k8s.pod.name:x', 'resource.k8s.pod.name=<x>'],
    ['constructor:x __proto__:y', '(constructor=<x> & __proto__=<y>)'],
  ])('%s', (query, tree) => {
    expect(show(parseQuery(query))).toBe(tree);
  });
});

const failureOf = (query: string, target = logsTarget): [string, string] => {
  try {
    resolve(parseQuery(query), target);
  } catch (error) {
    if (error instanceof QueryError) return [query.slice(error.start, error.end), error.message];
    throw error;
  }
  throw new Error(`This was understood: ${query}`);
};

describe('what cannot be understood is named with its place', () => {
  test.each([
    ['a "b c', '"b c', 'add a "'],
    ['(a OR b', '(', 'never closed'],
    ['a)', ')', 'no opening'],
    [')', ')', 'no opening'],
    ['a ()', '()', 'nothing between'],
    ['(', '(', 'never closed'],
    ['a OR', 'OR', 'after OR'],
    ['AND b', 'AND', 'before AND'],
    ['a OR OR b', 'OR', 'before OR'],
    ['NOT', 'NOT', 'after NOT'],
    ['level:', 'level:', 'right after "level:"'],
    ['level: error', 'level:', 'right after "level:"'],
    ['level:>=', 'level:>=', 'right after'],
    ['service:(', '(', 'between the parentheses'],
    ['service:()', ')', 'between the parentheses'],
    ['service:(a', '(', 'never closed'],
    ['service:(a AND b)', 'AND', 'Write OR'],
    ['x level:eror', 'eror', 'trace, debug, info, warn, error, fatal'],
    ['level:__proto__', '__proto__', 'one of'],
    ['code:>=high', 'high', 'number'],
    ['code:>1e999', '1e999', 'number'],
    ['service:>a', 'service:>a', 'no order'],
    ['trace_id:abc', 'abc', '32 hexadecimal'],
    ['trace_id:ab*', 'ab*', '32 hexadecimal'],
    ['severity_number:high', 'high', 'number'],
  ])('%s', (query, where, what) => {
    const [at, message] = failureOf(query);
    expect(at.trim()).toBe(where);
    expect(message).toContain(what);
  });

  test('a duration', () => {
    expect(failureOf('duration:>fast', spansTarget)).toEqual(['fast', expect.stringContaining('250ms')]);
  });

  test('too many terms, and too deep', () => {
    expect(failureOf('a '.repeat(101))[1]).toContain('at most 100 terms');
    expect(failureOf('('.repeat(4000))[1]).toContain('at most 20 deep');
    expect(failureOf('-'.repeat(3).replaceAll('-', 'NOT ').repeat(30))[1]).toContain('at most 20 deep');
  });
});

test('any text is either understood or refused with a place inside of it', () => {
  const alphabet = [
    'a',
    'b',
    ':',
    '"',
    '(',
    ')',
    '-',
    '*',
    ' ',
    'OR',
    'AND',
    'NOT',
    '>',
    '=',
    '\\',
    ',',
    'é',
    '1',
    '/',
    '.',
  ];
  let state = 42;
  const next = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state >>> 8;
  };
  let refused = 0;
  for (let i = 0; i < 20_000; i++) {
    const query = Array.from({ length: next() % 16 }, () => alphabet[next() % alphabet.length]).join('');
    try {
      resolve(parseQuery(query), logsTarget);
    } catch (error) {
      if (!(error instanceof QueryError)) throw new Error(`${JSON.stringify(query)}: ${error}`);
      refused++;
      expect(error.start, query).toBeLessThan(error.end);
      expect(error.end, query).toBeLessThanOrEqual(query.length);
    }
  }
  expect(refused).toBeGreaterThan(1000);
});
