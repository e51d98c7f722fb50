/** Which keys and values exist, from the hourly table of them: never from the rows themselves. */
import { type Query, QueryTooExpensiveError, type Telemetry, type Tenant } from '../../kernel/telemetry/client.ts';
import { floorTo } from '../steps.ts';

export interface Known {
  readonly tenant: Tenant;
  readonly signal: 'spans' | 'logs';
  readonly fromMs: number;
  readonly toMs: number;
}

export interface KnownKey {
  readonly scope: 'record' | 'resource';
  readonly key: string;
  readonly rows: number;
}

export interface KnownValue {
  readonly value: string;
  readonly rows: number;
}

/** Keys, most frequent first. @param containing what the key must contain, whatever the case; '' for any. */
export const readKeys = (telemetry: Telemetry, known: Known, containing: string, limit: number): Promise<KnownKey[]> =>
  read<KnownKey>(telemetry, known, {
    sql: `SELECT scope, key, sum(facets.rows) AS rows FROM facets WHERE ${inRange}
        AND positionCaseInsensitive(key, {containing:String}) > 0
      GROUP BY scope, key ORDER BY rows DESC, key LIMIT {limit:UInt32}`,
    params: { containing, limit },
  });

/** An attribute, which may be known under several keys. */
export interface KnownAttribute {
  readonly keys: readonly string[];
  readonly scopes: readonly KnownKey['scope'][];
}

/** Values of an attribute, most frequent first: those that are listed (docs/decisions/0020). */
export const readValues = (
  telemetry: Telemetry,
  known: Known,
  attribute: KnownAttribute,
  containing: string,
  limit: number,
): Promise<KnownValue[]> =>
  read<KnownValue>(telemetry, known, {
    sql: `SELECT value, sum(facets.rows) AS rows FROM facets WHERE ${inRange}
        AND scope IN {scopes:Array(String)} AND key IN {keys:Array(String)} AND value != ''
        AND positionCaseInsensitive(value, {containing:String}) > 0
      GROUP BY value ORDER BY rows DESC, value LIMIT {limit:UInt32}`,
    params: { ...attribute, containing, limit },
  });

/** Rows that have the attribute with a value that is not listed: a long one, or one of too many. */
export const countUnlisted = async (telemetry: Telemetry, known: Known, attribute: KnownAttribute): Promise<number> => {
  const [row] = await read<{ unlisted: number }>(telemetry, known, {
    sql: `SELECT sum(facets.unlisted) AS unlisted FROM facets WHERE ${inRange}
        AND scope IN {scopes:Array(String)} AND key IN {keys:Array(String)} AND value = ''`,
    params: { ...attribute },
  });
  return row?.unlisted ?? 0;
};

/** Names of spans, most frequent first. */
export const readOperations = (
  telemetry: Telemetry,
  known: Known,
  containing: string,
  limit: number,
): Promise<KnownValue[]> =>
  read<KnownValue>(telemetry, known, {
    sql: `SELECT name AS value, sum(calls) AS rows FROM red
      WHERE org = {org:String} AND project = {project:String}
        AND minute >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')
        AND minute < fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')
        AND positionCaseInsensitive(name, {containing:String}) > 0
      GROUP BY value ORDER BY rows DESC, value LIMIT {limit:UInt32}`,
    params: { containing, limit },
  });

/** Keys of records that have several values but not too many to choose from, nearly all of them listed. */
export const readUsefulKeys = async (telemetry: Telemetry, known: Known, limit: number): Promise<string[]> => {
  const rows = await read<{ key: string }>(telemetry, known, {
    sql: `SELECT key FROM facets WHERE ${inRange} AND scope = 'record'
      GROUP BY key HAVING uniqIf(value, value != '') BETWEEN 2 AND 50 AND sum(facets.unlisted) * 10 < sum(facets.rows)
      ORDER BY sum(facets.rows) DESC, key LIMIT {limit:UInt32}`,
    params: { limit },
  });
  return rows.map((row) => row.key);
};

const inRange = `org = {org:String} AND project = {project:String} AND signal = {signal:String}
  AND hour >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC') AND hour < fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')`;

const hourMs = 3_600_000;
/** What a person waits for while typing. */
const maxRows = 3_000_000;
const maxExecutionMs = 2_000;

/** Over the whole range, or where that holds too much, over its last hour; nothing where even that does. */
const read = async <Row>(telemetry: Telemetry, known: Known, query: Pick<Query, 'sql' | 'params'>): Promise<Row[]> => {
  const { tenant, signal, toMs } = known;
  for (const fromMs of [floorTo(known.fromMs, hourMs), floorTo(toMs - 1, hourMs)]) {
    try {
      const params = { ...query.params, signal, fromMs, toMs };
      return (await telemetry.query<Row>({ sql: query.sql, params, tenant, maxExecutionMs, maxRowsToRead: maxRows }))
        .rows;
    } catch (error) {
      if (!(error instanceof QueryTooExpensiveError)) throw error;
    }
  }
  return [];
};
