import { describe, expect, it } from 'vitest';
import { clicked, isShown, seriesRows, valueAt } from './series-table.ts';

describe('rows', () => {
  const rows = seriesRows(
    {
      series: [
        { labels: { service: 'auth', route: '/a' }, values: [1, null, 3] },
        { labels: { route: '', service: 'shop' }, values: [5, 7, null] },
        { labels: { service: 'idle', route: '/c' }, values: [null, null, null] },
      ],
    },
    ['service', 'route'],
    'requests',
  );

  it('are sorted by their last value, those without one at the end', () => {
    expect(rows.map((row) => [row.name, row.last])).toEqual([
      ['shop, –', 7],
      ['auth, /a', 3],
      ['idle, /c', null],
    ]);
  });

  it('leave gaps out of their figures', () => {
    expect(rows[1]).toMatchObject({ avg: 2, min: 1, max: 3 });
    expect(rows[2]).toMatchObject({ avg: null, min: null, max: null });
  });

  it('are called like the metric where there is one line for all', () => {
    expect(seriesRows({ series: [{ labels: {}, values: [0] }] }, [], 'requests')).toMatchObject([
      { name: 'requests', last: 0, min: 0, labels: [] },
    ]);
  });
});

describe('clicks', () => {
  const all = { isolated: null, hidden: [] };
  const shown = (state: Parameters<typeof isShown>[0]) => ['a', 'b', 'c'].filter((key) => isShown(state, key));

  it('isolate one, then another, then show all', () => {
    const one = clicked(all, 'a', false);
    expect(shown(one)).toEqual(['a']);
    expect(shown(clicked(one, 'b', false))).toEqual(['b']);
    expect(shown(clicked(one, 'a', false))).toEqual(['a', 'b', 'c']);
  });

  it('with Alt hide one and show it again', () => {
    const without = clicked(clicked(all, 'a', true), 'b', true);
    expect(shown(without)).toEqual(['c']);
    expect(shown(clicked(without, 'a', true))).toEqual(['a', 'c']);
  });
});

it('a moment outside the range has no value', () => {
  expect([999, 1000, 1999, 2000, 5000].map((atMs) => valueAt([1, null], 1000, 1000, atMs))).toEqual([
    null,
    1,
    1,
    null,
    null,
  ]);
});
