/** The points of a metric, field by field as they were sent, oldest first. */
import type { QueryCost, Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import { ApiError } from '../api-error.ts';
import { totalCost } from '../cost.ts';
import type { Handler } from '../handler.ts';
import { readMetric } from './names.ts';
import { type PointRow, pointOf, pointsSql } from './point.ts';

export const listMetricPoints =
  (telemetry: Pick<Telemetry, 'query'>): Handler<'listMetricPoints'> =>
  async ({ metric: name, fromMs, toMs, limit, cursor }, { tenant }) => {
    const { metric, cost } = await readMetric(telemetry, tenant, name, { fromMs, toMs });
    const after = cursor === undefined ? undefined : parseCursor(cursor);
    const page = await readPage(telemetry, tenant, { metric: name, fromMs, toMs, limit, after });
    return {
      metric,
      points: page.rows.map(pointOf),
      nextCursor: page.more ? cursorAfter(page.rows, after) : null,
      cost: totalCost([cost, page.cost]),
    };
  };

/** The last point shown. Points of one series at one moment are told apart by how many of them were shown. */
interface Place {
  readonly timeNs: string;
  readonly series: string;
  readonly shown: number;
}

interface PageRequest {
  readonly metric: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly limit: number;
  readonly after: Place | undefined;
}

const readPage = async (
  telemetry: Pick<Telemetry, 'query'>,
  tenant: Tenant,
  { after, limit, ...params }: PageRequest,
): Promise<{ rows: PointRow[]; more: boolean; cost: QueryCost }> => {
  const { rows, cost } = await telemetry.query<PointRow>({
    tenant,
    sql: pointsSql,
    params: {
      ...params,
      afterNs: after?.timeNs ?? String(BigInt(params.fromMs) * 1_000_000n),
      afterSeries: after?.series ?? '0',
      skip: after?.shown ?? 0,
      limit: limit + 1,
    },
  });
  return { rows: rows.slice(0, limit), more: rows.length > limit, cost };
};

const cursorAfter = (rows: readonly PointRow[], after: Place | undefined): string => {
  const { time_ns, series_id } = rows.at(-1)!;
  const same = rows.filter((row) => row.time_ns === time_ns && row.series_id === series_id).length;
  const before = after?.timeNs === time_ns && after.series === series_id ? after.shown : 0;
  return `${time_ns}-${series_id}-${before + same}`;
};

const parseCursor = (cursor: string): Place => {
  const [, timeNs, series, shown] = /^(\d{1,18}|[1-8]\d{18})-(\d{1,20})-(\d{1,7})$/.exec(cursor) ?? [];
  if (timeNs === undefined || BigInt(series!) >= 2n ** 64n) {
    throw new ApiError('INVALID_REQUEST', '"cursor" must be the nextCursor of an earlier page.');
  }
  return { timeNs, series: series!, shown: Number(shown) };
};
