/** Metric points for tests of the API, put into the tables as the sink would. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import type { MetricKind } from '../contract/metrics.ts';
import { testTenant } from '../test-store.ts';

type Texts = Readonly<Record<string, string>>;

/** A point; what is left out takes a plain value. */
export interface TestPoint {
  readonly tenant?: Tenant;
  readonly metric: string;
  readonly kind?: MetricKind;
  readonly temporality?: 'unspecified' | 'delta' | 'cumulative';
  readonly monotonic?: boolean;
  readonly unit?: string;
  readonly description?: string;
  readonly service?: string;
  readonly environment?: string;
  readonly version?: string;
  readonly attributes?: Texts;
  readonly attributeTypes?: string;
  readonly resource?: Texts;
  readonly scopeName?: string;
  readonly timeMs: number;
  /** 0 or left out: not sent. */
  readonly startMs?: number;
  /** Default: the time of the point. */
  readonly receivedAtMs?: number;
  readonly flags?: number;
  /** A double; `int` instead for an integer, as decimal text. Neither: no value was recorded. */
  readonly value?: number;
  readonly int?: string;
  readonly count?: number;
  readonly sum?: number;
  readonly min?: number;
  readonly max?: number;
  readonly bounds?: readonly number[];
  readonly bucketCounts?: readonly number[];
  readonly scale?: number;
  readonly zeroCount?: number;
  readonly zeroThreshold?: number;
  readonly positiveOffset?: number;
  readonly positiveCounts?: readonly number[];
  readonly negativeOffset?: number;
  readonly negativeCounts?: readonly number[];
  readonly quantiles?: readonly (readonly [quantile: number, value: number])[];
  readonly exemplars?: readonly {
    readonly timeMs: number;
    readonly value?: number;
    readonly int?: string;
    readonly traceId?: string;
    readonly spanId?: string;
    readonly attributes?: Texts;
  }[];
}

export const insertPoints = async (telemetry: Telemetry, points: readonly TestPoint[]): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), 'syntra-rows-'));
  try {
    const path = join(directory, 'rows.json');
    await writeFile(path, points.map((point) => JSON.stringify(rowOf(point))).join('\n'));
    await telemetry.command(insertFrom(path));
  } finally {
    await rm(directory, { recursive: true });
  }
};

const nanoseconds = (ms: number): string => String(BigInt(Math.round(ms * 1e3)) * 1000n);
const valueType = ({ value, int }: { value?: number; int?: string }): string => {
  if (int !== undefined) return 'int';
  return value === undefined ? 'none' : 'double';
};

const rowOf = (point: TestPoint) => ({
  ...(point.tenant ?? testTenant),
  received_ms: Math.floor(point.receivedAtMs ?? point.timeMs),
  service: point.service ?? 'checkout',
  environment: point.environment ?? '',
  version: point.version ?? '',
  metric: point.metric,
  description: point.description ?? '',
  unit: point.unit ?? '',
  kind: point.kind ?? 'gauge',
  temporality: point.temporality ?? 'unspecified',
  monotonic: point.monotonic ?? false,
  attributes: point.attributes ?? {},
  attribute_types: point.attributeTypes ?? '',
  resource_attributes: point.resource ?? {},
  scope_name: point.scopeName ?? '',
  time_ns: nanoseconds(point.timeMs),
  start_time_unix_nano: nanoseconds(point.startMs ?? 0),
  flags: point.flags ?? 0,
  value_type: valueType(point),
  value: point.value ?? 0,
  value_int: point.int ?? '0',
  count: point.count ?? 0,
  sum: point.sum ?? null,
  min: point.min ?? null,
  max: point.max ?? null,
  bounds: point.bounds ?? [],
  bucket_counts: point.bucketCounts ?? [],
  scale: point.scale ?? 0,
  zero_count: point.zeroCount ?? 0,
  zero_threshold: point.zeroThreshold ?? 0,
  positive_offset: point.positiveOffset ?? 0,
  positive_counts: point.positiveCounts ?? [],
  negative_offset: point.negativeOffset ?? 0,
  negative_counts: point.negativeCounts ?? [],
  quantiles: (point.quantiles ?? []).map(([quantile]) => quantile),
  quantile_values: (point.quantiles ?? []).map(([, value]) => value),
  exemplar_times: (point.exemplars ?? []).map(({ timeMs }) => nanoseconds(timeMs)),
  exemplar_types: (point.exemplars ?? []).map(valueType),
  exemplar_values: (point.exemplars ?? []).map(({ value }) => value ?? 0),
  exemplar_ints: (point.exemplars ?? []).map(({ int }) => int ?? '0'),
  exemplar_traces: (point.exemplars ?? []).map(({ traceId }) => (traceId ?? '').padStart(32, '0')),
  exemplar_spans: (point.exemplars ?? []).map(({ spanId }) => (spanId ?? '').padStart(16, '0')),
  exemplar_attributes: (point.exemplars ?? []).map(({ attributes }) => attributes ?? {}),
});

