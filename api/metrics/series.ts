/** Which series a metric query is about, and into which group each of them falls. */
import type { QueryCost, QueryParam, Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import { ApiError } from '../api-error.ts';
import type { MetricName } from '../contract/metrics.ts';
import { totalCost } from '../cost.ts';
import { parseQuery } from '../query/parse.ts';
import { placeOf, resolve } from '../query/resolve.ts';
import { whereOfCondition } from '../query/sql.ts';
import { metricSeriesTarget } from '../query/targets.ts';
import { rangeParams, seriesInRange } from './names.ts';

export interface SeriesSearch {
  readonly metric: Pick<MetricName, 'name' | 'kind' | 'unit'>;
  readonly fromMs: number;
  readonly toMs: number;
  readonly q: string;
  readonly groupBy: readonly string[];
}

export interface SelectedSeries {
  /** Labels of each group, in the order of the keys asked for. */
  readonly groups: readonly Readonly<Record<string, string>>[];
  /** Group by series id. */
  readonly groupOf: ReadonlyMap<string, number>;
  /** A condition on the column `series`, for all of them or for those of one behaviour. */
  where(behaviour: Behaviour | undefined): SeriesWhere;
  readonly behaviours: readonly Behaviour[];
  /** How far apart the points of a series usually are; 0 when no series has two. */
  readonly intervalMs: number;
  readonly cost: QueryCost;
}

export interface SeriesWhere {
  readonly sql: string;
  readonly params: Readonly<Record<string, QueryParam>>;
}

/** What decides how values of a series follow each other. */
export interface Behaviour {
  readonly temporality: MetricName['temporality'];
  readonly monotonic: boolean;
}

const maxSeries = 20_000;
const maxKeys = 10;

/** @throws QueryError, ApiError INVALID_REQUEST for too many keys, QUERY_TOO_EXPENSIVE for too many series */
export const selectSeries = async (
  telemetry: Pick<Telemetry, 'query'>,
  tenant: Tenant,
  search: SeriesSearch,
): Promise<SelectedSeries> => {
  if (search.groupBy.length > maxKeys) throw new ApiError('INVALID_REQUEST', `Group by at most ${maxKeys} keys.`);
  const query = whereOfCondition(resolve(parseQuery(search.q), metricSeriesTarget), metricSeriesTarget);
  const sql = `org = {org:String} AND project = {project:String} AND metric = {metric:String} AND kind = {kind:String}
    AND unit = {unit:String} AND ${seriesInRange} AND ${query.sql}`;
  const { name, kind, unit } = search.metric;
  const params = { ...query.params, metric: name, kind, unit, ...rangeParams(search) };
  const labels: Record<string, QueryParam> = {};
  const texts = search.groupBy.map((key, i) => labelText(key, i, labels));
  const [series, interval] = await Promise.all([
    telemetry.query<SeriesRow>({
      tenant,
      sql: `SELECT toString(series) AS id, temporality, monotonic, CAST([${texts.join(', ')}], 'Array(String)') AS labels
        FROM metric_series WHERE ${sql} LIMIT 1 BY series LIMIT {maxSeries:UInt32}`,
      params: { ...params, ...labels, maxSeries: maxSeries + 1 },
    }),
    telemetry.query<{ interval_ms: number | null }>({ tenant, sql: intervalSql(sql), params }),
  ]);
  if (series.rows.length > maxSeries) {
    throw new ApiError(
      'QUERY_TOO_EXPENSIVE',
      `More than ${maxSeries} series match: filter by an attribute, or choose a shorter time range.`,
    );
  }
  return {
    ...groupSeries(series.rows, search.groupBy),
    where: (behaviour) => ({
      sql: `series IN (SELECT series FROM metric_series WHERE ${sql}${
        behaviour ? ' AND temporality = {temporality:String} AND monotonic = {monotonic:Bool}' : ''
      })`,
      params: { ...params, ...behaviour },
    }),
    intervalMs: interval.rows[0]?.interval_ms ?? 0,
    cost: totalCost([series.cost, interval.cost]),
  };
};

interface SeriesRow {
  readonly id: string;
  readonly temporality: Behaviour['temporality'];
  readonly monotonic: boolean;
  readonly labels: readonly string[];
}

const groupSeries = (
  rows: readonly SeriesRow[],
  keys: readonly string[],
): Pick<SelectedSeries, 'groups' | 'groupOf' | 'behaviours'> => {
  const groups: Record<string, string>[] = [];
  const places = new Map<string, number>();
  const groupOf = new Map<string, number>();
  const behaviours = new Map<string, Behaviour>();
  for (const { id, labels, temporality, monotonic } of rows) {
    const identity = JSON.stringify(labels);
    let place = places.get(identity);
    if (place === undefined) {
      place = groups.push(Object.fromEntries(keys.map((key, i) => [key, labels[i]!]))) - 1;
      places.set(identity, place);
    }
    groupOf.set(id, place);
    behaviours.set(`${temporality} ${monotonic}`, { temporality, monotonic });
  }
  return { groups, groupOf, behaviours: [...behaviours.values()] };
};

/** Points of one day tell: a series that pauses for the night is reported no less often for it. */
const intervalSql = (where: string): string => `
  SELECT quantileExactIf(0.5)((toUnixTimestamp64Milli(last) - toUnixTimestamp64Milli(first)) / (reported - 1),
    reported > 1 AND last > first) AS interval_ms
  FROM (
    SELECT min(first_time) AS first, max(last_time) AS last, sum(points) AS reported
    FROM metric_series WHERE ${where}
    GROUP BY series, received_day
  )
  HAVING isFinite(interval_ms)`;

/**
 * SQL of a label's text, '' where it is absent. A key is looked for where people mean it: what the point itself says,
 * then what the language knows by this name, then what the resource says.
 */
const labelText = (key: string, i: number, params: Record<string, QueryParam>): string => {
  const { columns, attributes, resource } = metricSeriesTarget;
  const place = placeOf(key, metricSeriesTarget);
  params[`label${i}`] = place.kind === 'attribute' ? place.key : key;
  const texts = [
    ...(place.kind === 'column' || place.scopes.includes('record') ? [`${attributes.map}[{label${i}:String}]`] : []),
    ...(place.kind === 'column' ? [`toString(${columns.get(place.name)!.sql})`] : []),
    ...(place.kind === 'attribute' && place.scopes.includes('resource') ? [`${resource.map}[{label${i}:String}]`] : []),
  ];
  return `coalesce(${texts.map((text) => `nullIf(${text}, '')`).join(', ')}, '')`;
};
