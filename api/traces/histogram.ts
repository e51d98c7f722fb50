/** Spans that match, by time and duration: rows of durations grow by half or double, as people compare them. */
import type { QueryCost, Telemetry } from '../../kernel/telemetry/client.ts';
import type { TraceHistogram } from '../contract/traces.ts';
import type { Handler } from '../handler.ts';
import { roundStepMs, type Steps, stepsAround } from '../steps.ts';
import { spanSearchOf, spanWhere } from './search.ts';

const maxSteps = 120;
/** 1 µs to 1000 s, six rows per power of ten. */
const boundsNs: readonly number[] = [3, 4, 5, 6, 7, 8, 9, 10, 11].flatMap((power) =>
  [1, 1.5, 2, 3, 5, 7].map((factor) => Math.round(factor * 10 ** power)),
);

export const getTraceHistogram =
  (telemetry: Pick<Telemetry, 'query'>): Handler<'getTraceHistogram'> =>
  async (input, { tenant }) => {
    const steps = stepsOf(input);
    const where = spanWhere(spanSearchOf(input, undefined));
    const { rows, cost } = await telemetry.query<Cell>({
      tenant,
      sql: `SELECT intDiv(toUnixTimestamp64Milli(start_time) - {startMs:Int64}, {stepMs:Int64}) AS step,
          roundDown(duration_ns, {boundsNs:Array(UInt64)}) AS at_least_ns, count() AS spans, countIf(status = 'error') AS errors
        FROM spans WHERE ${where.sql} GROUP BY step, at_least_ns`,
      params: { ...where.params, startMs: steps.startMs, stepMs: steps.stepMs, boundsNs: [0, ...boundsNs] },
    });
    return histogramOf(rows, steps, cost);
  };

interface Cell {
  readonly step: number;
  /** Lower bound of the duration row, 0 for the first. */
  readonly at_least_ns: number;
  readonly spans: number;
  readonly errors: number;
}

/** A range across one border more than it has steps gets a longer step, not a column too many. */
const stepsOf = ({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): Steps => {
  const steps = stepsAround(fromMs, toMs, roundStepMs(toMs - fromMs, maxSteps));
  return steps.count <= maxSteps ? steps : stepsAround(fromMs, toMs, roundStepMs(toMs - fromMs, maxSteps - 1));
};

/** Rows without a span above the slowest and below the fastest are left out. */
const histogramOf = (cells: readonly Cell[], { startMs, stepMs, count }: Steps, cost: QueryCost): TraceHistogram => {
  const rowOf = (cell: Cell): number => boundsNs.indexOf(cell.at_least_ns) + 1;
  const first = Math.min(...cells.map(rowOf), boundsNs.length);
  const last = Math.max(...cells.map(rowOf), first);
  const bounds = boundsNs.slice(first, last);
  const counts = Array.from({ length: count }, () => new Array<number>(bounds.length + 1).fill(0));
  const errors = new Array<number>(count).fill(0);
  for (const cell of cells) {
    counts[cell.step]![rowOf(cell) - first]! += cell.spans;
    errors[cell.step]! += cell.errors;
  }
  return {
    startMs,
    stepMs,
    durationBoundsMs: bounds.map((ns) => ns / 1e6),
    counts,
    errors,
    total: cells.reduce((sum, cell) => sum + cell.spans, 0),
    cost,
  };
};
