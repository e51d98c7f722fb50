/** Traces as a list shows them, read by id from the table that keeps a line per trace. */
import type { QueryCost, Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import type { TraceSummary } from '../contract/traces.ts';
import { spanKind, spanStatus } from '../contract/values.ts';
import { floorTo } from '../steps.ts';

const hour = 3_600_000;
/** A trace may have begun this long before the range in which a span of it was found; its beginning is then shown, too. */
const lookBackMs = 24 * hour;

export interface FoundTrace {
  readonly summary: TraceSummary;
  /** Start of its first span since the hour in which the range begins, nanoseconds: what lists are ordered by. */
  readonly firstInRangeNs: bigint;
}

/** By id, in lower-case hex. */
export const readSummaries = async (
  telemetry: Pick<Telemetry, 'query'>,
  tenant: Tenant,
  fromMs: number,
  traceIds: readonly string[],
): Promise<{ traces: Map<string, FoundTrace>; cost: QueryCost }> => {
  const { rows, cost } = await telemetry.query<SummaryRow>({
    tenant,
    sql: summariesSql,
    params: { fromMs, firstMs: Math.max(0, floorTo(fromMs, hour) - lookBackMs), traceIds },
  });
  return { traces: new Map(rows.map((row) => [row.trace, foundOf(row)])), cost };
};

interface SummaryRow {
  readonly trace: string;
  readonly start_ns: string;
  readonly first_in_range_ns: string;
  readonly duration_ns: number;
  readonly spans: number;
  readonly errors: number;
  readonly all_services: readonly string[];
  readonly root_span: {
    readonly service: string;
    readonly name: string;
    readonly kind: number;
    readonly status: number;
    readonly has_parent: number;
  };
}

/** The primary key knows hour and id, so this reads a granule per trace and hour. */
const summariesSql = `
  SELECT lower(hex(trace_id)) AS trace, toString(toUnixTimestamp64Nano(min(start_time))) AS start_ns,
    toString(toUnixTimestamp64Nano(minIf(start_time, hour >= toStartOfHour(fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')))))
      AS first_in_range_ns,
    toUnixTimestamp64Nano(max(end_time)) - toUnixTimestamp64Nano(min(start_time)) AS duration_ns,
    sum(span_count) AS spans, sum(error_count) AS errors, arraySort(groupUniqArrayArray(services)) AS all_services,
    argMinMerge(root) AS root_span
  FROM traces
  WHERE org = {org:String} AND project = {project:String}
    AND hour >= fromUnixTimestamp64Milli({firstMs:Int64}, 'UTC')
    AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({traceIds:Array(String)})), 16))
  GROUP BY trace_id`;

const foundOf = (row: SummaryRow): FoundTrace => ({
  firstInRangeNs: BigInt(row.first_in_range_ns),
  summary: {
    traceId: row.trace,
    startUnixNano: row.start_ns,
    durationMs: row.duration_ns / 1e6,
    spanCount: row.spans,
    errorCount: row.errors,
    services: [...row.all_services],
    root: {
      service: row.root_span.service,
      name: row.root_span.name,
      kind: spanKind.options[row.root_span.kind]!,
      status: spanStatus.options[row.root_span.status]!,
      missing: row.root_span.has_parent === 1,
    },
  },
});
