/** Migrations that copy tables: what they need, what they say, and that a batch which a crash left open is stored once. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { measureDisk } from '../disk-space.ts';
import { OperatorError } from '../operator-error.ts';
import type { Telemetry } from './client.ts';
import { tableDirectories } from './deduplication-logs.ts';
import { openEmbeddedTelemetry } from './embedded.ts';
import { migrateTelemetry } from './migrate.ts';
import { measureTableDisk } from './room-for-copies.ts';
import { openTelemetryServer } from './server.ts';
import { blockOf } from './test-block.ts';
import { freshClickHouseDatabase } from './test-clickhouse.ts';

let directory: string;
let telemetry: Telemetry;
let said: string[];
const report = (sentence: string): void => void said.push(sentence);
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-migrate-'));
  telemetry = await openEmbeddedTelemetry({ directory });
  said = [];
  await migrateTelemetry(telemetry, { report });
});
afterEach(async () => {
  await telemetry.close();
  await rm(directory, { recursive: true });
});

const reopen = async (): Promise<void> => {
  await telemetry.close();
  telemetry = await openEmbeddedTelemetry({ directory });
};
/** A migration may be run again, as after a crash before its end was noted. These copy traces, spans and logs. */
const forgetCopies = () => telemetry.command('DELETE FROM migrations WHERE version IN (16, 17)');

const head = { org: 'String', project: 'String', received_at: 'DateTime64(3)', retention_days: 'UInt16' } as const;
const days = [Date.now(), Date.now() - 86_400_000] as const;
/** Two days, each an insert of its own, of each of two tables. */
const put = async (token: string): Promise<void> => {
  for (const [i, atMs] of days.entries()) {
    for (const table of ['spans', 'logs']) {
      const block = blockOf({ ...head, service: 'String' }, [['o', 'p', atMs, 30, 'shop']]);
      await telemetry.insert({ table, ...block, token: `${token}/${i}` });
    }
  }
};
const counts = async (): Promise<object> => {
  const [row] = await telemetry.inspect<object>(`SELECT (SELECT count() FROM spans) AS spans,
    (SELECT sum(span_count) FROM traces) AS traces, (SELECT sum(calls) FROM red) AS red,
    (SELECT sum(calls) FROM red_rollups WHERE grain_minutes = 60) AS rollups,
    (SELECT sum(spans) FROM red_services WHERE grain_minutes = 60) AS services,
    (SELECT count() FROM logs) AS logs, (SELECT sum(lines) FROM log_counts) AS log_counts`);
  return row!;
};
const allOf = (n: number): object => ({
  spans: n,
  traces: n,
  red: n,
  rollups: n,
  services: n,
  logs: n,
  log_counts: n,
});
const stateOf = () =>
  telemetry.inspect(
    'SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase() ORDER BY name',
  );

test('a batch that was open when the tables were exchanged is stored once by all of them', async () => {
  for (const token of ['a', 'b', 'c']) await put(token);
  await telemetry.command('OPTIMIZE TABLE spans FINAL');
  await put('d');
  await forgetCopies();
  // As a crash leaves it: the batches come again to the program of the next version.
  await reopen();
  await migrateTelemetry(telemetry, { report });
  expect(await counts()).toEqual(allOf(8));
  for (const token of ['a', 'b', 'c', 'd']) await put(token);
  expect(await counts()).toEqual(allOf(8));
  await put('e');
  await reopen();
  for (const token of ['a', 'd', 'e']) await put(token);
  expect(await counts()).toEqual(allOf(10));
});

test('tokens of rows that are gone are not carried: such rows are stored when they come again', async () => {
  await put('a');
  const [day] = await telemetry.inspect<{ day: string }>(
    `SELECT toString(toDate(fromUnixTimestamp64Milli(${days[1]}), 'UTC')) AS day`,
  );
  await telemetry.command(`ALTER TABLE spans DROP PARTITION '${day!.day}'`);
  await forgetCopies();
  await migrateTelemetry(telemetry);
  await put('a');
  expect(await counts()).toMatchObject({ spans: 2, logs: 2 });
});

test('each table that has rows is told of before it is copied and after, and the old one gives its room back', async () => {
  expect(said).toEqual([]);
  await put('a');
  const tables = (await tableDirectories(join(directory, 'chdb'))).length;
  await forgetCopies();
  await migrateTelemetry(telemetry, { report });
  const told = (migration: string, table: string) => [
    expect.stringMatching(new RegExp(`^${migration} copies the telemetry table ${table}: 2 rows, \\d+ MiB\\.`)),
    expect.stringMatching(new RegExp(`^${table} was copied in \\d+ s\\.$`)),
  ];
  expect(said).toEqual([
    ...told('0016-traces-granules.sql', 'traces'),
    ...told('0017-runs-of-rows.sql', 'spans'),
    ...told('0017-runs-of-rows.sql', 'logs'),
  ]);
  expect((await tableDirectories(join(directory, 'chdb'))).length).toBe(tables);
});

test('without room nothing is begun, and the operator is told how much it takes', async () => {
  await put('a');
  await forgetCopies();
  const before = await stateOf();
  const measure = async () => ({ freeBytes: 500 * 2 ** 20, totalBytes: 2 ** 30, keepsMergedParts: false });
  const failed = migrateTelemetry(telemetry, { report, measure });
  await expect(failed).rejects.toThrow(OperatorError);
  await expect(failed).rejects.toThrow(
    /0017-runs-of-rows\.sql copies spans \(0 MiB\), for which 563 MiB must be free, and 500 MiB are; .*: this start changed nothing\.$/,
  );
  expect(await stateOf()).toEqual(before);
  expect(said).toEqual([]);
  await migrateTelemetry(telemetry, { report });
  expect(await counts()).toEqual(allOf(2));
});

test('the disk of the tables is seen through the engine, in process and on a server', async () => {
  const seen = await measureTableDisk(telemetry);
  expect(seen.totalBytes).toBe((await measureDisk(directory)).totalBytes);
  expect(seen.freeBytes).toBeGreaterThan(0);
  expect(seen.freeBytes).toBeLessThan(seen.totalBytes);
  const database = await freshClickHouseDatabase();
  const server = await openTelemetryServer(database.config);
  try {
    const { freeBytes, totalBytes } = await measureTableDisk(server);
    expect(freeBytes).toBeGreaterThan(0);
    expect(freeBytes).toBeLessThanOrEqual(totalBytes);
  } finally {
    await server.close();
    await database.stop();
  }
});
