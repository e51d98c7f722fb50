/** A whole trace: its spans with what they were sent, and what its root usually takes. */
import type { QueryCost, Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import { ApiError } from '../api-error.ts';
import type { Span, Trace } from '../contract/traces.ts';
import { spanKind } from '../contract/values.ts';
import { totalCost } from '../cost.ts';
import type { Handler } from '../handler.ts';
import { findTrace, type TracePlace } from './trace-place.ts';
import { type OriginRow, originsSql, resourceOf, type SpanRow, scopeOf, spanColumns, spanOf } from './trace-span.ts';

type Store = Pick<Telemetry, 'query'>;

/** What one answer holds: the earliest spans. A browser can show no more. */
const maxSpans = 50_000;
const maxBytes = 128 * 2 ** 20;
/** Traces below this cannot pass `maxBytes` by much: attributes are cut at ingest. */
const smallTrace = 2_000;

/** Spans that were received twice, because their sender tried again, are shown once. */
export const getTrace =
  (telemetry: Store): Handler<'getTrace'> =>
  async (input, { tenant }) => {
    const traceId = input.traceId.toLowerCase();
    const { place, cost } = await findTrace(telemetry, tenant, traceId);
    if (place === undefined) {
      throw new ApiError('NOT_FOUND', 'There is no trace with this id: it has not arrived, or is no longer kept.');
    }
    const limit = await spanLimit(telemetry, tenant, place);
    const [spans, usual] = await Promise.all([
      readSpans(telemetry, tenant, place, limit.spans),
      readUsualP95(telemetry, tenant, place),
    ]);
    if (spans.rows.length === 0) {
      throw new ApiError('NOT_FOUND', 'The spans of this trace are no longer kept.');
    }
    // Only now: a span that arrives in between may bring a resource of its own.
    const origins = await telemetry.query<OriginRow>({
      tenant,
      sql: originsSql(place.where.sql),
      params: place.where.params,
    });
    const lists = listOrigins(origins.rows);
    return {
      traceId,
      spans: withoutRepeats(spans.rows.map((row) => spanOf(row, lists.index))),
      resources: lists.resources,
      scopes: lists.scopes,
      omittedSpans: Math.max(0, place.spanCount - spans.rows.length),
      usualP95Ms: usual.p95Ms,
      cost: totalCost([cost, limit.cost, spans.cost, origins.cost, usual.cost]),
    };
  };

const nothing: QueryCost = { rowsRead: 0, bytesRead: 0, elapsedMs: 0 };

/** How many of the earliest spans fit into an answer. */
const spanLimit = async (
  telemetry: Store,
  tenant: Tenant,
  { spanCount, where }: TracePlace,
): Promise<{ spans: number; cost: QueryCost }> => {
  if (spanCount <= smallTrace) return { spans: maxSpans, cost: nothing };
  const { rows, cost } = await telemetry.query<{ fitting: number }>({
    tenant,
    sql: `SELECT countIf(bytes_so_far <= {maxBytes:UInt64}) AS fitting FROM (
        SELECT sum(byteSize(name, attributes, \`events.name\`, \`events.attributes\`, \`links.attributes\`) + 500)
          OVER (ORDER BY start_time, span_id ROWS UNBOUNDED PRECEDING) AS bytes_so_far
        FROM spans WHERE ${where.sql})`,
    params: { ...where.params, maxBytes },
  });
  return { spans: Math.min(maxSpans, Math.max(1, rows[0]!.fitting)), cost };
};

const readSpans = (
  telemetry: Store,
  tenant: Tenant,
  { where }: TracePlace,
  limit: number,
): Promise<{ rows: SpanRow[]; cost: QueryCost }> =>
  telemetry.query<SpanRow>({
    tenant,
    sql: `SELECT ${spanColumns} FROM spans WHERE ${where.sql} ORDER BY start_time, span_id LIMIT {limit:UInt32}`,
    params: { ...where.params, limit },
  });

/** Fewer calls have no usual duration. */
const minCalls = 20;

const start = `fromUnixTimestamp64Milli({startMs:Int64}, 'UTC')`;

/** Over the day that ends with the hour of the trace. */
const readUsualP95 = async (
  telemetry: Store,
  tenant: Tenant,
  { root, startMs }: TracePlace,
): Promise<{ p95Ms: number | null; cost: QueryCost }> => {
  if (root === undefined) return { p95Ms: null, cost: nothing };
  const { rows, cost } = await telemetry.query<{ calls: number; p95_ns: number | null }>({
    tenant,
    sql: `SELECT sum(red_rollups.calls) AS calls,
        quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(duration_ns_quantiles)[2] AS p95_ns
      FROM red_rollups
      WHERE org = {org:String} AND project = {project:String} AND grain_minutes = 60
        AND slice >= toStartOfDay(${start} - INTERVAL 1 DAY) AND slice <= ${start}
        AND start >= ${start} - INTERVAL 1 DAY AND start <= ${start}
        AND service = {service:String} AND name = {name:String} AND kind = {kind:String}`,
    params: { startMs, service: root.service, name: root.name, kind: spanKind.options[root.kind]! },
  });
  const { calls, p95_ns } = rows[0]!;
  return { p95Ms: calls < minCalls || p95_ns === null ? null : p95_ns / 1e6, cost };
};

const listOrigins = (
  rows: readonly OriginRow[],
): Pick<Trace, 'resources' | 'scopes'> & { index: (key: string) => number } => {
  const resources = rows.filter((row) => row.part === 'resource');
  const scopes = rows.filter((row) => row.part === 'scope');
  const places = new Map<string, number>([
    ...resources.map((row, i) => [`resource ${row.key}`, i] as const),
    ...scopes.map((row, i) => [`scope ${row.key}`, i] as const),
  ]);
  return {
    resources: resources.map(resourceOf),
    scopes: scopes.map(scopeOf),
    index: (key) => places.get(key)!,
  };
};

/** The two sides of a call may share an id, as in Zipkin: they differ in kind or service. */
const withoutRepeats = (spans: readonly Span[]): Span[] => {
  const seen = new Set<string>();
  return spans.filter((span) => {
    const identity = `${span.spanId} ${span.kind} ${span.startTimeUnixNano} ${span.service}`;
    if (seen.has(identity)) return false;
    seen.add(identity);
    return true;
  });
};
