/** Rows through real ClickHouse and back, for tests: written by a transcoder, read column by column. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Telemetry } from '../../telemetry/client.ts';
import { openEmbeddedTelemetry } from '../../telemetry/embedded.ts';
import { migrateTelemetry } from '../../telemetry/migrate.ts';
import { columnsOf, type NamedType } from '../native/read-block.ts';
import type { Transcoder } from '../rows/rows-block.ts';
import { rowsOfBlock } from './rows-of.ts';

/** Integers of 64 bits, doubles and times are texts, FixedStrings are hex, maps are arrays of pairs. */
export type StoredRow = Record<string, unknown>;

export interface RowStore {
  readonly telemetry: Telemetry;
  /** Inserts a request under a project of its own. Returns its rows as they were written and as they were read back. */
  roundTrip(transcoder: Transcoder, request: Uint8Array, project: string): Promise<RoundTrip>;
  close(): Promise<void>;
}

export interface RoundTrip {
  readonly written: StoredRow[];
  readonly read: StoredRow[];
}

export const openRowStore = async (): Promise<RowStore> => {
  const directory = await mkdtemp(join(tmpdir(), 'syntra-rows-'));
  const telemetry = await openEmbeddedTelemetry({ directory });
  await migrateTelemetry(telemetry);
  // metric_points stores nothing itself
  await telemetry.command('CREATE TABLE kept_points AS metric_points ENGINE = MergeTree ORDER BY metric');
  await telemetry.command('CREATE MATERIALIZED VIEW kept_points_view TO kept_points AS SELECT * FROM metric_points');
  return {
    telemetry,
    async roundTrip(transcoder, request, project) {
      const { table, structure } = transcoder;
      const block = transcoder.openBlock();
      // arrival now, as rows past their retention are not even stored
      const origin = {
        org: 'org_default',
        project,
        receivedAtMs: Date.now(),
        retentionDays: 30,
        partition: 3,
        offset: 42,
      };
      const { rows: rowCount } = block.add(request, origin);
      const written = rowsOfBlock(block);
      await telemetry.insert({ table, structure, rows: block.written(), rowCount, token: project });
      const columns = columnsOf(structure);
      const selected = columns.map(({ name, type }) => `${readable(quoted(name), type)} AS ${quoted(name)}`);
      const stored = table === 'metric_points' ? 'kept_points' : table;
      const read = await telemetry.inspect<StoredRow>(
        `SELECT ${selected.join(', ')} FROM ${stored} WHERE project = '${project}'`,
      );
      return { written: sorted(written.map((row) => asRead(row, columns))), read: sorted(read) };
    },
    async close() {
      await telemetry.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
};

const quoted = (name: string): string => `\`${name}\``;

/** The SQL that reads a column as `asRead` shows it. */
const readable = (column: string, type: string): string => {
  const inArray = /^Array\((.+)\)$/.exec(type)?.[1];
  if (inArray) return `arrayMap(item -> ${readable('item', inArray)}, ${column})`;
  if (type.startsWith('DateTime64')) return `toString(reinterpretAsInt64(${column}))`;
  if (type.startsWith('FixedString')) return `lower(hex(${column}))`;
  if (type.startsWith('Map')) return `CAST(${column}, 'Array(Tuple(String, String))')`;
  if (/Int64|Float64/.test(type)) return `toString(${column})`;
  return column;
};

const asRead = (row: StoredRow, columns: NamedType[]): StoredRow =>
  Object.fromEntries(columns.map(({ name, type }) => [name, valueAsRead(row[name], type)]));

const valueAsRead = (value: unknown, type: string): unknown => {
  if (Array.isArray(value)) return value.map((item) => valueAsRead(item, type));
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number' && type.includes('Float64')) return doubleAsRead(value);
  return value;
};

/** As ClickHouse prints doubles. */
export const doubleAsRead = (value: number): string => {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return Object.is(value, -0) ? '-0' : String(value).replace('e+', 'e');
};

/** Tables keep an order of their own. */
const sorted = (rows: StoredRow[]): StoredRow[] => {
  const keyed = rows.map((row) => ({ key: JSON.stringify(Object.entries(row).sort()), row }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ row }) => row);
};
