/** What can be asked of each kind of metric, and what is asked first. */
import type { Aggregation, MetricName } from '../../../../api/contract/metrics.ts';

type Metric = Pick<MetricName, 'kind' | 'monotonic'>;

/** In the order of a menu. The server refuses the others: a gauge has no percentiles, a histogram no last value. */
export const aggregationsOf = ({ kind, monotonic }: Metric): readonly Aggregation[] => {
  if (kind === 'gauge') return ['avg', 'min', 'max', 'sum', 'last', 'count'];
  if (kind !== 'sum') return ['p50', 'p75', 'p90', 'p95', 'p99', 'avg', 'min', 'max', 'rate', 'count', 'sum'];
  return monotonic
    ? ['rate', 'increase', 'sum', 'avg', 'min', 'max', 'last', 'count']
    : ['sum', 'avg', 'min', 'max', 'last', 'rate', 'increase', 'count'];
};

/** A counter by its rate, a level by its average, a distribution by the duration that one in twenty exceeds. */
export const defaultAggregation = ({ kind, monotonic }: Metric): Aggregation => {
  if (kind === 'gauge') return 'avg';
  if (kind === 'sum') return monotonic ? 'rate' : 'sum';
  return 'p95';
};

/** What a menu says of it. */
export const aggregationNames: Readonly<Record<Aggregation, string>> = {
  rate: 'rate: per second',
  increase: 'increase: per step',
  sum: 'sum',
  avg: 'average',
  min: 'minimum',
  max: 'maximum',
  count: 'count',
  last: 'last value',
  p50: 'p50: median',
  p75: 'p75',
  p90: 'p90',
  p95: 'p95',
  p99: 'p99',
};

export const kindNames: Readonly<Record<MetricName['kind'], string>> = {
  gauge: 'gauge',
  sum: 'sum',
  histogram: 'histogram',
  exponential_histogram: 'exp. histogram',
  summary: 'summary',
};
