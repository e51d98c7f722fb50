/** Which metrics there are: names with kind, unit and who sends them. */
import type { QueryCost, QueryParam, Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import { ApiError } from '../api-error.ts';
import { firstArrivalDay } from '../arrival.ts';
import type { MetricKind, MetricList, MetricName } from '../contract/metrics.ts';
import type { Handler } from '../handler.ts';
import { parseQuery } from '../query/parse.ts';
import { resolve } from '../query/resolve.ts';
import { whereOfCondition } from '../query/sql.ts';
import { metricSeriesTarget } from '../query/targets.ts';
import { withinNames } from '../services/query.ts';

type Store = Pick<Telemetry, 'query'>;
interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

export const listMetrics =
  (telemetry: Store): Handler<'listMetrics'> =>
  ({ fromMs, toMs, q, service }, { tenant }) =>
    readNames(telemetry, tenant, { fromMs, toMs }, q, service);

export const listServiceMetrics =
  (telemetry: Store): Handler<'listServiceMetrics'> =>
  ({ fromMs, toMs, q }, { tenant, service }) =>
    readNames(telemetry, tenant, { fromMs, toMs }, q, service);

/**
 * What one name stands for. Two services may send different things under one name: the kind and unit that most series
 * have is what the name means, and `otherSeries` counts those left out.
 * @throws ApiError NOT_FOUND when the metric was never seen.
 */
export const readMetric = async (
  telemetry: Store,
  tenant: Tenant,
  metric: string,
  range: Range,
): Promise<{ metric: MetricName; otherSeries: number; cost: QueryCost }> => {
  const { rows, cost } = await telemetry.query<NameRow>({
    tenant,
    sql: `SELECT ${nameColumns} FROM metric_series
      WHERE org = {org:String} AND project = {project:String} AND metric = {metric:String}
      GROUP BY metric, kind, unit
      ORDER BY streams DESC, last_seen_ms DESC, kind_name, unit_name`,
    params: { ...rangeParams(range), metric },
  });
  const [row, ...others] = rows;
  if (row === undefined) throw new ApiError('NOT_FOUND', 'There is no metric with this name.');
  return { metric: nameOf(row), otherSeries: others.reduce((sum, other) => sum + other.streams, 0), cost };
};

const maxNames = 5000;

const readNames = async (
  telemetry: Store,
  tenant: Tenant,
  range: Range,
  q: string,
  service: string | undefined,
): Promise<MetricList> => {
  const where = whereOfCondition(resolve(withinNames(parseQuery(q)), metricSeriesTarget), metricSeriesTarget);
  const params: Record<string, QueryParam> = { ...rangeParams(range), ...where.params, maxNames };
  if (service !== undefined) params.service = service;
  const { rows, cost } = await telemetry.query<NameRow>({
    tenant,
    sql: `SELECT * FROM (
        SELECT ${nameColumns} FROM metric_series
        WHERE org = {org:String} AND project = {project:String} AND ${seriesInRange}
          AND ${service === undefined ? 'true' : 'service = {service:String}'} AND ${where.sql}
        GROUP BY metric, kind, unit
        ORDER BY streams DESC, last_seen_ms DESC, kind_name, unit_name LIMIT 1 BY metric
      ) ORDER BY name LIMIT {maxNames:UInt32}`,
    params,
  });
  return { metrics: rows.map(nameOf), cost };
};

/** Series with a point in the range, as far as each day's first and last point tell. With `rangeParams`. */
export const seriesInRange = `last_time >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')
  AND first_time < fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')
  AND received_day >= {firstDay:Date}`;

export const rangeParams = ({ fromMs, toMs }: Range) => ({ fromMs, toMs, firstDay: firstArrivalDay(fromMs) });

interface NameRow {
  readonly name: string;
  readonly kind_name: MetricKind;
  readonly unit_name: string;
  readonly about: string;
  readonly temporality_name: MetricName['temporality'];
  readonly is_monotonic: boolean;
  readonly streams: number;
  readonly senders: readonly string[];
  readonly last_seen_ms: number;
}

const nameColumns = `metric AS name, kind AS kind_name, unit AS unit_name, argMaxIf(description, last_time, description != '') AS about,
  argMax(temporality, last_time) AS temporality_name, argMax(monotonic, last_time) AS is_monotonic,
  uniqExactIf(series, ${seriesInRange}) AS streams, arraySort(groupUniqArrayIf(100)(toString(service), ${seriesInRange})) AS senders,
  toUnixTimestamp64Milli(max(last_time)) AS last_seen_ms`;

const nameOf = (row: NameRow): MetricName => ({
  name: row.name,
  kind: row.kind_name,
  unit: row.unit_name,
  description: row.about,
  temporality: row.temporality_name,
  monotonic: row.is_monotonic,
  series: row.streams,
  services: [...row.senders],
  lastSeenMs: row.last_seen_ms,
});
