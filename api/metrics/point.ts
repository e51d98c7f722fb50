/** A metric point as the API shows it, from a row of `metric_samples` or `metric_distributions` and its series. */
import { type AttributePairs, decodeAttributes, selectPairs, selectPairsOfEach } from '../attributes.ts';
import type { MetricKind, MetricPoint } from '../contract/metrics.ts';

type ValueType = MetricPoint['valueType'];

/** What `pointsSql` selects. Times are nanoseconds as text, ids hex and '' when absent, single numbers as text. */
export interface PointRow {
  readonly time_ns: string;
  readonly series_id: string;
  readonly start_ns: string;
  readonly flags: number;
  readonly kind: MetricKind;
  readonly value_type: ValueType;
  readonly value_text: string;
  readonly count: number;
  readonly sum: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly bounds: readonly number[];
  readonly bucket_counts: readonly number[];
  readonly scale: number;
  readonly zero_count: number;
  readonly zero_threshold: number;
  readonly positive_offset: number;
  readonly positive_counts: readonly number[];
  readonly negative_offset: number;
  readonly negative_counts: readonly number[];
  readonly quantiles: readonly number[];
  readonly quantile_values: readonly number[];
  readonly exemplar_times: readonly string[];
  readonly exemplar_value_types: readonly ValueType[];
  readonly exemplar_values: readonly string[];
  readonly exemplar_traces: readonly string[];
  readonly exemplar_spans: readonly string[];
  readonly exemplar_pairs: readonly AttributePairs[];
  readonly exemplar_types: readonly string[];
  readonly service: string;
  readonly attribute_pairs: AttributePairs;
  readonly attribute_types: string;
  readonly resource_pairs: AttributePairs;
  readonly resource_attribute_types: string;
  readonly resource_schema_url: string;
  readonly scope_name: string;
  readonly scope_version: string;
  readonly scope_pairs: AttributePairs;
  readonly scope_attribute_types: string;
  readonly scope_schema_url: string;
}

const inRange = `org = {org:String} AND project = {project:String} AND metric = {metric:String}
  AND toStartOfHour(time) >= toStartOfHour(fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC'))
  AND toStartOfHour(time) <= fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')
  AND time >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')
  AND received_at >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC') - INTERVAL 25 HOUR
  AND (time, series) >= (fromUnixTimestamp64Nano({afterNs:Int64}), {afterSeries:UInt64})`;

const exemplars = `
  arrayMap(time -> toString(toUnixTimestamp64Nano(time)), \`exemplars.time\`) AS exemplar_times,
  \`exemplars.value_type\` AS exemplar_value_types,
  arrayMap((type, double, int) -> ${numberText('type', 'double', 'int')},
    \`exemplars.value_type\`, \`exemplars.value\`, \`exemplars.value_int\`) AS exemplar_values,
  arrayMap(id -> ${idText('id', 16)}, \`exemplars.trace_id\`) AS exemplar_traces,
  arrayMap(id -> ${idText('id', 8)}, \`exemplars.span_id\`) AS exemplar_spans,
  ${selectPairsOfEach('`exemplars.attributes`')} AS exemplar_pairs, \`exemplars.attribute_types\` AS exemplar_types`;

