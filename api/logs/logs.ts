/** Log lines, newest or oldest first, page by page. */
import type { QueryCost, Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import { ApiError } from '../api-error.ts';
import type { LogList } from '../contract/logs.ts';
import { totalCost } from '../cost.ts';
import type { Handler, Input } from '../handler.ts';
import { type LogRow, logLineColumns, logLineOf } from './line.ts';
import { type LogSearch, logSearchOf, logWhere } from './search.ts';
import { type Window, windowsOf } from './windows.ts';

export const listLogs =
  (telemetry: Telemetry): Handler<'listLogs'> =>
  (input, { tenant }) =>
    readPage(telemetry, tenant, undefined, input);

export const listServiceLogs =
  (telemetry: Telemetry): Handler<'listServiceLogs'> =>
  (input, { tenant, service }) =>
    readPage(telemetry, tenant, service, input);

/** Lines may be long: a page ends early rather than make an answer that no browser can show. */
const maxPageBytes = 8 * 2 ** 20;

type Cursor = Readonly<Record<'afterNano' | 'afterPartition' | 'afterOffset' | 'afterIndex', string>>;
type Search = Pick<Input<'listLogs'>, 'fromMs' | 'toMs' | 'q' | 'traceId' | 'limit' | 'cursor' | 'order'>;

const readPage = async (
  telemetry: Telemetry,
  tenant: Tenant,
  service: string | undefined,
  input: Search,
): Promise<LogList> => {
  const search = logSearchOf(input, service);
  const cursor = input.cursor === undefined ? undefined : parseCursor(input.cursor);
  const wanted = input.limit + 1;
  const rows: LogRow[] = [];
  const costs: QueryCost[] = [];
  for (const window of input.traceId === undefined ? windowsOf(remaining(input, cursor), input.order) : [input]) {
    const limit = wanted - rows.length;
    const read = await readLines(telemetry, tenant, { ...search, ...window }, input.order, cursor, limit);
    rows.push(...read.rows);
    costs.push(read.cost);
    if (rows.length === wanted) break;
  }
  const page = rows.slice(0, fitting(rows.slice(0, input.limit)));
  const lines = page.map(logLineOf);
  return { lines, nextCursor: rows.length > page.length ? lines.at(-1)!.id : null, cost: totalCost(costs) };
};

/** What a page can still hold: nothing beyond the line it begins after. */
const remaining = ({ fromMs, toMs, order }: Search, cursor: Cursor | undefined): Window => {
  if (cursor === undefined) return { fromMs, toMs };
  const afterMs = Number(BigInt(cursor.afterNano) / 1_000_000n);
  return order === 'newest'
    ? { fromMs, toMs: Math.max(fromMs, Math.min(toMs, afterMs + 1)) }
    : { fromMs: Math.min(toMs, Math.max(fromMs, afterMs)), toMs };
};

const readLines = (
  telemetry: Telemetry,
  tenant: Tenant,
  search: LogSearch,
  order: Search['order'],
  cursor: Cursor | undefined,
  limit: number,
): Promise<{ rows: LogRow[]; cost: QueryCost }> => {
  const where = logWhere(search);
  const [sign, direction, bound] = order === 'newest' ? ['<', 'DESC', '<='] : ['>', 'ASC', '>='];
  // The second bound is what the primary key understands.
  const beyond =
    cursor === undefined
      ? 'true'
      : `(time, record_partition, record_offset, record_index) ${sign}
           (fromUnixTimestamp64Nano({afterNano:Int64}, 'UTC'), {afterPartition:UInt16}, {afterOffset:UInt64}, {afterIndex:UInt32})
         AND time ${bound} fromUnixTimestamp64Nano({afterNano:Int64}, 'UTC')`;
  return telemetry.query<LogRow>({
    sql: `SELECT ${logLineColumns} FROM logs WHERE ${where.sql} AND ${beyond}
      ORDER BY time ${direction}, record_partition ${direction}, record_offset ${direction}, record_index ${direction}
      LIMIT {limit:UInt32}`,
    params: { ...where.params, ...cursor, limit },
    tenant,
  });
};

/**
 * A cursor is the id of the last line seen, so a page can begin at any line somebody links to. Links from when topics
 * had one partition do not name it.
 */
const parseCursor = (cursor: string): Cursor => {
  const [, afterNano, afterPartition = '0', afterOffset, afterIndex] =
    /^(\d{1,19})-(?:(\d{1,5})-)?(\d{1,19})-(\d{1,9})$/.exec(cursor) ?? [];
  if (afterNano === undefined || BigInt(afterNano) >= 2n ** 63n || Number(afterPartition) >= 2 ** 16) {
    throw new ApiError('INVALID_REQUEST', '"cursor" must be the nextCursor of an earlier page.');
  }
  return { afterNano, afterPartition, afterOffset: afterOffset!, afterIndex: afterIndex! };
};

/** How many of the rows fit into a page; at least one. */
const fitting = (rows: readonly LogRow[]): number => {
  let bytes = 0;
  const first = rows.findIndex((row) => {
    bytes += row.body.length;
    for (const [key, text] of row.attribute_pairs) bytes += key.length + text.length;
    return bytes > maxPageBytes;
  });
  return first === -1 ? rows.length : Math.max(1, first);
};
