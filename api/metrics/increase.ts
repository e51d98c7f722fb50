/**
 * How much counters grew. Every point says how much came together between two moments: a delta since its start time, a
 * cumulative one since the point before it. That amount is spread evenly over the time between, so that steps shorter
 * than the reporting interval, and reports that come a second late, show no gaps and no spikes.
 *
 * A cumulative series starts again from zero where it falls, and where its start time moves past the point before it
 * (OpenTelemetry's data model, "Resets and gaps"). The first point there is of a series counts from its start time when
 * that lies within the steps; from an older or unknown start, nobody knows how much of it is new, and nothing is counted.
 */
import type { QueryCost, Telemetry } from '../../kernel/telemetry/client.ts';
import { totalCost } from '../cost.ts';
import type { Counter } from './plan.ts';
import { type ChunkedQuery, readInChunks } from './read.ts';
import type { Behaviour } from './series.ts';
import type { Lines } from './values.ts';

/** @param perSecond rates: series that still report are taken to go on to the end of the last step. */
export const readIncrease = async (
  telemetry: Pick<Telemetry, 'query'>,
  query: Omit<ChunkedQuery, 'sql' | 'marginMs' | 'behaviour'>,
  of: Counter,
  perSecond: boolean,
): Promise<{ lines: Lines; cost: QueryCost }> => {
  const { selected, grid } = query;
  const lines: Lines = selected.groups.map(() => new Array<number | null>(grid.count).fill(null));
  const costs: QueryCost[] = [];
  for (const behaviour of selected.behaviours) {
    const cost = await readInChunks<{ id: string; cells: (readonly [step: number, amount: number])[] }>(
      telemetry,
      {
        ...query,
        behaviour,
        marginMs: marginMs(grid.intervalMs),
        sql: (points) => increaseSql(points, of, behaviour),
        params: { goesOnMs: perSecond ? Math.round(grid.intervalMs * stillReporting) : 0 },
      },
      ({ id, cells }) => {
        const line = lines[selected.groupOf.get(id) ?? -1];
        if (line) for (const [step, amount] of cells) line[step] = (line[step] ?? 0) + amount;
      },
    );
    costs.push(cost);
  }
  if (perSecond) {
    for (const line of lines) {
      line.forEach((amount, step) => {
        const startMs = grid.startMs + step * grid.stepMs;
        const seconds = Math.max(1, Math.min(grid.stepMs, grid.endMs - startMs)) / 1000;
        if (amount !== null) line[step] = amount / seconds;
      });
    }
  }
  return { lines, cost: totalCost(costs) };
};

const stillReporting = 1.5;

/** Enough to find the point before the first step, and the one after the last. */
const marginMs = (intervalMs: number): number => Math.min(7_200_000, Math.max(300_000, 3 * Math.ceil(intervalMs)));

const counterOf: Record<Counter, { table: string; value: string; count: string; present: string }> = {
  value: {
    table: 'metric_samples',
    value: `if(value_type = 'int', toFloat64(value_int), value)`,
    count: `if(value_type = 'int', toFloat64(value_int), value)`,
    present: `value_type != 'none'`,
  },
  count: { table: 'metric_distributions', value: 'toFloat64(count)', count: 'toFloat64(count)', present: 'true' },
  // Sums of negative observations may fall; that the count fell tells a reset.
  sum: {
    table: 'metric_distributions',
    value: 'assumeNotNull(sum)',
    count: 'toFloat64(count)',
    present: 'isNotNull(sum)',
  },
};

const gridStartNs = '({gridStart:Int64} * 1000000)';
const stepNs = '({step:Int64} * 1000000)';
const gridEndNs = '({gridEnd:Int64} * 1000000)';

/** From what came together between `since` and `reported` to how much of it falls into each step. */
const increaseSql = (points: string, of: Counter, behaviour: Behaviour): string => `
  SELECT toString(series) AS id, groupArray((step_number, grown)) AS cells
  FROM (
    SELECT series, step_number,
      sum(if(until <= since, amount, amount / (until - since) * greatest(0,
        least(until, ${gridEndNs}, ${gridStartNs} + (step_number + 1) * ${stepNs})
          - greatest(since, ${gridStartNs} + step_number * ${stepNs})))) AS grown
    FROM (
      SELECT series, since, if(goes_on, ${gridEndNs}, reported) AS until,
        if(goes_on, counted * (${gridEndNs} - since) / (reported - since), counted) AS amount,
        toInt64(floor((since - ${gridStartNs}) / ${stepNs})) AS first_step,
        if(until <= since, first_step, toInt64(floor((until - 1 - ${gridStartNs}) / ${stepNs}))) AS last_step,
        arrayJoin(range(greatest(first_step, 0), least(last_step, {steps:Int64} - 1) + 1)) AS step_number
      FROM (
        SELECT series, since, reported, counted, is_last AND since < reported AND reported < ${gridEndNs}
          AND reported >= ${gridEndNs} - {goesOnMs:Int64} * 1000000 AS goes_on
        FROM (${(behaviour.temporality === 'delta' ? deltas : cumulatives)(counterPoints(points, of, behaviour))})
      )
    )
    GROUP BY series, step_number
  )
  GROUP BY series`;

const counterPoints = (points: string, of: Counter, { monotonic }: Behaviour): string => {
  const { table, value, count, present } = counterOf[of];
  const falls = of === 'value' && !monotonic ? 'toFloat64(0)' : count;
  return `SELECT series, toUnixTimestamp64Nano(time) AS t, toInt64(start_time_unix_nano) AS s, ${value} AS v, ${falls} AS c
    FROM ${table} WHERE ${points} AND ${present}`;
};

/** Where a delta does not say since when, it counts at its own time. */
const deltas = (points: string): string => `
  SELECT series, if(s > 0 AND s < t, s, t) AS since, t AS reported, v AS counted, t = max(t) OVER (PARTITION BY series) AS is_last
  FROM (${points}) WHERE isFinite(v)`;

const cumulatives = (points: string): string => `
  SELECT series, t AS reported, is_last,
    number > 1 AND (c < c_before OR (s > s_before AND s >= t_before)) AS reset,
    multiIf(number = 1, s, reset AND s > t_before AND s < t, s, t_before) AS since,
    if(number = 1 OR reset, v, v - v_before) AS counted
  FROM (
    SELECT series, t, s, v, c, row_number() OVER w AS number, lagInFrame(t) OVER w AS t_before,
      lagInFrame(s) OVER w AS s_before, lagInFrame(v) OVER w AS v_before, lagInFrame(c) OVER w AS c_before,
      t = max(t) OVER (PARTITION BY series) AS is_last
    FROM (${points})
    WHERE isFinite(v)
    WINDOW w AS (PARTITION BY series ORDER BY t ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
  )
  WHERE number > 1 OR (s >= ${gridStartNs} AND s < t)`;
