/** Which spans a request is about: its tenant, its time range, its filters and its query. */
import type { QueryParam } from '../../kernel/telemetry/client.ts';
import type { SpanStatus } from '../contract/values.ts';
import { parseQuery } from '../query/parse.ts';
import { type Condition, resolve } from '../query/resolve.ts';
import { whereOfCondition } from '../query/sql.ts';
import { spansTarget } from '../query/targets.ts';

export interface SpanSearch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly condition: Condition;
  readonly service: string | undefined;
  readonly operation: string | undefined;
  readonly status: SpanStatus | undefined;
  /** Of the span, not of its trace. */
  readonly minDurationMs: number | undefined;
  readonly maxDurationMs: number | undefined;
}

interface SearchInput {
  readonly fromMs: number;
  readonly toMs: number;
  readonly q: string;
  readonly service?: string | undefined;
  readonly operation?: string | undefined;
  readonly status?: SpanStatus | undefined;
  readonly minDurationMs?: number | undefined;
  readonly maxDurationMs?: number | undefined;
}

/** @param service the one of the route, which goes before the one that was asked for. @throws QueryError */
export const spanSearchOf = (input: SearchInput, service: string | undefined): SpanSearch => ({
  fromMs: input.fromMs,
  toMs: input.toMs,
  condition: resolve(parseQuery(input.q), spansTarget),
  service: service ?? input.service,
  operation: input.operation,
  status: input.status,
  minDurationMs: input.minDurationMs,
  maxDurationMs: input.maxDurationMs,
});

/** True where every span of the range matches. */
export const matchesEverything = ({ fromMs: _from, toMs: _to, condition, ...filters }: SpanSearch): boolean =>
  condition.test === 'all' && Object.values(filters).every((filter) => filter === undefined);

export interface SpanWhere {
  readonly sql: string;
  readonly params: Readonly<Record<string, QueryParam>>;
}

/** A WHERE clause over `spans`. */
export const spanWhere = (search: SpanSearch): SpanWhere => {
  const parts = [spansInRange];
  const params: Record<string, QueryParam> = { fromMs: search.fromMs, toMs: search.toMs };
  const add = (sql: string, name: string, value: QueryParam | undefined): void => {
    if (value === undefined) return;
    parts.push(sql);
    params[name] = value;
  };
  add('service = {service:String}', 'service', search.service);
  add('name = {operation:String}', 'operation', search.operation);
  add('status = {status:String}', 'status', search.status);
  add('duration_ns >= {minDurationNs:Float64}', 'minDurationNs', nanoseconds(search.minDurationMs));
  add('duration_ns <= {maxDurationNs:Float64}', 'maxDurationNs', nanoseconds(search.maxDurationMs));
  const query = whereOfCondition(search.condition, spansTarget);
  return { sql: [...parts, query.sql].join(' AND '), params: { ...params, ...query.params } };
};

const nanoseconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms * 1e6);

const from = `fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')`;
const to = `fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')`;

/**
 * Spans of the tenant that start in `[fromMs, toMs)`. The five minutes are what the primary key knows; and a span that
 * arrived a day before it began was refused, so partitions older than that need no look.
 */
const spansInRange = `org = {org:String} AND project = {project:String}
  AND toStartOfFiveMinutes(start_time) >= toStartOfFiveMinutes(${from}) AND toStartOfFiveMinutes(start_time) <= ${to}
  AND start_time >= ${from} AND start_time < ${to} AND received_at >= ${from} - INTERVAL 25 HOUR`;
