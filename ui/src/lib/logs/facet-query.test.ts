import { describe, expect, it } from 'vitest';
import { choiceOf, crossed, termsOf, toggled, withChoice, withoutField } from './facet-query.ts';

describe('ticking', () => {
  it('writes one term, then a list, then nothing', () => {
    const one = toggled('card', 'severity', 'error');
    expect(one).toBe('card severity:error');
    const two = toggled(one, 'severity', 'warn');
    expect(two).toBe('card severity:(error OR warn)');
    expect(toggled(toggled(two, 'severity', 'error'), 'severity', 'warn')).toBe('card');
  });

  it('quotes what the language would read as more than a value', () => {
    const query = toggled(toggled('', 'http.route', '/a b'), 'http.route', 'x,"y"');
    expect(query).toBe('http.route:("/a b" OR "x,\\"y\\"")');
    expect(choiceOf(query, 'http.route').included).toEqual(['/a b', 'x,"y"']);
  });

  it('keeps the place and the rest of the query', () => {
    expect(toggled('a level:error -service:auth "b c"', 'severity', 'warn')).toBe(
      'a severity:(error OR warn) -service:auth "b c"',
    );
  });

  it('holds for the whole of an alternative', () => {
    expect(toggled('a OR b', 'service', 'auth')).toBe('(a OR b) service:auth');
    expect(toggled('(a OR b) service:auth', 'service', 'auth')).toBe('(a OR b)');
  });
});

describe('crossing out', () => {
  it('takes the value out of what was ticked', () => {
    expect(crossed('service:(auth OR shop)', 'service', 'auth')).toBe('service:shop -service:auth');
    expect(crossed('service:shop -service:auth', 'service', 'auth')).toBe('service:shop');
    expect(toggled('-service:auth', 'service', 'auth')).toBe('service:auth');
  });
});

describe('reading back', () => {
  it.each([
    ['severity:error', ['error'], []],
    ['level:error level:warn', ['error', 'warn'], []],
    ['severity:(error, warn)', ['error', 'warn'], []],
    ['-severity:(debug OR info)', [], ['debug', 'info']],
    ['severity:err*', [], []],
    ['severity:>=warn', [], []],
    ['severity:error OR x', [], []],
    ['(severity:error)', [], []],
    ['"severity:error"', [], []],
  ])('%s', (query, included, excluded) => {
    expect(choiceOf(query, 'severity')).toEqual({ included, excluded });
  });

  it('leaves the field out to count its other values', () => {
    expect(withoutField('a severity:error -severity:debug b', 'severity')).toBe('a b');
  });

  it('writes what it reads, whatever the values', () => {
    const values = ['a', 'b c', '"', '\\', 'x(y)', 'OR', '-1', '>2', '*', 'ü/ö'];
    for (let size = 1; size <= values.length; size += 1) {
      const choice = { included: values.slice(0, size), excluded: values.slice(size) };
      expect(choiceOf(withChoice('before after', 'k.v', choice), 'k.v')).toEqual(choice);
    }
  });
});

describe('terms', () => {
  it.each([
    ['a "b c" service:(x OR y)', ['a', '"b c"', 'service:(x OR y)']],
    ['a AND NOT b -c', ['a', 'NOT b', '-c']],
    ['a OR b', ['a OR b']],
    ['', []],
  ])('%s', (query, terms) => {
    expect(termsOf(query)).toEqual(terms);
  });
});
