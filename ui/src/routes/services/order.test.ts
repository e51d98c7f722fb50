import { expect, it } from 'vitest';
import { nextOrder, orderText, parseOrder, type Row, sortRows } from './order.ts';

const row = (name: string, requestsPerSecond: number, p95Ms: number | null, rank = 0, version = ''): Row => ({
  service: {
    id: name,
    name,
    slot: null,
    red: { calls: 1, requestsPerSecond, errorRate: 0, p50Ms: null, p95Ms, p99Ms: null },
    before: null,
    series: { startMs: 0, stepMs: 1, requestsPerSecond: [], errorRate: [], p50Ms: [], p95Ms: [], p99Ms: [] },
    version,
    environment: '',
    lastSeenMs: 0,
  },
  state: { mark: 'usual', word: 'Usual', why: '', figure: null, rank },
});
const rows = [row('b', 5, 40, 0, 'v10'), row('c', 9, null, 0, 'v9'), row('a', 9, 80, 0), row('d', 1, 60, 4, 'v2')];
const names = (order: string) => sortRows(rows, parseOrder(order)).map(({ service }) => service.name);

it('puts the worst first, then the busiest', () => {
  expect(names('')).toEqual(['d', 'a', 'c', 'b']);
});

it('puts the service that fails most first among those that fail, however busy the others', () => {
  const failing = (name: string, requestsPerSecond: number, errorRate: number): Row => {
    const { service, state } = row(name, requestsPerSecond, 1, 5);
    return { service: { ...service, red: { ...service.red, errorRate } }, state: { ...state, figure: 'errorRate' } };
  };
  const sorted = sortRows([failing('gateway', 9, 0.03), failing('payments', 1, 0.3)], parseOrder(''));
  expect(sorted.map(({ service }) => service.name)).toEqual(['payments', 'gateway']);
});

it('leaves unknown figures at the end in both directions', () => {
  expect(names('p95')).toEqual(['b', 'd', 'a', 'c']);
  expect(names('-p95')).toEqual(['a', 'd', 'b', 'c']);
});

it('reads versions as numbers', () => {
  expect(names('version')).toEqual(['d', 'c', 'b', 'a']);
});

it('starts with the largest figure, and turns round on the second click', () => {
  const first = nextOrder(parseOrder(''), 'p95');
  expect(orderText(first)).toBe('-p95');
  expect(orderText(nextOrder(first, 'p95'))).toBe('p95');
  expect(orderText(nextOrder(first, 'name'))).toBe('name');
  expect(orderText(parseOrder('-state'))).toBe('');
  expect(orderText(parseOrder('nonsense'))).toBe('');
});
