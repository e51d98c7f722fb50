/** The plots of the page as parameters of its URL: `m`, `agg`, `by`, `q` for the first, `m2`, `agg2`, … for the others. */
import type { Aggregation } from '../../../../api/contract/metrics.ts';
import { aggregationNames } from './aggregations.ts';

export interface Plot {
  readonly metric: string;
  /** Null: what the kind suggests. */
  readonly aggregation: Aggregation | null;
  /** Null: by service, where several send it. Empty: one line for all. */
  readonly groupBy: readonly string[] | null;
  /** The query language, over attributes. */
  readonly q: string;
}

export const mostPlots = 6;

export const plotFor = (metric: string): Plot => ({ metric, aggregation: null, groupBy: null, q: '' });

export const plotsOf = (query: Pick<URLSearchParams, 'get'>): Plot[] => {
  const plots: Plot[] = [];
  for (let place = 1; place <= mostPlots; place += 1) {
    const text = (name: string): string => query.get(place === 1 ? name : `${name}${place}`) ?? '';
    const metric = text('m');
    if (metric === '') continue;
    const by = text('by');
    plots.push({
      metric,
      aggregation: isAggregation(text('agg')) ? (text('agg') as Aggregation) : null,
      groupBy: by === '' ? null : by === nothing ? [] : by.split(',').filter((key) => key !== ''),
      q: text('q'),
    });
  }
  return plots;
};

/** All parameters of all places, so that those of plots that are gone are taken out: null removes. */
export const plotParams = (plots: readonly Plot[]): Record<string, string | null> => {
  const changes: Record<string, string | null> = {};
  for (let place = 1; place <= mostPlots; place += 1) {
    const plot = plots[place - 1];
    const put = (name: string, value: string): void => {
      changes[place === 1 ? name : `${name}${place}`] = value === '' ? null : value;
    };
    put('m', plot?.metric ?? '');
    put('agg', plot?.aggregation ?? '');
    put('by', plot === undefined || plot.groupBy === null ? '' : plot.groupBy.join(',') || nothing);
    put('q', plot?.q ?? '');
  }
  return changes;
};

// ---- helpers

const nothing = 'none';

const isAggregation = (text: string): boolean => Object.hasOwn(aggregationNames, text);
