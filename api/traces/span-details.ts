/** Spans of a trace with all that they were sent with: all of them, or those that are asked for. */
import type { QueryCost, Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import type { Span, SpanDetails } from '../contract/traces.ts';
import { totalCost } from '../cost.ts';
import type { Handler } from '../handler.ts';
import { identityOf } from './span-identity.ts';
import { requireTrace, type TracePlace } from './trace-place.ts';
import {
  type OriginRow,
  type OriginsRow,
  originColumns,
  originsOf,
  originsSql,
  resourceOf,
  type SpanRow,
  scopeOf,
  spanBytes,
  spanColumns,
  spanOf,
} from './trace-span.ts';

type Store = Pick<Telemetry, 'query'>;

/** Of as many ids as can be asked for, where senders use an id more than once. */
const maxSpansOfIds = 1000;
/** Those that begin beyond it are left out: of a language model's calls, a hundred may hold a hundred megabytes. */
const maxBytesOfIds = 2 ** 20;

export const getTraceSpans =
  (telemetry: Store): Handler<'getTraceSpans'> =>
  async ({ traceId, ids }, { tenant }) => {
    const { place, cost } = await requireTrace(telemetry, tenant, traceId);
    const asked = `${place.where.sql} AND has(arrayMap(id -> toFixedString(unhex(id), 8), {ids:Array(String)}), span_id)`;
    const where = {
      sql: `${asked} AND span_id IN (SELECT span_id FROM (
          SELECT span_id, sum(bytes) OVER (ORDER BY start_time, span_id ROWS UNBOUNDED PRECEDING) - bytes AS bytes_before
          FROM (SELECT span_id, start_time, ${spanBytes} AS bytes FROM spans WHERE ${asked})
        ) WHERE bytes_before < {maxBytes:UInt64})`,
      params: { ...place.where.params, ids: ids.split(','), maxBytes: maxBytesOfIds },
    };
    const spans = await readFewDetails(telemetry, tenant, where, maxSpansOfIds);
    return { ...spans.details, cost: totalCost([cost, spans.cost]) };
  };

/**
 * The earliest spans, those that were received twice, because their sender tried again, once.
 * @returns also how many rows that was, copies among them
 */
export const readDetails = async (
  telemetry: Store,
  tenant: Tenant,
  where: TracePlace['where'],
  limit: number,
): Promise<{ details: SpanDetails; rowCount: number; cost: QueryCost }> => {
  const spans = await telemetry.query<SpanRow>({
    tenant,
    sql: `SELECT ${spanColumns} FROM spans WHERE ${where.sql} ORDER BY start_time, span_id LIMIT {limit:UInt32}`,
    params: { ...where.params, limit },
  });
  // Only now: a span that arrives in between may bring a resource of its own.
  const origins = await telemetry.query<OriginRow>({ tenant, sql: originsSql(where.sql), params: where.params });
  return {
    details: detailsOf(spans.rows, origins.rows),
    rowCount: spans.rows.length,
    cost: totalCost([spans.cost, origins.cost]),
  };
};

/** The same in one query, each row with the resource and the scope it came from: cheaper for a few hundred spans. */
export const readFewDetails = async (
  telemetry: Store,
  tenant: Tenant,
  where: TracePlace['where'],
  limit: number,
): Promise<{ details: SpanDetails; rowCount: number; cost: QueryCost }> => {
  const { rows, cost } = await telemetry.query<OriginsRow>({
    tenant,
    sql: `SELECT ${spanColumns}, ${originColumns} FROM spans WHERE ${where.sql}
      ORDER BY start_time, span_id LIMIT {limit:UInt32}`,
    params: { ...where.params, limit },
  });
  return { details: detailsOf(rows, originsOf(rows)), rowCount: rows.length, cost };
};

const detailsOf = (rows: readonly SpanRow[], origins: readonly OriginRow[]): SpanDetails => {
  const { index, ...lists } = listOrigins(origins);
  return { spans: withoutRepeats(rows.map((row) => spanOf(row, index))), ...lists };
};

const listOrigins = (
  rows: readonly OriginRow[],
): Pick<SpanDetails, 'resources' | 'scopes'> & { index: (key: string) => number } => {
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

const withoutRepeats = (spans: readonly Span[]): Span[] => {
  const seen = new Set<string>();
  return spans.filter(({ spanId, kind, startTimeUnixNano, service }) => {
    const identity = identityOf(spanId, kind, startTimeUnixNano, service);
    if (seen.has(identity)) return false;
    seen.add(identity);
    return true;
  });
};
