/** A metric and the attributes of its series: what to filter and group by. */
import type { Telemetry } from '../../kernel/telemetry/client.ts';
import type { Answer } from '../contract.ts';
import { totalCost } from '../cost.ts';
import type { Handler } from '../handler.ts';
import { rangeParams, readMetric, seriesInRange } from './names.ts';

const maxValues = 50;
const maxKeys = 200;

export const getMetric =
  (telemetry: Pick<Telemetry, 'query'>): Handler<'getMetric'> =>
  async ({ metric: name, fromMs, toMs }, { tenant }) => {
    const range = { fromMs, toMs };
    const { metric, cost } = await readMetric(telemetry, tenant, name, range);
    const values = await telemetry.query<ValueRow>({
      tenant,
      sql: valuesSql,
      params: {
        ...rangeParams(range),
        metric: name,
        kind: metric.kind,
        unit: metric.unit,
        maxValues,
        maxRows: maxKeys * maxValues,
      },
    });
    return { metric, attributes: attributesOf(values.rows), cost: totalCost([cost, values.cost]) };
  };

interface ValueRow {
  readonly part: 'record' | 'resource';
  readonly key: string;
  readonly value: string;
  readonly streams: number;
  readonly values_of_key: number;
}

/** A series may stand in several days; it counts once. */
const valuesSql = `
  SELECT part, key, value, streams, values_of_key FROM (
    SELECT part, item.1 AS key, item.2 AS value, uniqExact(series) AS streams, count() OVER (PARTITION BY part, key) AS values_of_key
    FROM (
      SELECT series, 'record' AS part, CAST(attributes, 'Array(Tuple(String, String))') AS items FROM metric_series
      WHERE org = {org:String} AND project = {project:String} AND metric = {metric:String} AND kind = {kind:String}
        AND unit = {unit:String} AND ${seriesInRange}
      UNION ALL
      SELECT series, 'resource' AS part, CAST(resource_attributes, 'Array(Tuple(String, String))') AS items FROM metric_series
      WHERE org = {org:String} AND project = {project:String} AND metric = {metric:String} AND kind = {kind:String}
        AND unit = {unit:String} AND ${seriesInRange}
    )
    ARRAY JOIN items AS item
    GROUP BY part, key, value
  )
  ORDER BY part, key, streams DESC, value
  LIMIT {maxValues:UInt32} BY part, key
  LIMIT {maxRows:UInt32}`;

const attributesOf = (rows: readonly ValueRow[]): Answer<'getMetric'>['attributes'] => {
  const attributes = new Map<string, Answer<'getMetric'>['attributes'][number]>();
  for (const { part, key, value, streams, values_of_key } of rows) {
    const known = attributes.get(`${part} ${key}`) ?? { key, scope: part, distinct: values_of_key, values: [] };
    known.values.push({ value, series: streams });
    attributes.set(`${part} ${key}`, known);
  }
  return [...attributes.values()];
};
