/**
 * A migration that gives a table another order copies its rows into a new table, which then takes its place: the disk must
 * have room for them once more. Whoever has less is told how much is missing before anything is changed, and not by
 * ClickHouse, in the middle and at every start.
 */
import { amountOf, reserveOf } from '../disk-space.ts';
import type { Migration } from '../migrations.ts';
import { OperatorError } from '../operator-error.ts';
import type { Telemetry } from './client.ts';

/** All rows of a table, put into another one that is empty. */
export interface Copy {
  readonly from: string;
  readonly to: string;
}

/** Of a statement or a whole file, in order. What only sums rows up (`SELECT … GROUP BY`) is small, and none. */
export const copiesIn = (sql: string): readonly Copy[] =>
  [...sql.matchAll(/^INSERT INTO (\w+) SELECT \* FROM (\w+)\b/gm)].map(([, to, from]) => ({ from: from!, to: to! }));

export interface TableSize {
  readonly rows: number;
  readonly bytes: number;
}

/** Of the disks that new tables are made on. */
export interface TableDisk {
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** Parts that were merged stay for a while. */
  readonly keepsMergedParts: boolean;
}

/** By table, those that have rows. */
export const tableSizes = async (telemetry: Pick<Telemetry, 'inspect'>): Promise<ReadonlyMap<string, TableSize>> => {
  const sizes = await telemetry.inspect<{ table: string; rows: number; bytes: number }>(`
    SELECT table, toFloat64(sum(rows)) AS rows, toFloat64(sum(bytes_on_disk)) AS bytes
    FROM system.parts WHERE active AND database = currentDatabase() GROUP BY table HAVING rows > 0`);
  return new Map(sizes.map(({ table, ...size }) => [table, size]));
};

/** As ClickHouse sees it, which may run on another machine. What has no end, as a store of objects, is very large. */
export const measureTableDisk = async (telemetry: Pick<Telemetry, 'inspect'>): Promise<TableDisk> => {
  const [disk] = await telemetry.inspect<TableDisk>(`
    SELECT sum(toFloat64(free_space)) AS freeBytes, sum(toFloat64(total_space)) AS totalBytes,
      (SELECT any(value) != '0' FROM system.merge_tree_settings WHERE name = 'old_parts_lifetime') AS keepsMergedParts
    FROM system.disks WHERE name IN (SELECT arrayJoin(disks) FROM system.storage_policies WHERE policy_name = (
      SELECT any(value) FROM system.merge_tree_settings WHERE name = 'storage_policy'))`);
  return { ...disk!, keepsMergedParts: Boolean(disk!.keepsMergedParts) };
};

/**
 * @throws OperatorError when the largest copy does not fit. One comes after the other, and what was copied is dropped
 * before the next, so the largest decides.
 */
export const assertRoomForCopies = (
  migrations: readonly Migration[],
  sizes: ReadonlyMap<string, TableSize>,
  { freeBytes, totalBytes, keepsMergedParts }: TableDisk,
): void => {
  const bytesOf = (table: string): number => sizes.get(table)?.bytes ?? 0;
  const [largest] = migrations
    .flatMap(({ name, sql }) => copiesIn(sql).map((copy) => ({ name, ...copy })))
    .map(({ name, from, to }) => ({ name, from, bytes: bytesOf(from), leftBehindBytes: bytesOf(to) }))
    .filter(({ bytes }) => bytes > 0)
    .toSorted((a, b) => b.bytes - a.bytes);
  if (largest === undefined) return;
  const { name, from, bytes, leftBehindBytes } = largest;
  const neededBytes = bytes * (keepsMergedParts ? 2.1 : 1.1) + roomOfInserts + reserveOf(totalBytes);
  // What a copy that was cut off has left behind goes first.
  const roomBytes = freeBytes + leftBehindBytes;
  if (roomBytes >= neededBytes) return;
  throw new OperatorError(
    `There is not enough room on the disk of the telemetry tables to bring them up to date: ${name} copies ${from} (${amountOf(bytes)}), for which ${amountOf(neededBytes)} must be free, and ${amountOf(roomBytes)} are; make the disk larger or remove other files from it, and start again: this start changed nothing.`,
  );
};

/** ClickHouse reserves for each part as much as its rows take in memory, and makes several at once. */
const roomOfInserts = 512 * 2 ** 20;
