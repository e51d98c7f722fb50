import { describe, expect, it } from 'vitest';
import { carried, segmentsOf } from './segments.ts';

const token = (start: number, end: number, kind: 'field' | 'operator' | 'value' | 'word' | 'negation' | 'paren') => ({
  start,
  end,
  kind,
});
const text = '-level:error oops (a:b)';
const tokens = [
  token(0, 1, 'negation'),
  token(1, 6, 'field'),
  token(6, 7, 'operator'),
  token(7, 12, 'value'),
  token(13, 17, 'word'),
  token(18, 19, 'paren'),
  token(19, 20, 'field'),
  token(20, 21, 'operator'),
  token(21, 22, 'value'),
  token(22, 23, 'paren'),
];

describe('segments', () => {
  it('are the whole text again', () => {
    const segments = segmentsOf(text, tokens, { start: 9, end: 15 });
    expect(segments.map((segment) => segment.text).join('')).toBe(text);
    expect(segments.filter((segment) => segment.wrong).map((segment) => segment.text)).toEqual(['ror', ' ', 'oo']);
  });

  it('join field, operator and value to one pill', () => {
    const pills = segmentsOf(text, tokens, null).filter((segment) => segment.pill);
    expect(pills.map((segment) => [segment.text, segment.first, segment.last])).toEqual([
      ['-', true, false],
      ['level', false, false],
      [':', false, false],
      ['error', false, true],
      ['a', true, false],
      [':', false, false],
      ['b', false, true],
    ]);
  });

  it('take the list of a field into its pill, and nothing after it', () => {
    const list = 'a:(b OR c) (d)';
    const parsed = [
      token(0, 1, 'field'),
      token(1, 2, 'operator'),
      token(2, 3, 'paren'),
      token(3, 4, 'value'),
      { start: 5, end: 7, kind: 'keyword' as const },
      token(8, 9, 'value'),
      token(9, 10, 'paren'),
      token(11, 12, 'paren'),
      token(12, 13, 'word'),
      token(13, 14, 'paren'),
    ];
    const segments = segmentsOf(list, parsed, null);
    expect(segments.map((segment) => segment.text).join('')).toBe(list);
    const pills = segments.filter((segment) => segment.pill);
    expect(pills.map((segment) => segment.text).join('')).toBe('a:(b OR c)');
    expect([pills[0]?.first, pills.at(-1)?.last, pills.filter((segment) => segment.last).length]).toEqual([
      true,
      true,
      1,
    ]);
  });

  it('ignore tokens beyond the text', () => {
    expect(segmentsOf('ab', [token(0, 9, 'word')], null)).toMatchObject([{ text: 'ab', kind: 'space' }]);
  });
});

describe('after an edit', () => {
  it('keeps what was not touched, moved along', () => {
    const after = '-level:error nope (a:b)';
    const kept = carried(tokens, text, `${after}!`.slice(0, -1));
    expect(kept).toHaveLength(tokens.length - 1);
    const longer = carried(tokens, text, '-level:error oops more (a:b)');
    expect(longer.at(-1)).toEqual(token(27, 28, 'paren'));
  });
});
