/** Reads points of the selected series in chunks of series, so that memory stays bounded however many there are. */
import type { QueryCost, QueryParam, Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import { ApiError } from '../api-error.ts';
import { totalCost } from '../cost.ts';
import type { MetricGrid } from './grid.ts';
import type { Behaviour, SelectedSeries } from './series.ts';

export interface ChunkedQuery {
  readonly tenant: Tenant;
  readonly metric: string;
  readonly selected: SelectedSeries;
  readonly grid: MetricGrid;
  /** Series of one behaviour only. */
  readonly behaviour?: Behaviour;
  /** How much more than a number a cell is: buckets take ten times as much. */
  readonly cellWeight?: number;
  /** How far beyond the first and last step points are read, for what lies across their borders. */
  readonly marginMs: number;
  /** One SELECT that returns a row per series, given the condition on points to read. */
  readonly sql: (points: string) => string;
  readonly params?: Readonly<Record<string, QueryParam>>;
}

/** A series in a step is a cell: what the answer of a chunk is made of. By weight. */
const cellsPerChunk = 500_000;
const maxCells = 2_500_000;

/** @throws ApiError QUERY_TOO_EXPENSIVE when there are too many series and steps */
export const readInChunks = async <Row>(
  telemetry: Pick<Telemetry, 'query'>,
  query: ChunkedQuery,
  take: (row: Row) => void,
): Promise<QueryCost> => {
  const { selected, grid } = query;
  const cells = selected.groupOf.size * grid.count * (query.cellWeight ?? 1);
  if (cells > maxCells) {
    throw new ApiError(
      'QUERY_TOO_EXPENSIVE',
      `${selected.groupOf.size} series in ${grid.count} steps are too much at once: filter by an attribute, choose a shorter time range or a longer step.`,
    );
  }
  const chunks = Math.max(1, Math.ceil(cells / cellsPerChunk));
  const series = selected.where(query.behaviour);
  const costs: QueryCost[] = [];
  for (let chunk = 0; chunk < chunks; chunk++) {
    const { rows, cost } = await telemetry.query<Row>({
      tenant: query.tenant,
      sql: query.sql(`${pointsInChunk} AND ${series.sql}`),
      params: {
        ...series.params,
        ...query.params,
        ...gridParams(query),
        ...chunkParams(chunk, chunks),
        metric: query.metric,
      },
    });
    costs.push(cost);
    for (const row of rows) take(row);
  }
  return totalCost(costs);
};

const pointsInChunk = `
  org = {org:String} AND project = {project:String} AND metric = {metric:String}
  AND toStartOfHour(time) >= toStartOfHour(fromUnixTimestamp64Milli({readFrom:Int64}, 'UTC'))
  AND toStartOfHour(time) <= fromUnixTimestamp64Milli({readTo:Int64}, 'UTC')
  AND time >= fromUnixTimestamp64Milli({readFrom:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({readTo:Int64}, 'UTC')
  AND received_at >= fromUnixTimestamp64Milli({readFrom:Int64}, 'UTC') - INTERVAL 25 HOUR
  AND series BETWEEN {firstSeries:UInt64} AND {lastSeries:UInt64}`;

/** Series ids are hashes, and the tables are sorted by them: equal parts of their range hold about as many each. */
const chunkParams = (chunk: number, chunks: number): Record<string, QueryParam> => {
  const border = (i: number): bigint => (2n ** 64n * BigInt(i)) / BigInt(chunks);
  return { firstSeries: String(border(chunk)), lastSeries: String(border(chunk + 1) - 1n) };
};

/** Times are Unix milliseconds. */
const gridParams = ({ grid, marginMs }: ChunkedQuery): Record<string, QueryParam> => ({
  gridStart: grid.startMs,
  step: grid.stepMs,
  steps: grid.count,
  gridEnd: grid.endMs,
  // The margin follows the usual interval of a series, which is a mean: rarely whole.
  readFrom: Math.max(0, Math.floor(grid.startMs - marginMs)),
  readTo: Math.ceil(grid.startMs + grid.count * grid.stepMs + marginMs),
});
