import { expect, it } from 'vitest';
import { bestMatches } from './match.ts';

const names = ['Services', 'Service map', 'catalog-search', 'checkout-api', 'postgres-main', 'Dark theme'];

it.each([
  ['ca', ['catalog-search', 'checkout-api']],
  ['ser', ['Services', 'Service map']],
  ['api', ['checkout-api']],
  ['map', ['Service map']],
  ['theme dark', ['Dark theme']],
  ['SQL', []],
  ['', names],
])('%s', (typed, found) => {
  expect(bestMatches(names, (name) => name, typed)).toEqual(found);
});
