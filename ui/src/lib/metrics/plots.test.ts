import { describe, expect, it } from 'vitest';
import { mostPlots, type Plot, plotFor, plotParams, plotsOf } from './plots.ts';

const written = (plots: readonly Plot[]): URLSearchParams => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(plotParams(plots))) if (value !== null) query.set(name, value);
  return query;
};

describe('plots in the URL', () => {
  const plots: Plot[] = [
    plotFor('http.server.request.duration'),
    { metric: 'b', aggregation: 'p99', groupBy: ['service', 'http.route'], q: 'service:auth -x:"a b"' },
    { metric: 'c', aggregation: null, groupBy: [], q: '' },
  ];

  it('come back as they were', () => {
    expect(plotsOf(written(plots))).toEqual(plots);
  });

  it('are short where nothing was chosen', () => {
    expect(written(plots.slice(0, 1)).toString()).toBe('m=http.server.request.duration');
  });

  it('take out the parameters of those that are gone', () => {
    expect(plotParams([])).toMatchObject({ m: null, q: null, m2: null, [`by${mostPlots}`]: null });
  });

  it('leave out what nobody can ask', () => {
    expect(plotsOf(new URLSearchParams('m=a&agg=p97&by=,&m3=c'))).toEqual([
      { metric: 'a', aggregation: null, groupBy: [], q: '' },
      plotFor('c'),
    ]);
  });
});
