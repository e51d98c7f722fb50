import { expect, test } from 'vitest';
import { activeFilters, durationParam, filtersOf, filterValues, parseDuration } from './trace-filters.ts';

const filters = filtersOf(
  new URLSearchParams('q=card&service=shop&operation=POST+%2Fpay&status=error&duration=120-2000'),
);

test('what the URL says is what the API is asked', () => {
  expect(filterValues(filters)).toEqual({
    q: 'card',
    service: 'shop',
    operation: 'POST /pay',
    status: 'error',
    minDurationMs: 120,
    maxDurationMs: 2000,
  });
  expect(filterValues(filtersOf(new URLSearchParams('')))).toEqual({ q: '' });
});

test.each([
  ['120-', { minDurationMs: 120, maxDurationMs: null }],
  ['-0.5', { minDurationMs: null, maxDurationMs: 0.5 }],
  ['', { minDurationMs: null, maxDurationMs: null }],
  ['nonsense', { minDurationMs: null, maxDurationMs: null }],
])('duration=%s', (text, bounds) => {
  const read = filtersOf(new URLSearchParams({ duration: text }));
  expect(read).toMatchObject(bounds);
  if (text !== 'nonsense') expect(durationParam(read.minDurationMs, read.maxDurationMs)).toBe(text);
});

test('a status that does not exist is no filter', () => {
  expect(filtersOf(new URLSearchParams('status=broken')).status).toBe('');
});

test('each filter says itself, and what is left without it', () => {
  const active = activeFilters(filters, (ms) => `${ms} ms`);
  expect(active.map(({ name, text }) => [name, text])).toEqual([
    ['q', 'card'],
    ['service', 'service = shop'],
    ['operation', 'operation = POST /pay'],
    ['status', 'status = error'],
    ['duration', 'duration ≥ 120 ms and ≤ 2000 ms'],
  ]);
  expect(active[3]!.without).toEqual({ ...filters, status: '' });
  expect(activeFilters(filtersOf(new URLSearchParams('duration=5-')), (ms) => `${ms} ms`)).toHaveLength(1);
});

test.each([
  ['250', 250],
  ['250ms', 250],
  ['1.5 s', 1500],
  ['1,5s', 1500],
  ['40 µs', 0.04],
  ['2m', 120_000],
  ['', null],
  ['fast', undefined],
  ['-5', undefined],
])('%j is %s ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});
