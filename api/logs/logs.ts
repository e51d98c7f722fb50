/** Log lines, newest or oldest first, page by page. */
import type { Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import { ApiError } from '../api-error.ts';
import type { LogList } from '../contract/logs.ts';
import type { Handler, Input } from '../handler.ts';
import { type LogRow, logLineColumns, logLineOf } from './line.ts';
import { logSearchOf, logWhere } from './search.ts';

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

type Search = Pick<Input<'listLogs'>, 'fromMs' | 'toMs' | 'q' | 'traceId' | 'limit' | 'cursor' | 'order'>;

const readPage = async (
  telemetry: Telemetry,
  tenant: Tenant,
  service: string | undefined,
  input: Search,
): Promise<LogList> => {
  const where = logWhere(logSearchOf(input, service));
  const [sign, direction, bound] = input.order === 'newest' ? ['<', 'DESC', '<='] : ['>', 'ASC', '>='];
  const cursor = input.cursor === undefined ? undefined : parseCursor(input.cursor);
  // The second bound is what the primary key understands.
  const beyond =
    cursor === undefined
      ? 'true'
      : `(time, record_partition, record_offset, record_index) ${sign}
           (fromUnixTimestamp64Nano({afterNano:Int64}, 'UTC'), {afterPartition:UInt16}, {afterOffset:UInt64}, {afterIndex:UInt32})
         AND time ${bound} fromUnixTimestamp64Nano({afterNano:Int64}, 'UTC')`;
  const { rows, cost } = await telemetry.query<LogRow>({
    sql: `SELECT ${logLineColumns} FROM logs WHERE ${where.sql} AND ${beyond}
      ORDER BY time ${direction}, record_partition ${direction}, record_offset ${direction}, record_index ${direction}
      LIMIT {limit:UInt32}`,
    params: { ...where.params, ...cursor, limit: input.limit + 1 },
    tenant,
  });
  const page = rows.slice(0, fitting(rows.slice(0, input.limit)));
  const lines = page.map(logLineOf);
  return { lines, nextCursor: rows.length > page.length ? lines.at(-1)!.id : null, cost };
};

/**
 * A cursor is the id of the last line seen, so a page can begin at any line somebody links to. Links from when topics
 * had one partition do not name it.
 */
const parseCursor = (cursor: string) => {
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
