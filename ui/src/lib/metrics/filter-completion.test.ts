import { describe, expect, it } from 'vitest';
import { suggestFilters } from './filter-completion.ts';

const attributes = [
  {
    key: 'service',
    scope: 'resource' as const,
    distinct: 2,
    values: [
      { value: 'auth', series: 3 },
      { value: 'my shop', series: 1 },
    ],
  },
  { key: 'http.route', scope: 'record' as const, distinct: 9, values: [{ value: '/cart/:id', series: 4 }] },
];
const after = (text: string) =>
  suggestFilters(attributes, text, text.length).map((one) => text.slice(0, one.start) + one.text + text.slice(one.end));

describe('suggestions', () => {
  it.each([
    ['', ['service:', 'http.route:']],
    ['rou', ['http.route:']],
    ['service:auth -htt', ['service:auth -http.route:']],
    ['service:', ['service:auth ', 'service:"my shop" ']],
    ['-service:sho', ['-service:"my shop" ']],
    ['service:"my s', ['service:"my shop" ']],
    ['(http.route:/c', ['(http.route:/cart/:id ']],
    ['unknown:', []],
  ])('after %s', (text, expected) => {
    expect(after(text)).toEqual(expected);
  });
});
