/** Which log rows a request is about: its tenant, its time range, its service or trace, and its query. */
import type { QueryParam } from '../../kernel/telemetry/client.ts';
import { parseQuery } from '../query/parse.ts';
import { type Condition, resolve } from '../query/resolve.ts';
import { whereOfCondition } from '../query/sql.ts';
import { logsTarget, type Target } from '../query/targets.ts';

export interface LogSearch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly condition: Condition;
  readonly traceId: string | undefined;
  readonly service: string | undefined;
}

/** @throws QueryError */
export const logSearchOf = (
  input: { readonly fromMs: number; readonly toMs: number; readonly q: string; readonly traceId?: string | undefined },
  service: string | undefined,
): LogSearch => ({
  fromMs: input.fromMs,
  toMs: input.toMs,
  condition: resolve(parseQuery(input.q), logsTarget),
  traceId: input.traceId,
  service,
});

export interface LogWhere {
  readonly sql: string;
  readonly params: Readonly<Record<string, QueryParam>>;
}

/**
 * The WHERE clause over the table of `target`, without its time range where `times` is given: `{fromMs:Int64}` and
 * `{toMs:Int64}` are bound in any case.
 */
export const logWhere = (search: LogSearch, target: Target = logsTarget, times = timeRange('time')): LogWhere => {
  const where = whereOfCondition(search.condition, target);
  return {
    sql: [
      'org = {org:String} AND project = {project:String}',
      times,
      ...(search.service === undefined ? [] : ['service = {service:String}']),
      ...(search.traceId === undefined ? [] : ['trace_id = unhex({traceId:String})']),
      where.sql,
    ].join(' AND '),
    params: {
      ...where.params,
      fromMs: search.fromMs,
      toMs: search.toMs,
      ...(search.service !== undefined && { service: search.service }),
      ...(search.traceId !== undefined && { traceId: search.traceId }),
    },
  };
};

/** `[from, to)`, by the names of two Int64 parameters in Unix milliseconds. */
export const timeRange = (column: string, from = 'fromMs', to = 'toMs'): string =>
  `${column} >= fromUnixTimestamp64Milli({${from}:Int64}, 'UTC') AND ${column} < fromUnixTimestamp64Milli({${to}:Int64}, 'UTC')`;