/** Columns that are stored as they are, and their types in the file. */
const plain: Readonly<Record<string, string>> = {
  org: 'String',
  project: 'String',
  service: 'String',
  environment: 'String',
  version: 'String',
  metric: 'String',
  description: 'String',
  unit: 'String',
  kind: 'String',
  temporality: 'String',
  monotonic: 'Bool',
  attributes: 'Map(String, String)',
  attribute_types: 'String',
  resource_attributes: 'Map(String, String)',
  scope_name: 'String',
  start_time_unix_nano: 'UInt64',
  flags: 'UInt32',
  value_type: 'String',
  value: 'Float64',
  value_int: 'Int64',
  count: 'UInt64',
  sum: 'Nullable(Float64)',
  min: 'Nullable(Float64)',
  max: 'Nullable(Float64)',
  bounds: 'Array(Float64)',
  bucket_counts: 'Array(UInt64)',
  scale: 'Int32',
  zero_count: 'UInt64',
  zero_threshold: 'Float64',
  positive_offset: 'Int32',
  positive_counts: 'Array(UInt64)',
  negative_offset: 'Int32',
  negative_counts: 'Array(UInt64)',
  quantiles: 'Array(Float64)',
  quantile_values: 'Array(Float64)',
};
const plainNames = Object.keys(plain).join(', ');

/** Kept for 25 years, so that a test may use any date of the last ones. */
const insertFrom = (
  path: string,
): string => `INSERT INTO metric_points (${plainNames}, received_at, retention_days, time,
    \`exemplars.time\`, \`exemplars.value_type\`, \`exemplars.value\`, \`exemplars.value_int\`, \`exemplars.trace_id\`,
    \`exemplars.span_id\`, \`exemplars.attributes\`, \`exemplars.attribute_types\`)
  SELECT ${plainNames}, fromUnixTimestamp64Milli(received_ms), 9000, fromUnixTimestamp64Nano(time_ns),
    arrayMap(ns -> fromUnixTimestamp64Nano(ns), exemplar_times), exemplar_types, exemplar_values, exemplar_ints,
    arrayMap(id -> toFixedString(unhex(id), 16), exemplar_traces), arrayMap(id -> toFixedString(unhex(id), 8), exemplar_spans),
    exemplar_attributes, arrayMap(id -> '', exemplar_spans)
  FROM file('${path}', 'JSONEachRow', '${Object.entries(plain)
    .map(([name, type]) => `${name} ${type}`)
    .join(', ')}, received_ms Int64, time_ns Int64, exemplar_times Array(Int64), exemplar_types Array(String),
    exemplar_values Array(Float64), exemplar_ints Array(Int64), exemplar_traces Array(String),
    exemplar_spans Array(String), exemplar_attributes Array(Map(String, String))')`;
