import { describe, expect, it } from 'vitest';
import { bandsOf, stepName } from './histogram-bands.ts';

describe('bands', () => {
  it('stack failures first and fold the quiet severities', () => {
    const bands = bandsOf({
      series: [
        { severity: 'debug', counts: [1, 2], total: 3 },
        { severity: 'info', counts: [10, 20], total: 30 },
        { severity: 'error', counts: [0, 4], total: 4 },
        { severity: 'fatal', counts: [1, 0], total: 1 },
      ],
    });
    expect(bands).toEqual([
      { name: 'error', color: 'error', values: [1, 4], total: 5 },
      { name: 'warn', color: 'warn', values: [0, 0], total: 0 },
      { name: 'info, debug', color: 'line-2', values: [11, 22], total: 33 },
    ]);
  });

  it('are empty without lines', () => {
    expect(bandsOf({ series: [] }).map((band) => [band.values, band.total])).toEqual([
      [[], 0],
      [[], 0],
      [[], 0],
    ]);
  });
});

it.each([
  [40_000, '40 s'],
  [60_000, '1 min'],
  [90_000, '1.5 min'],
  [7_200_000, '2 h'],
  [500, '500 ms'],
])('%d ms is %s', (ms, name) => {
  expect(stepName(ms)).toBe(name);
});
