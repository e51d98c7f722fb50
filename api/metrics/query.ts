/** A metric over time: aggregated, grouped, filtered. */
import type { QueryCost, Telemetry } from '../../kernel/telemetry/client.ts';
import type { MetricKind } from '../contract/metrics.ts';
import { totalCost } from '../cost.ts';
import type { Handler } from '../handler.ts';
import { readExemplars } from './exemplars.ts';
import { metricGrid } from './grid.ts';
import { readIncrease } from './increase.ts';
import { readMetric } from './names.ts';
import { isAdditive, type Plan, planFor, unitOf } from './plan.ts';
import { readQuantiles } from './quantiles.ts';
import type { ChunkedQuery } from './read.ts';
import { selectSeries } from './series.ts';
import { showLargest } from './top.ts';
import { type Lines, readValues } from './values.ts';

type Store = Pick<Telemetry, 'query'>;
const dayMs = 86_400_000;

/** Points are at the beginning of their steps; the last step may still be under way. */
export const queryMetric =
  (telemetry: Store, now: () => number): Handler<'queryMetric'> =>
  async (input, { tenant }) => {
    const { metric: name, fromMs, aggregation, maxSeries } = input;
    // Ingest takes nothing from later than tomorrow, so a range need not go on for ever.
    const toMs = Math.max(fromMs + 1, Math.min(input.toMs, now() + dayMs));
    const { metric, otherSeries, cost } = await readMetric(telemetry, tenant, name, { fromMs, toMs });
    const groupBy = [...new Set(input.groupBy.split(',').map((key) => key.trim()))].filter((key) => key !== '');
    const selected = await selectSeries(telemetry, tenant, { metric, fromMs, toMs, q: input.q, groupBy });
    const plan = planFor(aggregation, metric, selected.behaviours);
    const grid = metricGrid({ fromMs, toMs, stepMs: input.stepMs }, selected.intervalMs, now());
    const query = { tenant, metric: name, selected, grid };
    const [read, exemplars] = await Promise.all([
      readPlan(telemetry, query, plan, metric.kind),
      readExemplars(telemetry, { ...query, kind: metric.kind }),
    ]);
    const { series, omitted } = showLargest(selected.groups, read.lines, maxSeries, isAdditive(aggregation));
    return {
      startMs: grid.startMs,
      stepMs: grid.stepMs,
      unit: unitOf(plan, metric.unit),
      series,
      omittedSeries: omitted + otherSeries,
      exemplars: exemplars.rows,
      cost: totalCost([cost, selected.cost, read.cost, exemplars.cost]),
    };
  };

const readPlan = async (
  telemetry: Store,
  query: Omit<ChunkedQuery, 'sql' | 'marginMs' | 'behaviour' | 'cellWeight'>,
  plan: Plan,
  kind: MetricKind,
): Promise<{ lines: Lines; cost: QueryCost }> => {
  switch (plan.how) {
    case 'values': {
      const read = await readValues(telemetry, query, plan);
      const recorded = read.lines.some((line) => line.some((value) => value !== null));
      if (recorded || (plan.of !== 'min' && plan.of !== 'max')) return read;
      // Extremes are optional in a histogram: its outermost buckets tell roughly.
      return readQuantiles(telemetry, query, kind, plan.of === 'min' ? 0 : 1);
    }
    case 'increase':
      return readIncrease(telemetry, query, plan.of, plan.perSecond);
    case 'quantile':
      return readQuantiles(telemetry, query, kind, plan.at);
    case 'mean': {
      const [sums, counts] = await Promise.all([
        readIncrease(telemetry, query, 'sum', false),
        readIncrease(telemetry, query, 'count', false),
      ]);
      return { lines: divide(sums.lines, counts.lines), cost: totalCost([sums.cost, counts.cost]) };
    }
  }
};

const divide = (sums: Lines, counts: Lines): Lines =>
  sums.map((line, group) =>
    line.map((sum, step) => {
      const count = counts[group]![step];
      return sum === null || !count ? null : sum / count;
    }),
  );
