import { expect, test } from 'vitest';
import { decodeAttributes, decodeValue } from './attributes.ts';

test('every letter gives back the type that was sent', () => {
  const pairs = [
    ['text', '5'],
    ['int', '5'],
    ['large', '9223372036854775807'],
    ['double', '5'],
    ['not a number', 'NaN'],
    ['true', 'true'],
    ['false', 'false'],
    ['list', '[1,5.0,9223372036854775807,"x",{"bytes":"AAE="}]'],
    ['tree', '{"a":{"b":null}}'],
    ['bytes', 'AAE='],
    ['empty', ''],
  ] as const;
  expect(decodeAttributes(pairs, 'siiddbbamxn')).toEqual({
    text: '5',
    int: 5,
    large: '9223372036854775807',
    double: 5,
    'not a number': 'NaN',
    true: true,
    false: false,
    list: [1, 5, '9223372036854775807', 'x', { bytes: 'AAE=' }],
    tree: { a: { b: null } },
    bytes: { bytes: 'AAE=' },
    empty: null,
  });
});

test('without a types string all are strings', () => {
  expect(decodeAttributes([['a', '1']], '')).toEqual({ a: '1' });
});

test('keys that look like numbers or like inherited names are ordinary attributes', () => {
  const decoded = decodeAttributes(
    [
      ['b', '1'],
      ['1', '2'],
      ['__proto__', '3'],
    ],
    'iii',
  );
  expect(Object.entries(decoded)).toEqual([
    ['1', 2],
    ['b', 1],
    ['__proto__', 3],
  ]);
});

test('a text cut at a limit is shown as it is', () => {
  expect(decodeValue('[1,2', 'a')).toBe('[1,2');
  expect(decodeValue('', 'i')).toBe('');
});
