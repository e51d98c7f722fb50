import { describe, expect, it } from 'vitest';
import { hasTerm, term, withExclusion, withFilter, without } from './query-text.ts';

describe('a term', () => {
  it.each([
    ['service', 'checkout-api', 'service:checkout-api'],
    ['http.route', '/cart/:id', 'http.route:/cart/:id'],
    ['status', '500', 'status:500'],
    ['body', 'card declined', 'body:"card declined"'],
    ['path', 'a "b" \\c', 'path:"a \\"b\\" \\\\c"'],
    ['delta', '-5', 'delta:"-5"'],
    ['range', '>5', 'range:">5"'],
    ['word', 'OR', 'word:"OR"'],
    ['word', 'or', 'word:or'],
    ['glob', 'a*', 'glob:"a*"'],
    ['empty', '', 'empty:""'],
  ])('%s is %s: %s', (field, value, text) => {
    expect(term(field, value)).toBe(text);
  });
});

describe('filters', () => {
  it('are added once', () => {
    const once = withFilter('level:error', 'service', 'auth');
    expect(once).toBe('level:error service:auth');
    expect(withFilter(once, 'service', 'auth')).toBe(once);
  });

  it('replace their opposite', () => {
    expect(withExclusion('service:auth level:error', 'service', 'auth')).toBe('level:error -service:auth');
    expect(withFilter('-service:auth level:error', 'service', 'auth')).toBe('level:error service:auth');
  });

  it('hold for the whole of an alternative', () => {
    expect(withFilter('level:error OR level:warn', 'service', 'auth')).toBe('(level:error OR level:warn) service:auth');
    expect(withFilter('(level:error OR level:warn)', 'service', 'auth')).toBe(
      '(level:error OR level:warn) service:auth',
    );
  });
});

describe('removing', () => {
  it('takes the whole term and nothing like it', () => {
    expect(without('service:auth service:auth2', 'service:auth')).toBe('service:auth2');
    expect(without('service:auth2', 'service:auth')).toBe('service:auth2');
    expect(without('"say service:auth now"', 'service:auth')).toBe('"say service:auth now"');
    expect(hasTerm('(service:auth)', 'service:auth')).toBe(true);
  });
});
