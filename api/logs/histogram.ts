/**
 * Matching lines by time and severity. A filter on service and severity alone is answered from counts by the minute:
 * whole minutes from there, the two ends of the range, which are rarely whole, from the lines themselves.
 */
import type { QueryCost, Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import { severity } from '../contract/values.ts';
import { totalCost } from '../cost.ts';
import type { Handler } from '../handler.ts';
import { onlyUses } from '../query/only-uses.ts';
import { logCountsTarget } from '../query/targets.ts';
import { ceilTo, floorTo, roundStepMs, type Steps, stepsAround } from '../steps.ts';
import { type LogSearch, logSearchOf, logWhere, timeRange } from './search.ts';

const maxBuckets = 120;
const minuteMs = 60_000;

type Severity = (typeof severity.options)[number];
interface Count {
  readonly severity: Severity;
  readonly bucket: number;
  readonly lines: number;
}

export const getLogHistogram =
  (telemetry: Telemetry): Handler<'getLogHistogram'> =>
  async (input, { tenant }) => {
    const search = logSearchOf(input, undefined);
    const steps = stepsOf(input);
    const pieces = await Promise.all(
      planOf(search, steps).map(({ source, fromMs, toMs }) =>
        readCounts(telemetry, tenant, source, { ...search, fromMs, toMs }, steps),
      ),
    );
    const counts = pieces.flatMap((piece) => piece.rows);
    return {
      startMs: steps.startMs,
      stepMs: steps.stepMs,
      series: severity.options.map((name) => seriesOf(name, counts, steps)).filter((series) => series.total > 0),
      total: counts.reduce((sum, count) => sum + count.lines, 0),
      cost: totalCost(pieces.map((piece) => piece.cost)),
    };
  };

/** A range across one border more than it has steps gets a longer step, not a bucket too many. */
const stepsOf = ({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): Steps => {
  const steps = stepsAround(fromMs, toMs, roundStepMs(toMs - fromMs, maxBuckets));
  return steps.count <= maxBuckets ? steps : stepsAround(fromMs, toMs, roundStepMs(toMs - fromMs, maxBuckets - 1));
};

interface Piece {
  readonly source: 'logs' | 'log_counts';
  readonly fromMs: number;
  readonly toMs: number;
}

const planOf = (search: LogSearch, { stepMs }: Steps): Piece[] => {
  const { fromMs, toMs } = search;
  const [firstMs, lastMs] = [ceilTo(fromMs, minuteMs), floorTo(toMs, minuteMs)];
  const counted =
    search.traceId === undefined &&
    onlyUses(search.condition, logCountsTarget.columns) &&
    stepMs % minuteMs === 0 &&
    firstMs < lastMs;
  if (!counted) return [{ source: 'logs', fromMs, toMs }];
  const pieces: Piece[] = [
    { source: 'logs', fromMs, toMs: firstMs },
    { source: 'log_counts', fromMs: firstMs, toMs: lastMs },
    { source: 'logs', fromMs: lastMs, toMs },
  ];
  return pieces.filter((piece) => piece.fromMs < piece.toMs);
};

const readCounts = async (
  telemetry: Telemetry,
  tenant: Tenant,
  source: Piece['source'],
  search: LogSearch,
  { startMs, stepMs }: Steps,
): Promise<{ rows: Count[]; cost: QueryCost }> => {
  const [where, ms, lines] =
    source === 'logs'
      ? [logWhere(search), 'toUnixTimestamp64Milli(time)', 'count()']
      : [
          logWhere(search, logCountsTarget, timeRange('minute')),
          'toInt64(toUnixTimestamp(minute)) * 1000',
          'sum(log_counts.lines)',
        ];
  return telemetry.query<Count>({
    sql: `SELECT severity, intDiv(${ms} - {startMs:Int64}, {stepMs:Int64}) AS bucket, ${lines} AS lines
      FROM ${source} WHERE ${where.sql} GROUP BY severity, bucket`,
    params: { ...where.params, startMs, stepMs },
    tenant,
  });
};

const seriesOf = (name: Severity, counts: readonly Count[], steps: Steps) => {
  const series = { severity: name, counts: new Array<number>(steps.count).fill(0), total: 0 };
  for (const count of counts) {
    if (count.severity !== name) continue;
    series.counts[count.bucket]! += count.lines;
    series.total += count.lines;
  }
  return series;
};
