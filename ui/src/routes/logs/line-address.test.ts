import { describe, expect, it } from 'vitest';
import { lineAt } from '#lib/logs/fixture-lines.ts';
import { addressOf, lineIdOf, rangeAround } from './line-address.ts';

describe('the address of a line', () => {
  it('is its millisecond, and a cursor just before it', () => {
    expect(addressOf('1795165200942000999-5-2341-2')).toEqual({
      fromMs: 1795165200942,
      toMs: 1795165200943,
      cursor: '1795165200942000999-5-2341-3',
    });
  });

  it('is found for the ids of older links too', () => {
    expect(lineIdOf('1795165200942000999-2341-2')).toBe('1795165200942000999-0-2341-2');
    expect(lineIdOf('1795165200942000999-5-2341-2')).toBe('1795165200942000999-5-2341-2');
    expect(lineIdOf('')).toBe('');
  });

  it.each(['', 'x', '1-2', '1795165200942000999-5-2341-', '99999999999999999999-1-1-1'])('is none for "%s"', (id) => {
    expect(addressOf(id)).toBeNull();
  });
});

it('a link shows a range around the line', () => {
  expect(rangeAround(lineAt(0), 60_000)).toEqual({ from: 1795082370000, to: 1795082430000 });
});
