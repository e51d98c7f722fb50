import { describe, expect, it } from 'vitest';
import { plain } from '../format.ts';
import { axisText, figureOf, unitName } from './unit-figure.ts';

describe('values', () => {
  it.each([
    [0.084, 'http.server.request.duration', 's', '84 ms'],
    [84, 'queue.wait', 'ms', '84 ms'],
    [48_200_000, 'v8js.memory.heap.used', 'By', '48.2 MB'],
    [1200, 'net.io', 'By/s', '1.2 kB/s'],
    [12.4, 'http.requests', '{request}/s', '12.4 request/s'],
    [3, 'http.server.active_requests', '{request}', '3 request'],
    [0.314, 'nodejs.eventloop.utilization', '1', '31.4 %'],
    [1.5, 'cache.hit_ratio', '1', '150 %'],
    [1.5, 'thing', '1', '1.5'],
    [42, 'disk.used', '%', '42 %'],
    [null, 'thing', 's', '–'],
  ])('%s of %s in %s', (value, metric, unit, text) => {
    expect(plain(figureOf(value, metric, unit)).replaceAll('\u2009', ' ')).toBe(text);
  });
});

describe('ticks', () => {
  it.each([
    [0, 'x', 's', '0'],
    [0.05, 'x', 's', '50 ms'],
    [50_000_000, 'x', 'By', '50 MB'],
    [5000, 'x', 'By/s', '5 kB'],
    [4, 'x', '{request}', '4'],
    [20_000, 'x', '{request}/s', '20 k'],
    [0.5, 'cpu.utilization', '1', '50 %'],
  ])('%s of %s in %s', (value, metric, unit, text) => {
    expect(axisText(figureOf(value, metric, unit)).replaceAll('\u2009', ' ')).toBe(text);
  });
});

it.each([
  ['By', 'bytes'],
  ['{request}', 'request'],
  ['1', ''],
  ['Cel', 'Cel'],
])('the unit %s is called "%s"', (unit, name) => {
  expect(unitName(unit)).toBe(name);
});
