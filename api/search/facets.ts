/**
 * Values and their counts among the rows that match, for several fields in one pass. Exact while few rows have to be
 * read; beyond that from a sample (sample-rows.ts), and said so.
 */
import {
  type QueryCost,
  type QueryParam,
  QueryTooExpensiveError,
  type Telemetry,
  type Tenant,
} from '../../kernel/telemetry/client.ts';
import { ApiError } from '../api-error.ts';
import type { Facets } from '../contract/search.ts';
import { placeOf, type Scope } from '../query/resolve.ts';
import type { Target } from '../query/targets.ts';
import { floorTo } from '../steps.ts';
import { blockMs, type RowSample, sampleRows } from './sample-rows.ts';

export interface FacetQuery {
  readonly tenant: Tenant;
  readonly table: 'logs' | 'spans';
  readonly target: Target;
  /** The table's own time column. */
  readonly timeColumn: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** The whole condition, tenant and time range included. */
  readonly where: { readonly sql: string; readonly params: Readonly<Record<string, QueryParam>> };
  /** As in a query: `service`, `http.status_code`, `resource.k8s.pod.name`. */
  readonly fields: readonly string[];
  /** Fields that only records are known to have: their resources need not be read. */
  readonly ofRecords?: ReadonlySet<string>;
}

const maxFields = 20;
const maxValues = 12;
/** Rows that are read without a second thought, and about what a sample reads. A map costs twenty times what columns do. */
const maxExactRowsOf = (fields: readonly string[], target: Target): number =>
  fields.every((field) => placeOf(field, target).kind === 'column') ? 4_000_000 : 250_000;

/** @throws ApiError INVALID_REQUEST for a field that has no facets. */
export const readFacets = async (
  telemetry: Telemetry,
  query: FacetQuery,
  maxExactRows = maxExactRowsOf(query.fields, query.target),
): Promise<Facets> => {
  const fields = [...new Set(query.fields)];
  if (fields.length > maxFields)
    throw new ApiError('INVALID_REQUEST', `Ask for at most ${maxFields} fields at a time.`);
  if (fields.length === 0) return { facets: [], sampledOneIn: 1, cost: { rowsRead: 0, bytesRead: 0, elapsedMs: 0 } };
  try {
    const { rows, cost } = await countValues(telemetry, query, fields, { maxRowsToRead: maxExactRows });
    return { facets: facetsOf(fields, rows, 1), sampledOneIn: 1, cost };
  } catch (error) {
    if (!(error instanceof QueryTooExpensiveError && error.limit === 'rows')) throw error;
  }
  const sample = sampleRows(query, await countRows(telemetry, query), maxExactRows);
  const { rows, cost } = await countValues(telemetry, query, fields, { sample });
  return { facets: facetsOf(fields, rows, sample.oneIn), sampledOneIn: sample.oneIn, cost };
};

interface ValueCount {
  readonly field: number;
  readonly value: string;
  readonly rows: number;
  readonly distinct: number;
}

const countValues = (
  telemetry: Telemetry,
  query: FacetQuery,
  fields: readonly string[],
  limit: { readonly maxRowsToRead?: number; readonly sample?: RowSample },
): Promise<{ rows: ValueCount[]; cost: QueryCost }> => {
  const columns = fields.map((_, i) => `f${i}`);
  const params: Record<string, QueryParam> = { ...query.where.params, ...limit.sample?.params };
  const selected = fields.map((field, i) => `${facetText(field, i, query, params)} AS f${i}`);
  const sql = limit.sample ? `${query.where.sql} AND ${limit.sample.sql}` : query.where.sql;
  // One grouping set per field: its bit in grouping() is 0, the others are 1.
  const whole = 2 ** fields.length - 1;
  const fieldOfGroup = fields.map((_, i) => whole - 2 ** (fields.length - 1 - i)).join(', ');
  return telemetry.query<ValueCount>({
    sql: `SELECT field, value, rows, count() OVER (PARTITION BY field) AS distinct FROM (
        SELECT indexOf([${fieldOfGroup}], toUInt64(grouping(${columns.join(', ')}))) - 1 AS field,
          [${columns.join(', ')}][field + 1] AS value, count() AS rows
        FROM (SELECT ${selected.join(', ')} FROM ${query.table} WHERE ${sql})
        GROUP BY GROUPING SETS (${columns.map((column) => `(${column})`).join(', ')})
      )
      WHERE value != ''
      ORDER BY field, rows DESC, value LIMIT ${maxValues} BY field`,
    params,
    tenant: query.tenant,
    ...(limit.maxRowsToRead !== undefined && { maxRowsToRead: limit.maxRowsToRead }),
  });
};

/** Rows in the five minutes that the range touches, which the primary index counts: an upper bound of those that match. */
const countRows = async (
  telemetry: Telemetry,
  { tenant, table, timeColumn, fromMs, toMs }: FacetQuery,
): Promise<number> => {
  const { rows } = await telemetry.query<{ rows: number }>({
    sql: `SELECT count() AS rows FROM ${table} WHERE org = {org:String} AND project = {project:String}
      AND toStartOfFiveMinutes(${timeColumn}) >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')
      AND toStartOfFiveMinutes(${timeColumn}) < fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')`,
    params: { fromMs: floorTo(fromMs, blockMs), toMs },
    tenant,
  });
  return rows[0]!.rows;
};

/** SQL of the field's value as text, '' where it is absent. */
const facetText = (
  field: string,
  i: number,
  { target, ofRecords }: FacetQuery,
  params: Record<string, QueryParam>,
): string => {
  const place = placeOf(field, target);
  if (place.kind === 'column') {
    const column = target.columns.get(place.name)!;
    if (column.kind === 'text') throw new ApiError('INVALID_REQUEST', `"${field}" is text: it has words, not values.`);
    return column.kind === 'id' ? `lower(hex(${column.sql}))` : `toString(${column.sql})`;
  }
  params[`facet${i}`] = place.key;
  const scopes: readonly Scope[] = ofRecords?.has(field) ? ['record'] : place.scopes;
  const [first, second] = scopes.map(
    (scope) => `${(scope === 'record' ? target.attributes : target.resource).map}[{facet${i}:String}]`,
  );
  return second === undefined ? `toString(${first})` : `if(${first} != '', ${first}, ${second})`;
};

const facetsOf = (fields: readonly string[], counts: readonly ValueCount[], sampledOneIn: number): Facets['facets'] =>
  fields.map((field, i) => {
    const own = counts.filter((count) => count.field === i);
    return {
      field,
      values: own.map(({ value, rows }) => ({ value, rows: rows * sampledOneIn })),
      distinct: own[0]?.distinct ?? 0,
    };
  });
