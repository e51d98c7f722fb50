/**
 * Operations that enter a service, as far as is needed to tell which of them moved most: counts of all of them, and
 * durations of those alone whose mean moved. Merging the duration sketches of every operation would take most of the time
 * of the page that is looked at most; a percentile that moves by half takes the mean along.
 */
import type { QueryCost, QueryParam, Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import { totalCost } from '../cost.ts';
import type { Where } from '../query/sql.ts';
import type { OperationFigures } from './moved.ts';
import { redOf, redSource, spanOfRow, windowParams } from './red.ts';
import type { RedWindow } from './window.ts';

/** Those called most: more would be names made of ids. */
const maxEntries = 1000;
/** Of those whose mean moved, the furthest. */
const maxDurations = 100;
const minMeanRatio = 1.05;

/** Those that were called before, and are or are not now. `where` speaks of service, environment and version. */
export const readEntries = async (
  telemetry: Pick<Telemetry, 'query'>,
  tenant: Tenant,
  window: RedWindow,
  where: Where,
): Promise<{ operations: OperationFigures[]; cost: QueryCost }> => {
  const params: Record<string, QueryParam> = { ...windowParams(window), ...where.params };
  const counted = await telemetry.query<CountsRow>({
    tenant,
    sql: countsSql(window, where),
    params: { ...params, limit: maxEntries },
  });
  const moved = counted.rows
    .map((row) => ({ row, distance: Math.abs(Math.log(meanOf(row.now) / meanOf(row.before))) }))
    .filter(({ distance }) => distance >= Math.log(minMeanRatio))
    .sort((a, b) => b.distance - a.distance)
    .slice(0, maxDurations)
    .map(({ row }) => row);
  const durations = new Map<string, DurationsRow>();
  const costs = [counted.cost];
  if (moved.length > 0) {
    const { rows, cost } = await telemetry.query<DurationsRow>({
      tenant,
      sql: durationsSql(window, where),
      params: { ...params, services: moved.map(({ service }) => service), names: moved.map(({ name }) => name) },
    });
    for (const row of rows) durations.set(identityOf(row), row);
    costs.push(cost);
  }
  const operations = counted.rows.map((row) => {
    const { service, name, now, before } = row;
    const known = durations.get(identityOf(row)) ?? { now: [], before: [] };
    return {
      service,
      name,
      now: now.calls === 0 ? undefined : redOf({ ...now, durations_ns: known.now }, window.seconds),
      before: redOf({ ...before, durations_ns: known.before }, window.beforeSeconds),
    };
  });
  return { operations, cost: totalCost(costs) };
};

interface Identity {
  readonly service: string;
  readonly name: string;
  readonly kind: string;
}
interface Counts {
  readonly calls: number;
  readonly errors: number;
  readonly duration_ns: number;
}
type CountsRow = Identity & { readonly now: Counts; readonly before: Counts };
type Durations = readonly (number | null)[];
type DurationsRow = Identity & { readonly now: Durations; readonly before: Durations };

/** Not a number where there were no calls: that has not moved, it is gone. */
const meanOf = ({ calls, duration_ns }: Counts): number => duration_ns / calls;

const identityOf = ({ service, name, kind }: Identity): string => `${service}\0${name}\0${kind}`;

const countsSql = (window: RedWindow, where: Where): string => `
  SELECT service, name, kind, ${counts('now', 1)}, ${counts('before', 0)}
  FROM (SELECT *, ${spanOfRow} AS span FROM ${redSource(window)} WHERE entry = 1 AND ${where.sql})
  GROUP BY service, name, kind
  HAVING before.calls > 0
  ORDER BY sum(calls) DESC, service, name, kind
  LIMIT {limit:UInt32}`;

const counts = (name: string, span: 0 | 1): string => `
    CAST((sumIf(calls, span = ${span}), sumIf(errors, span = ${span}), sumIf(duration_ns_sum, span = ${span})),
      'Tuple(calls UInt64, errors UInt64, duration_ns UInt64)') AS ${name}`;

const durationsSql = (window: RedWindow, where: Where): string => `
  SELECT service, name, kind, ${quantiles('now', 1)}, ${quantiles('before', 0)}
  FROM (SELECT *, ${spanOfRow} AS span FROM ${redSource(window)}
    WHERE entry = 1 AND ${where.sql}
      AND (service, name) IN (SELECT arrayJoin(arrayZip({services:Array(String)}, {names:Array(String)}))))
  GROUP BY service, name, kind`;

const quantiles = (name: string, span: 0 | 1): string =>
  `quantilesDDMergeIf(0.01, 0.5, 0.95, 0.99)(duration_ns_quantiles, span = ${span}) AS ${name}`;
