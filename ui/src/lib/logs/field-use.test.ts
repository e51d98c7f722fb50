import { expect, it } from 'vitest';
import { fieldUse } from './field-use.ts';
import { lineAt } from './fixture-lines.ts';

it('fields of lines come first, the most used before others, each once', () => {
  const resource = { attributes: { 'host.name': 'web-1', a: 1 }, schemaUrl: '' };
  const lines = [lineAt(0, { attributes: { b: 1, a: 1 }, resource }), lineAt(1, { attributes: { b: 2 }, resource })];
  expect(fieldUse(lines)).toEqual([
    { key: 'b', lines: 2, ofResource: false },
    { key: 'a', lines: 1, ofResource: false },
    { key: 'host.name', lines: 2, ofResource: true },
  ]);
  expect(fieldUse([])).toEqual([]);
});
