import { expect, test } from 'vitest';
import { OperatorError } from '../operator-error.ts';
import { assertRoomForCopies, copiesIn, type TableDisk } from './room-for-copies.ts';

const mebibyte = 2 ** 20;
const sql = `-- INSERT INTO x SELECT * FROM comments;
INSERT INTO small_in_order SELECT * FROM small;
CREATE TABLE big_in_order AS big ENGINE = MergeTree ORDER BY a;
INSERT INTO big_in_order SELECT * FROM big SETTINGS max_partitions_per_insert_block = 0;
EXCHANGE TABLES big_in_order AND big;
INSERT INTO sums (a, n) SELECT a, count() FROM huge GROUP BY a;`;
const migration = { version: 7, name: '0007-order.sql', checksum: '', sql };
const sizes = new Map(
  Object.entries({ big: 1000, small: 10, huge: 100_000 }).map(([table, n]) => [
    table,
    { rows: n, bytes: n * mebibyte },
  ]),
);
const disk = (freeMebibytes: number, keepsMergedParts = false): TableDisk => ({
  freeBytes: freeMebibytes * mebibyte,
  totalBytes: 20_000 * mebibyte,
  keepsMergedParts,
});

test('a copy is all rows of a table, put into another', () => {
  expect(copiesIn(sql)).toEqual([
    { from: 'small', to: 'small_in_order' },
    { from: 'big', to: 'big_in_order' },
  ]);
});

test('the largest copy must fit, with what inserts reserve and what is kept free; twice where merged parts stay', () => {
  const assert = (d: TableDisk) => () => assertRoomForCopies([migration], sizes, d);
  // 1,100 for the rows, 512 for inserts, a twentieth of the disk.
  const needed = 1100 + 512 + 1000;
  expect(assert(disk(needed))).not.toThrow();
  expect(assert(disk(needed - 1))).toThrow(OperatorError);
  expect(assert(disk(needed - 1))).toThrow(
    '0007-order.sql copies big (1000 MiB), for which 2.6 GiB must be free, and 2.5 GiB are',
  );
  expect(assert(disk(0))).toThrow('copies big');
  expect(assert(disk(needed + 999, true))).toThrow(OperatorError);
  expect(assert(disk(needed + 1000, true))).not.toThrow();
});

test('what an unfinished copy left behind counts as free; of nothing, nothing is asked', () => {
  const leftBehind = new Map([...sizes, ['big_in_order', { rows: 1, bytes: 600 * mebibyte }]]);
  expect(() => assertRoomForCopies([migration], leftBehind, disk(2012))).not.toThrow();
  expect(() => assertRoomForCopies([migration], leftBehind, disk(2011))).toThrow(OperatorError);
  expect(() => assertRoomForCopies([migration], new Map(), disk(0))).not.toThrow();
  expect(() => assertRoomForCopies([], sizes, disk(0))).not.toThrow();
});