/** Both tables, because one name may stand for several kinds; then what the points share, once a series. */
export const pointsSql = `
  SELECT points.*, streams.* EXCEPT (series) FROM (
    SELECT * FROM (
    SELECT series, time, received_at, toString(toUnixTimestamp64Nano(time)) AS time_ns, toString(series) AS series_id,
      toString(start_time_unix_nano) AS start_ns, flags, CAST(value_type, 'String') AS value_type,
      ${numberText('value_type', 'value', 'value_int')} AS value_text,
      toUInt64(0) AS count, CAST(NULL, 'Nullable(Float64)') AS sum, CAST(NULL, 'Nullable(Float64)') AS min,
      CAST(NULL, 'Nullable(Float64)') AS max, CAST([], 'Array(Float64)') AS bounds, CAST([], 'Array(UInt64)') AS bucket_counts,
      toInt32(0) AS scale, toUInt64(0) AS zero_count, toFloat64(0) AS zero_threshold, toInt32(0) AS positive_offset,
      CAST([], 'Array(UInt64)') AS positive_counts, toInt32(0) AS negative_offset,
      CAST([], 'Array(UInt64)') AS negative_counts, CAST([], 'Array(Float64)') AS quantiles,
      CAST([], 'Array(Float64)') AS quantile_values, ${exemplars}
    FROM metric_samples WHERE ${inRange}
    UNION ALL
    SELECT series, time, received_at, toString(toUnixTimestamp64Nano(time)) AS time_ns, toString(series) AS series_id,
      toString(start_time_unix_nano) AS start_ns, flags, 'none' AS value_type, '' AS value_text,
      count, sum, min, max, bounds, bucket_counts, scale, zero_count, zero_threshold, positive_offset, positive_counts,
      negative_offset, negative_counts, quantiles, quantile_values, ${exemplars}
    FROM metric_distributions WHERE ${inRange}
    )
    ORDER BY time, series, received_at, value_text, count
    LIMIT {limit:UInt32} OFFSET {skip:UInt32}
  ) AS points
  INNER JOIN (
    SELECT series, kind, service, ${selectPairs('attributes')} AS attribute_pairs, attribute_types,
      ${selectPairs('resource_attributes')} AS resource_pairs, resource_attribute_types, resource_schema_url, scope_name,
      scope_version, ${selectPairs('scope_attributes')} AS scope_pairs, scope_attribute_types, scope_schema_url
    FROM metric_series
    WHERE org = {org:String} AND project = {project:String} AND metric = {metric:String}
    LIMIT 1 BY series
  ) AS streams ON streams.series = points.series
  ORDER BY points.time, points.series, points.received_at, points.value_text, points.count`;

export const pointOf = (row: PointRow): MetricPoint => {
  const isNumber = row.kind === 'gauge' || row.kind === 'sum';
  const isExponential = row.kind === 'exponential_histogram';
  return {
    timeUnixNano: row.time_ns,
    startTimeUnixNano: row.start_ns,
    flags: row.flags,
    service: row.service,
    attributes: decodeAttributes(row.attribute_pairs, row.attribute_types),
    resource: {
      attributes: decodeAttributes(row.resource_pairs, row.resource_attribute_types),
      schemaUrl: row.resource_schema_url,
    },
    scope: {
      name: row.scope_name,
      version: row.scope_version,
      attributes: decodeAttributes(row.scope_pairs, row.scope_attribute_types),
      schemaUrl: row.scope_schema_url,
    },
    value: numberOf(row.value_type, row.value_text),
    valueType: row.value_type,
    count: isNumber ? null : row.count,
    sum: row.sum,
    min: row.min,
    max: row.max,
    explicitBounds: [...row.bounds],
    bucketCounts: [...row.bucket_counts],
    scale: isExponential ? row.scale : null,
    zeroCount: isExponential ? row.zero_count : null,
    zeroThreshold: isExponential ? row.zero_threshold : null,
    positive: isExponential ? { offset: row.positive_offset, bucketCounts: [...row.positive_counts] } : null,
    negative: isExponential ? { offset: row.negative_offset, bucketCounts: [...row.negative_counts] } : null,
    quantileValues: row.quantiles.map((quantile, i) => ({ quantile, value: row.quantile_values[i]! })),
    exemplars: row.exemplar_times.map((timeUnixNano, i) => ({
      timeUnixNano,
      value: numberOf(row.exemplar_value_types[i]!, row.exemplar_values[i]!),
      traceId: row.exemplar_traces[i]!,
      spanId: row.exemplar_spans[i]!,
      attributes: decodeAttributes(row.exemplar_pairs[i]!, row.exemplar_types[i]!),
    })),
  };
};

/** As OTLP/JSON writes what JSON numbers cannot hold: words for NaN and the infinities, digits for large integers. */
const numberOf = (type: ValueType, text: string): number | string | null => {
  if (type === 'none') return null;
  const value = Number(text);
  if (type === 'int') return Number.isSafeInteger(value) ? value : text;
  if (Number.isFinite(value)) return value;
  if (text === 'nan') return 'NaN';
  return text.startsWith('-') ? '-Infinity' : 'Infinity';
};

function numberText(type: string, double: string, int: string): string {
  return `if(${type} = 'int', toString(${int}), toString(${double}))`;
}

function idText(id: string, bytes: number): string {
  return `if(${id} = toFixedString('', ${bytes}), '', lower(hex(${id})))`;
}
