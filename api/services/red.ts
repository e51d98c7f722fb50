/** Rate, errors and duration of services and of all of them together, from the figures kept by the minute. */
import type { QueryCost, QueryParam, Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import { firstArrivalDay } from '../arrival.ts';
import type { Red, RedSeries } from '../contract/services.ts';
import type { Where } from '../query/sql.ts';
import { type RedWindow, stepSeconds } from './window.ts';

export interface RedFigures {
  /** Undefined where there were no calls. */
  readonly now: Red | undefined;
  readonly before: Red | undefined;
  readonly series: RedSeries;
}

/** Figures that were not measured because nothing came in. */
export const noCalls: Red = { calls: 0, requestsPerSecond: 0, errorRate: 0, p50Ms: null, p95Ms: null, p99Ms: null };

export interface RedOfServices {
  /** By service name; services without a single call in the range or before it are missing. */
  readonly services: ReadonlyMap<string, RedFigures>;
  readonly total: RedFigures & { readonly seriesBefore: RedSeries };
  readonly cost: QueryCost;
}

/** Counts the spans that enter a service, and no others. `where` speaks of service, environment and version. */
export const readRed = async (
  telemetry: Pick<Telemetry, 'query'>,
  tenant: Tenant,
  window: RedWindow,
  where: Where,
): Promise<RedOfServices> => {
  const { rows, cost } = await telemetry.query<RedRow>({
    tenant,
    sql: redSql(window, where),
    params: { ...windowParams(window), ...where.params },
  });
  const shift = window.toMs - window.fromMs;
  const all = emptyFigures(window, 0);
  const seriesBefore = emptySeries(window, shift);
  const services = new Map<string, MutableFigures>();
  const figuresOf = (service: string): MutableFigures => {
    const known = services.get(service) ?? emptyFigures(window, 0);
    services.set(service, known);
    return known;
  };
  for (const row of rows) {
    if (row.part === 'service') setSpan(figuresOf(row.service), row, window);
    else if (row.part === 'total') setSpan(all, row, window);
    else if (row.part === 'service step') setStep(figuresOf(row.service).series, row.step, row, window);
    else if (row.part === 'total step') setStep(all.series, row.step, row, window);
    else setStep(seriesBefore, row.step, row, window);
  }
  return { services, total: { ...all, seriesBefore }, cost };
};

/** `{from:Int64}` and the other names that SQL over `redSource` uses. */
export const windowParams = (window: RedWindow): Record<string, QueryParam> => {
  const width = window.toMs - window.fromMs;
  // Before 1970 there is nothing, and a DateTime that would lie there comes out in the 22nd century.
  const readFrom = Math.max(0, Math.min(window.fromMs, window.steps.startMs) - width);
  return {
    from: window.fromMs,
    to: window.toMs,
    width,
    readFrom,
    firstDay: firstArrivalDay(readFrom),
    stepsFrom: window.steps.startMs,
    stepsTo: window.stepsEndMs,
    step: window.steps.stepMs,
  };
};

/** Rows with `at_ms` for every operation, of the range and the one before, from the table of the window's grain. */
export const redSource = ({ grainMinutes }: RedWindow): string =>
  grainMinutes === 1
    ? source('red', 'minute', 'true')
    : source('red_rollups', 'start', `grain_minutes = ${grainMinutes} AND ${withinSlices(grainMinutes)}`);

/** The same for whole services, of spans that enter them. */
export const serviceSource = ({ grainMinutes }: RedWindow): string =>
  source('red_services', 'start', `grain_minutes = ${grainMinutes} AND calls > 0`);

/** With those services, too, that only call others; `spans` counts all. */
export const everyServiceSource = ({ grainMinutes }: RedWindow): string =>
  source('red_services', 'start', `grain_minutes = ${grainMinutes}`);

/** Rollups are sorted by operation within each hour or day. */
const withinSlices = (grainMinutes: 10 | 60): string =>
  `slice >= ${grainMinutes === 60 ? 'toStartOfDay' : 'toStartOfHour'}(fromUnixTimestamp64Milli({readFrom:Int64}, 'UTC'))
      AND slice < fromUnixTimestamp64Milli({to:Int64}, 'UTC')`;

const source = (table: string, time: string, which: string): string => `(
    SELECT *, toInt64(toUnixTimestamp(${time})) * 1000 AS at_ms
    FROM ${table}
    WHERE org = {org:String} AND project = {project:String} AND ${which}
      AND ${time} >= fromUnixTimestamp64Milli({readFrom:Int64}) AND ${time} < fromUnixTimestamp64Milli({to:Int64})
      AND received_day >= {firstDay:Date}
  )`;

/** 1 for the range, 0 for the one before, -1 for what only a chart's first step reads. */
export const spanOfRow = 'multiIf(at_ms >= {from:Int64}, 1, at_ms >= {from:Int64} - {width:Int64}, 0, -1)';

const quantiles = 'quantilesDD(0.01, 0.5, 0.95, 0.99)';
const merged = quantiles.replace('quantilesDD', 'quantilesDDMerge');
const mergedState = quantiles.replace('quantilesDD', 'quantilesDDMergeState');

/** Sketches are merged once per service and step; every figure is then added up from these few. */
const redSql = (window: RedWindow, where: Where): string => `
  WITH parts AS (
    SELECT service, ${spanOfRow} AS span,
      if(at_ms >= {stepsFrom:Int64} AND at_ms < {stepsTo:Int64}, intDiv(at_ms - {stepsFrom:Int64}, {step:Int64}), -1) AS now_step,
      if(at_ms >= {stepsFrom:Int64} - {width:Int64} AND at_ms < {stepsTo:Int64} - {width:Int64},
        intDiv(at_ms - {stepsFrom:Int64} + {width:Int64}, {step:Int64}), -1) AS before_step,
      sum(calls) AS calls, sum(errors) AS errors, ${mergedState}(duration_ns_quantiles) AS durations
    FROM ${serviceSource(window)}
    WHERE ${where.sql}
    GROUP BY service, span, now_step, before_step
  )
  SELECT transform(grouping(service, span, now_step, before_step), [3, 11, 5, 13, 14],
      ['service', 'total', 'service step', 'total step', 'total step before'], '') AS part,
    service, span, if(part = 'total step before', before_step, now_step) AS step,
    sum(calls) AS calls, sum(errors) AS errors, ${merged}(durations) AS durations_ns
  FROM parts
  GROUP BY GROUPING SETS ((service, span), (span), (service, now_step), (now_step), (before_step))
  HAVING if(part IN ('service', 'total'), span, step) >= 0`;

interface Counts {
  readonly calls: number;
  readonly errors: number;
  readonly durations_ns: readonly (number | null)[];
}
type RedRow = Counts & {
  readonly part: 'service' | 'total' | 'service step' | 'total step' | 'total step before';
  readonly service: string;
  readonly span: number;
  readonly step: number;
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type MutableFigures = Mutable<RedFigures>;

const setSpan = (figures: MutableFigures, row: RedRow, window: RedWindow): void => {
  if (row.span === 1) figures.now = redOf(row, window.seconds);
  else figures.before = redOf(row, window.beforeSeconds);
};

const setStep = (series: RedSeries, step: number, row: Counts, window: RedWindow): void => {
  const red = redOf(row, stepSeconds(window, step));
  series.requestsPerSecond[step] = red.requestsPerSecond;
  series.errorRate[step] = red.errorRate;
  series.p50Ms[step] = red.p50Ms;
  series.p95Ms[step] = red.p95Ms;
  series.p99Ms[step] = red.p99Ms;
};

export const redOf = ({ calls, errors, durations_ns }: Counts, seconds: number): Red => {
  const [p50Ms, p95Ms, p99Ms] = durations_ns.map((ns) => (ns === null ? null : ns / 1e6));
  return {
    calls,
    requestsPerSecond: calls / seconds,
    errorRate: calls === 0 ? 0 : errors / calls,
    p50Ms: p50Ms ?? null,
    p95Ms: p95Ms ?? null,
    p99Ms: p99Ms ?? null,
  };
};

const emptyFigures = (window: RedWindow, shiftMs: number): MutableFigures => ({
  now: undefined,
  before: undefined,
  series: emptySeries(window, shiftMs),
});

export const emptySeries = ({ steps }: RedWindow, shiftMs: number): RedSeries => {
  const nothing = (): (number | null)[] => new Array<number | null>(steps.count).fill(null);
  return {
    startMs: steps.startMs - shiftMs,
    stepMs: steps.stepMs,
    requestsPerSecond: nothing(),
    errorRate: nothing(),
    p50Ms: nothing(),
    p95Ms: nothing(),
    p99Ms: nothing(),
  };
};
