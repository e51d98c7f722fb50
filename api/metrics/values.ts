/** Values of series in steps: each series by itself first, then the series of a group together. */
import type { QueryCost, Telemetry } from '../../kernel/telemetry/client.ts';
import type { MetricGrid } from './grid.ts';
import type { ValuesPlan } from './plan.ts';
import { type ChunkedQuery, readInChunks } from './read.ts';

/** A step of a series: its value there, and the last point, which stays until the next is due. */
export type Cell = readonly [step: number, value: number, last: number, lastMs: number];

/** Values by group and step; null where no series has one. */
export type Lines = (number | null)[][];

export const readValues = async (
  telemetry: Pick<Telemetry, 'query'>,
  query: Omit<ChunkedQuery, 'sql' | 'marginMs'>,
  plan: ValuesPlan,
): Promise<{ lines: Lines; cost: QueryCost }> => {
  const { selected, grid } = query;
  const lines = startLines(selected.groups.length, grid, plan.across);
  const patienceMs = plan.lasting ? grid.intervalMs * missedReports : 0;
  const cost = await readInChunks<{ id: string; cells: Cell[] }>(
    telemetry,
    {
      ...query,
      marginMs: patienceMs,
      sql: (points) => valuesSql(points, plan),
      params: plan.quantile ? { quantile: plan.quantile.at } : {},
    },
    ({ id, cells }) => {
      const group = selected.groupOf.get(id);
      // A series that began since the others were chosen waits for the next look.
      if (group !== undefined) lines.add(group, fillGaps(cells, grid, patienceMs));
    },
  );
  return { lines: lines.end(), cost };
};

/** A report may be late by half its interval before its series is taken to be gone. */
const missedReports = 1.5;

const sourceOf = ({ of, quantile }: ValuesPlan): { table: string; value: string; present: string } => {
  if (of === 'value') {
    return {
      table: 'metric_samples',
      value: `if(value_type = 'int', toFloat64(value_int), value)`,
      present: `value_type != 'none'`,
    };
  }
  if (of === 'quantile') {
    return {
      table: 'metric_distributions',
      value: 'arraySort((v, q) -> abs(q - {quantile:Float64}), quantile_values, quantiles)[1]',
      present: quantile?.exactly ? 'has(quantiles, {quantile:Float64})' : 'notEmpty(quantiles)',
    };
  }
  return { table: 'metric_distributions', value: `assumeNotNull(${of})`, present: `isNotNull(${of})` };
};

const withinStep: Record<ValuesPlan['within'], string> = {
  avg: 'avg(v)',
  min: 'min(v)',
  max: 'max(v)',
  last: 'argMax(v, time)',
};

const valuesSql = (points: string, plan: ValuesPlan): string => {
  const { table, value, present } = sourceOf(plan);
  return `
  SELECT toString(series) AS id, groupArray((step_number, step_value, step_last, step_last_ms)) AS cells
  FROM (
    SELECT series, toInt64(floor((toUnixTimestamp64Milli(time) - {gridStart:Int64}) / {step:Int64})) AS step_number,
      ${withinStep[plan.within]} AS step_value, argMax(v, time) AS step_last, toUnixTimestamp64Milli(max(time)) AS step_last_ms
    FROM (SELECT series, time, ${value} AS v FROM ${table} WHERE ${points} AND ${present})
    WHERE isFinite(v)
    GROUP BY series, step_number
  )
  GROUP BY series`;
};

/**
 * Steps of a series inside the grid, in order. Reporters drift, so that now and then a step has no point while its
 * neighbours have: the value before stands in as long as no report has been missed. A sum over series would dip there,
 * and at its end, where the last reports are still to come.
 */
export const fillGaps = (cells: readonly Cell[], grid: MetricGrid, patienceMs: number): Cell[] => {
  const filled: Cell[] = [];
  let before: Cell | undefined;
  const stand = (until: number): void => {
    if (before === undefined) return;
    const [lastStep, , value, valueMs] = before;
    for (let step = lastStep + 1; step < until; step++) {
      if (valueMs + patienceMs < Math.min(grid.startMs + (step + 1) * grid.stepMs, grid.endMs)) break;
      filled.push([step, value, value, valueMs]);
    }
  };
  for (const cell of [...cells].sort((a, b) => a[0] - b[0])) {
    stand(cell[0]);
    filled.push(cell);
    before = cell;
  }
  if (before !== undefined && before[3] + patienceMs >= grid.endMs) stand(grid.count);
  return filled.filter(([step]) => step >= 0 && step < grid.count);
};

interface OpenLines {
  add(group: number, cells: readonly Cell[]): void;
  end(): Lines;
}

/** Adds series to their groups one by one. */
export const startLines = (groups: number, grid: MetricGrid, across: ValuesPlan['across']): OpenLines => {
  const size = groups * grid.count;
  const values = new Float64Array(size);
  const series = new Uint32Array(size);
  const newestMs = across === 'last' ? new Float64Array(size) : undefined;
  return {
    add(group, cells) {
      for (const [step, value, , lastMs] of cells) {
        const at = group * grid.count + step;
        const first = series[at]!++ === 0;
        if (across === 'min') values[at] = first ? value : Math.min(values[at]!, value);
        else if (across === 'max') values[at] = first ? value : Math.max(values[at]!, value);
        else if (newestMs === undefined) values[at]! += value;
        else if (first || lastMs > newestMs[at]!) {
          values[at] = value;
          newestMs[at] = lastMs;
        }
      }
    },
    end: () =>
      Array.from({ length: groups }, (_, group) =>
        Array.from({ length: grid.count }, (_, step) => {
          const at = group * grid.count + step;
          const count = series[at]!;
          if (count === 0) return null;
          if (across === 'count') return count;
          return across === 'avg' ? values[at]! / count : values[at]!;
        }),
      ),
  };
};
