/** What an aggregation means for a kind of metric, or why it means nothing. */
import { ApiError } from '../api-error.ts';
import type { Aggregation, MetricName } from '../contract/metrics.ts';
import type { Behaviour } from './series.ts';

/** First every series by itself, `within` each step, then `across` the series of a group. */
export interface ValuesPlan {
  readonly how: 'values';
  readonly of: 'value' | 'min' | 'max' | 'quantile';
  /** For a summary: which of its quantiles; the nearest that it has, or only exactly this one. */
  readonly quantile?: { readonly at: number; readonly exactly: boolean };
  readonly within: 'avg' | 'min' | 'max' | 'last';
  readonly across: 'sum' | 'avg' | 'min' | 'max' | 'count' | 'last';
  /** A value stays until the next is due: true of what was measured, not of what was counted since the last time. */
  readonly lasting: boolean;
}

export type Plan =
  | ValuesPlan
  /** How much a counter grew in each step. */
  | { readonly how: 'increase'; readonly of: Counter; readonly perSecond: boolean }
  /** Mean of what histograms and summaries recorded: growth of the sum by growth of the count. */
  | { readonly how: 'mean' }
  | { readonly how: 'quantile'; readonly at: number };

/** The value of a sum; the count or the sum of a histogram or summary. */
export type Counter = 'value' | 'count' | 'sum';

/** Series beyond the limit can be added up into one. */
export const isAdditive = (aggregation: Aggregation): boolean =>
  aggregation === 'rate' || aggregation === 'increase' || aggregation === 'sum' || aggregation === 'count';

const quantileOf: Partial<Record<Aggregation, number>> = { p50: 0.5, p75: 0.75, p90: 0.9, p95: 0.95, p99: 0.99 };

/** @throws ApiError INVALID_REQUEST */
export const planFor = (
  aggregation: Aggregation,
  metric: Pick<MetricName, 'kind'>,
  behaviours: readonly Behaviour[],
): Plan => {
  switch (metric.kind) {
    case 'gauge':
      return planForGauge(aggregation);
    case 'sum':
      return planForSum(aggregation, behaviours);
    case 'summary':
      return planForSummary(aggregation);
    default:
      return planForHistogram(aggregation, behaviours);
  }
};

/**
 * `sum`, `avg` and `count` take the average of each series in a step, so that a series that reports twice as often does
 * not count twice; `count` is the number of series.
 */
const planForGauge = (aggregation: Aggregation): Plan => {
  switch (aggregation) {
    case 'sum':
    case 'avg':
    case 'count':
      return { how: 'values', of: 'value', within: 'avg', across: aggregation, lasting: true };
    case 'min':
    case 'max':
    case 'last':
      return { how: 'values', of: 'value', within: aggregation, across: aggregation, lasting: true };
    default:
      throw refused(`A gauge has no ${aggregation}`, 'avg, min, max, sum, count or last');
  }
};

/** A delta's `sum` is what its points add up to; a cumulative one's is the total at the time, of all series. */
const planForSum = (aggregation: Aggregation, behaviours: readonly Behaviour[]): Plan => {
  const isDelta = behaviours.length > 0 && behaviours.every(({ temporality }) => temporality === 'delta');
  if (aggregation === 'rate' || aggregation === 'increase' || (aggregation === 'sum' && isDelta)) {
    return { how: 'increase', of: 'value', perSecond: aggregation === 'rate' };
  }
  if (aggregation in quantileOf)
    throw refused('A sum has no percentiles', 'rate, increase, sum, avg, min, max, count or last');
  return { ...(planForGauge(aggregation) as ValuesPlan), lasting: !isDelta };
};

const planForHistogram = (aggregation: Aggregation, behaviours: readonly Behaviour[]): Plan => {
  const shared = planForDistribution(aggregation);
  if (shared) return shared;
  const isDelta = behaviours.length > 0 && behaviours.every(({ temporality }) => temporality === 'delta');
  if (aggregation === 'min' || aggregation === 'max') {
    // A cumulative point's extremes are those since it began: what happened in a step is in its buckets alone.
    if (!isDelta) return { how: 'quantile', at: aggregation === 'min' ? 0 : 1 };
    return { how: 'values', of: aggregation, within: aggregation, across: aggregation, lasting: false };
  }
  const at = quantileOf[aggregation];
  if (at === undefined)
    throw refused(`A histogram has no ${aggregation}`, 'p50 to p99, avg, min, max, rate, count or sum');
  return { how: 'quantile', at };
};

/**
 * A summary's quantiles cannot be merged: what is shown is the nearest quantile that it has, averaged over the series
 * of a group. It tells the direction, not the truth.
 */
const planForSummary = (aggregation: Aggregation): Plan => {
  const shared = planForDistribution(aggregation);
  if (shared) return shared;
  if (aggregation === 'min' || aggregation === 'max') {
    const quantile = { at: aggregation === 'min' ? 0 : 1, exactly: true };
    return { how: 'values', of: 'quantile', quantile, within: aggregation, across: aggregation, lasting: false };
  }
  const at = quantileOf[aggregation];
  if (at === undefined)
    throw refused(`A summary has no ${aggregation}`, 'p50 to p99, avg, min, max, rate, count or sum');
  return {
    how: 'values',
    of: 'quantile',
    quantile: { at, exactly: false },
    within: 'last',
    across: 'avg',
    lasting: true,
  };
};

const planForDistribution = (aggregation: Aggregation): Plan | undefined => {
  switch (aggregation) {
    case 'rate':
      return { how: 'increase', of: 'count', perSecond: true };
    case 'increase':
    case 'count':
      return { how: 'increase', of: 'count', perSecond: false };
    case 'sum':
      return { how: 'increase', of: 'sum', perSecond: false };
    case 'avg':
      return { how: 'mean' };
    default:
      return undefined;
  }
};

/** In the words of UCUM, which OpenTelemetry writes units in; 1 is a number of things. */
export const unitOf = (plan: Plan, unit: string): string => {
  if (plan.how === 'values') return plan.across === 'count' ? '1' : unit;
  if (plan.how !== 'increase') return unit;
  const counted = plan.of === 'count' ? '1' : unit;
  return plan.perSecond ? `${counted === '' ? '1' : counted}/s` : counted;
};

const refused = (reason: string, instead: string): ApiError =>
  new ApiError('INVALID_REQUEST', `${reason}: use ${instead}.`);
