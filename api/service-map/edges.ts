/** Who calls whom, read from spans: callers and called are matched by trace and span id when somebody asks. */
import type { QueryCost, Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import { totalCost } from '../cost.ts';
import type { MapSample } from './sample.ts';
import { targetHints, targetKind, targetName } from './target.ts';

export interface Edge {
  readonly source: string;
  /** 'client' is whoever calls from outside and sends no spans. */
  readonly sourceKind: 'service' | 'queue' | 'client';
  readonly target: string;
  readonly targetKind: 'service' | 'database' | 'queue' | 'external';
  /** As sampled. */
  readonly calls: number;
  readonly errors: number;
  readonly p95Ms: number | null;
}
/** A node that sends no spans: figures of all calls to it together. */
export type RemoteNode = Pick<Edge, 'target' | 'targetKind' | 'calls' | 'errors' | 'p95Ms'>;

export interface ServiceEdges {
  readonly edges: readonly Edge[];
  readonly remote: readonly RemoteNode[];
  readonly cost: QueryCost;
}

/** More could not be drawn, and come from names made of ids. */
const maxEdges = 2000;

export const readEdges = async (
  telemetry: Pick<Telemetry, 'query'>,
  tenant: Tenant,
  range: { readonly fromMs: number; readonly toMs: number; readonly nowMs: number },
  sample: MapSample,
): Promise<ServiceEdges> => {
  const params = {
    ...sample.params,
    from: range.fromMs,
    to: range.toMs,
    settled: range.nowMs - settleMs,
    limit: maxEdges,
  };
  const [inside, entering, leaving] = await Promise.all([
    telemetry.query<Edge>({ tenant, params, sql: betweenServices(sample) }),
    telemetry.query<Edge>({ tenant, params, sql: intoServices(sample) }),
    telemetry.query<Edge & { source: string | null }>({ tenant, params, sql: outOfServices(sample) }),
  ]);
  // As a HAVING, the optimizer would carry this into every row's reading, with all the work that makes the names.
  const named = leaving.rows.filter((row) => row.target !== '');
  return {
    edges: [
      ...inside.rows,
      ...entering.rows.filter((row) => row.source !== ''),
      ...named.filter((row) => row.source !== null),
    ],
    remote: named.filter((row) => row.source === null),
    cost: totalCost([inside.cost, entering.cost, leaving.cost]),
  };
};

/** A call that has just ended may be stored before what it called is. */
const settleMs = 30_000;

const figureStates = `count() AS calls, countIf(status = 'error') AS errors, quantileDDState(0.01, 0.95)(duration_ns) AS durations`;
const mergedFigures = `sum(calls) AS calls, sum(errors) AS errors, quantileDDMerge(0.01, 0.95)(durations) / 1e6 AS p95Ms`;
const inRange =
  'start_time >= fromUnixTimestamp64Milli({from:Int64}) AND start_time < fromUnixTimestamp64Milli({to:Int64})';
const noParent = `toFixedString('', 8)`;

/**
 * Spans that enter a service, with a hash of the span that caused them: their parent, or the producers that a consumer
 * links to. A million ids of 8 bytes collide once in 40 million maps, and take a third of the memory.
 */
const called = (sample: MapSample): string => `
  SELECT cityHash64(trace_id, parent_span_id) AS cause, service, status, duration_ns
  FROM spans
  WHERE ${sample.where('trace_id')} AND ${inRange} AND kind IN ('server', 'consumer') AND parent_span_id != ${noParent}
  UNION ALL
  SELECT cityHash64(link.1, link.2) AS cause, service, status, duration_ns
  FROM spans ARRAY JOIN arrayZip(\`links.trace_id\`, \`links.span_id\`) AS link
  WHERE ${sample.where('link.1')} AND ${inRange} AND kind = 'consumer' AND link.2 != parent_span_id`;

const betweenServices = (sample: MapSample): string => `
  SELECT caller.service AS source, 'service' AS sourceKind, called.service AS target, 'service' AS targetKind,
    count() AS calls, countIf(called.status = 'error') AS errors, quantileDD(0.01, 0.95)(called.duration_ns) / 1e6 AS p95Ms
  FROM (SELECT cityHash64(trace_id, span_id) AS id, service FROM spans WHERE ${sample.where('trace_id')}) AS caller
  INNER JOIN (${called(sample)}) AS called ON called.cause = caller.id
  WHERE caller.service != called.service
  GROUP BY source, target
  ORDER BY calls DESC
  LIMIT {limit:UInt32}`;

/** Requests that nobody else's span caused, and messages whose producer is not known: only of these are attributes read. */
const intoServices = (sample: MapSample): string => `
  SELECT if(kind = 'server', 'clients', ${targetName}) AS source, if(kind = 'server', 'client', 'queue') AS sourceKind,
    service AS target, 'service' AS targetKind, ${mergedFigures}
  FROM (
    SELECT service, kind, CAST(map(), 'Map(LowCardinality(String), String)') AS hints, ${figureStates}
    FROM spans
    WHERE ${sample.where('trace_id')} AND ${inRange} AND parent_span_id = ${noParent} AND kind = 'server'
    GROUP BY service, kind
    UNION ALL
    SELECT service, kind, CAST(${targetHints}, 'Map(LowCardinality(String), String)') AS hints, ${figureStates}
    FROM spans
    WHERE ${sample.where('trace_id')} AND ${inRange} AND parent_span_id = ${noParent}
      AND kind = 'consumer' AND empty(\`links.trace_id\`)
    GROUP BY service, kind, hints
  )
  GROUP BY source, sourceKind, target
  ORDER BY calls DESC
  LIMIT {limit:UInt32}`;

const outOfServices = (sample: MapSample): string => `
  SELECT if(grouping(caller) = 1, NULL, toNullable(caller)) AS source, 'service' AS sourceKind,
    remote_name AS target, remote_kind AS targetKind, ${mergedFigures}
  FROM (
    SELECT toString(service) AS caller, ${targetKind} AS remote_kind,
      if(remote_kind = 'external' AND just_ended, '', ${targetName}) AS remote_name, calls, errors, durations
    FROM (
      SELECT service, ${targetHints} AS hints, start_time >= fromUnixTimestamp64Milli({settled:Int64}) AS just_ended,
        ${figureStates}
      FROM spans
      WHERE ${sample.where('trace_id')} AND ${inRange} AND kind IN ('client', 'producer') AND ${sample.endedWithin}
        AND cityHash64(trace_id, span_id) NOT IN (SELECT cause FROM (${called(sample)}))
      GROUP BY service, hints, just_ended
    )
  )
  GROUP BY GROUPING SETS ((caller, remote_kind, remote_name), (remote_kind, remote_name))
  ORDER BY calls DESC
  LIMIT {limit:UInt32}`;
