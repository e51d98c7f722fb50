/** Examples of what was measured, with the trace it was measured in: the largest of each step. */
import type { QueryCost, Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import type { MetricKind } from '../contract/metrics.ts';
import type { Answer } from '../contract.ts';
import type { MetricGrid } from './grid.ts';
import type { SelectedSeries } from './series.ts';

type Exemplar = Answer<'queryMetric'>['exemplars'][number];

const perStep = 2;
const maxExemplars = 200;

export const readExemplars = (
  telemetry: Pick<Telemetry, 'query'>,
  query: {
    readonly tenant: Tenant;
    readonly metric: string;
    readonly kind: MetricKind;
    readonly selected: SelectedSeries;
    readonly grid: MetricGrid;
  },
): Promise<{ rows: Exemplar[]; cost: QueryCost }> => {
  const { tenant, metric, kind, selected, grid } = query;
  const series = selected.where(undefined);
  return telemetry.query<Exemplar>({
    tenant,
    sql: exemplarsSql(kind === 'gauge' || kind === 'sum' ? 'metric_samples' : 'metric_distributions', series.sql),
    params: {
      ...series.params,
      metric,
      gridStart: grid.startMs,
      gridEnd: grid.startMs + grid.count * grid.stepMs,
      step: grid.stepMs,
      perStep,
      maxExemplars,
    },
  });
};

/** An exemplar is repeated by every report until another takes its place. Most points have none: those are left before the rest is read. */
const exemplarsSql = (table: string, series: string): string => `
  SELECT timeUnixNano, value, traceId, spanId FROM (
    SELECT DISTINCT toUnixTimestamp64Nano(exemplar.1) AS at_ns, toString(at_ns) AS timeUnixNano,
      if(exemplar.2 = 'int', toFloat64(exemplar.4), exemplar.3) AS value,
      lower(hex(exemplar.5)) AS traceId, if(exemplar.6 = toFixedString('', 8), '', lower(hex(exemplar.6))) AS spanId
    FROM (
      SELECT * FROM ${table}
      WHERE org = {org:String} AND project = {project:String} AND metric = {metric:String}
        AND toStartOfHour(time) >= toStartOfHour(fromUnixTimestamp64Milli({gridStart:Int64}, 'UTC'))
        AND toStartOfHour(time) <= fromUnixTimestamp64Milli({gridEnd:Int64}, 'UTC')
        AND time >= fromUnixTimestamp64Milli({gridStart:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({gridEnd:Int64}, 'UTC')
        AND received_at >= fromUnixTimestamp64Milli({gridStart:Int64}, 'UTC') - INTERVAL 25 HOUR
        AND length(\`exemplars.time\`) > 0 AND ${series}
    )
    ARRAY JOIN arrayZip(\`exemplars.time\`, \`exemplars.value_type\`, \`exemplars.value\`, \`exemplars.value_int\`,
      \`exemplars.trace_id\`, \`exemplars.span_id\`) AS exemplar
    WHERE exemplar.1 >= fromUnixTimestamp64Milli({gridStart:Int64}, 'UTC')
      AND exemplar.2 != 'none' AND exemplar.5 != toFixedString('', 16)
  )
  WHERE isFinite(value)
  ORDER BY intDiv(at_ns, 1000000 * {step:Int64}), value DESC, at_ns
  LIMIT {perStep:UInt32} BY intDiv(at_ns, 1000000 * {step:Int64})
  LIMIT {maxExemplars:UInt32}`;
