/** What every telemetry store promises. An adapter joins by one line in `adapters`. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { columnsOf } from '../otlp/native/read-block.ts';
import { logsTranscoder } from '../otlp/rows/logs-rows.ts';
import { metricsTranscoder } from '../otlp/rows/metrics-rows.ts';
import { spansTranscoder } from '../otlp/rows/spans-rows.ts';
import { RejectedBatchError } from '../processor.ts';
import { stepsChannel } from '../steps.ts';
import { QueryTooExpensiveError, type Telemetry, TelemetryUnavailableError } from './client.ts';
import { openEmbeddedTelemetry } from './embedded.ts';
import { migrateTelemetry } from './migrate.ts';
import { openTelemetryServer } from './server.ts';
import { blockOf, spanTypes } from './test-block.ts';
import { freshClickHouseDatabase } from './test-clickhouse.ts';

const adapters = [
  { name: 'embedded', open: openEmbedded },
  { name: 'server', open: openServer },
];
const tenant = { org: "o'1", project: 'p"; DROP TABLE spans' };
const fence = '{org:String} AS org, {project:String} AS project';
const endless = `SELECT sum(cityHash64(number)) AS s, ${fence} FROM numbers(1000000000000)`;

/** Spans of these services. */
const spansOf = (services: readonly string[], receivedAtMs: number) =>
  blockOf(
    spanTypes,
    services.map((service) => [tenant.org, tenant.project, receivedAtMs, 30, service]),
  );
/** Within retention, and a day apart, so that tests do not share a partition. */
const daysAgo = (days: number): number => Date.now() - days * 86_400_000;
/** A time zone is no part of a value. */
const onTheWire = (type: string): string => type.replaceAll(", 'UTC')", ')');

interface Opened {
  readonly telemetry: Telemetry;
  /** Of another process, where there can be one. */
  readonly another: Telemetry;
  close(): Promise<void>;
}

async function openEmbedded(): Promise<Opened> {
  const directory = await mkdtemp(join(tmpdir(), 'syntra-telemetry-'));
  const telemetry = await openEmbeddedTelemetry({ directory });
  return {
    telemetry,
    another: telemetry,
    async close() {
      await telemetry.close();
      await rm(directory, { recursive: true });
    },
  };
}

async function openServer(): Promise<Opened> {
  const { config, stop } = await freshClickHouseDatabase();
  const telemetry = await openTelemetryServer(config);
  const another = await openTelemetryServer(config);
  return {
    telemetry,
    another,
    async close() {
      await another.close();
      await telemetry.close();
      await stop();
    },
  };
}

describe.each(adapters)('the $name telemetry store', ({ open }) => {
  let opened: Opened;
  let telemetry: Telemetry;
  beforeAll(async () => {
    opened = await open();
    telemetry = opened.telemetry;
    await migrateTelemetry(telemetry);
  });
  afterAll(() => opened.close());

  const count = async (table: string): Promise<number> => {
    const sql = `SELECT count() AS n FROM ${table} WHERE org = {org:String} AND project = {project:String}`;
    return (await telemetry.query<{ n: number }>({ sql, tenant })).rows[0]!.n;
  };

  test('migrates once: a second run changes nothing, a newer version is refused', async () => {
    const before = await telemetry.inspect<{ version: number }>('SELECT version FROM migrations ORDER BY version');
    await migrateTelemetry(telemetry);
    expect(await telemetry.inspect('SELECT version FROM migrations ORDER BY version')).toEqual(before);
    await telemetry.command(`INSERT INTO migrations (version, name, checksum) VALUES (9999, 'x', 'y')`);
    await expect(migrateTelemetry(telemetry)).rejects.toThrow(/telemetry tables are at version 9999/);
    await telemetry.command('DELETE FROM migrations WHERE version = 9999');
    await migrateTelemetry(telemetry);
    const change = (sql: string) =>
      telemetry.command(`ALTER TABLE migrations UPDATE checksum = ${sql} WHERE version = 2
      SETTINGS mutations_sync = 1`);
    await change('reverse(checksum)');
    await expect(migrateTelemetry(telemetry)).rejects.toThrow('made by another 0002-traces.sql than this Syntra has');
    await change('reverse(checksum)');
    await migrateTelemetry(telemetry);
  });

  test('migrates to the end what a crash cut off: every statement may run again', async () => {
    const made = () =>
      telemetry.inspect(`SELECT name, create_table_query FROM system.tables
        WHERE database = currentDatabase() ORDER BY name`);
    const before = await made();
    await telemetry.command('TRUNCATE TABLE migrations');
    await migrateTelemetry(telemetry);
    expect(await made()).toEqual(before);
  });

  test('binds the tenant and every parameter: no string becomes SQL', async () => {
    const nasty = `'; DROP TABLE spans; -- {x:String} \\' ü`;
    const { rows, cost } = await telemetry.query({
      sql: `SELECT ${fence}, {nasty:String} AS nasty, {list:Array(String)} AS list, {n:UInt32} AS n`,
      params: { nasty, list: [nasty, 'b'], n: 7 },
      tenant,
    });
    expect(rows).toEqual([{ ...tenant, nasty, list: [nasty, 'b'], n: 7 }]);
    expect(cost.elapsedMs).toBeGreaterThan(0);
  });

  test('refuses a query that does not name its tenant', async () => {
    await expect(telemetry.query({ sql: 'SELECT count() FROM spans', tenant })).rejects.toThrow(
      /does not name its tenant/,
    );
  });

  test('stores a batch once, views included, however often it comes', async () => {
    const spans = spansOf(['a', 'b'], daysAgo(3));
    for (let i = 0; i < 3; i++) await telemetry.insert({ table: 'spans', ...spans, token: 'batch/1' });
    expect(await count('spans')).toBe(2);
    // The last two hang on the first: views of a view.
    for (const table of [
      'red WHERE',
      'red_services WHERE grain_minutes = 60 AND',
      'red_rollups WHERE grain_minutes = 60 AND',
    ]) {
      const sql = `SELECT sum(calls) AS n FROM ${table} org = {org:String} AND project = {project:String}`;
      expect((await telemetry.query<{ n: number }>({ sql, tenant })).rows, table).toEqual([{ n: 2 }]);
    }
    await telemetry.insert({ table: 'spans', ...spans, token: 'batch/2' });
    expect(await count('spans')).toBe(4);
  });

  test('every table that an insert can reach drops a token it has seen', async () => {
    const forgetful = await telemetry.inspect(`SELECT name FROM system.tables WHERE database = currentDatabase()
      AND engine LIKE '%MergeTree' AND name <> 'migrations'
      AND create_table_query NOT LIKE '%non_replicated_deduplication_window = %'`);
    expect(forgetful).toEqual([]);
  });

  test('stores a batch once that two bring at the same time, views included', async () => {
    const services = Array.from({ length: 20_000 }, (_, i) => `twice${i % 3}`);
    const insert = { table: 'spans', ...spansOf(services, daysAgo(4)), token: 'twice' };
    const stored = async (sql: string) => (await telemetry.inspect<{ n: number | string }>(sql))[0]!.n;
    for (let i = 0; i < 3; i++) {
      const answers = await Promise.allSettled([opened.another, telemetry].map((client) => client.insert(insert)));
      for (const answer of answers) {
        if (answer.status === 'rejected') expect(answer.reason).toBeInstanceOf(TelemetryUnavailableError);
      }
      expect(answers.map(({ status }) => status)).toContain('fulfilled');
    }
    expect(Number(await stored(`SELECT count() AS n FROM spans WHERE service LIKE 'twice%'`))).toBe(20_000);
    expect(Number(await stored(`SELECT sum(calls) AS n FROM red WHERE service LIKE 'twice%'`))).toBe(20_000);
  });

  test('has the columns that the sinks write, as the bytes that they write', async () => {
    for (const { table, structure } of [spansTranscoder(), logsTranscoder(), metricsTranscoder()]) {
      const columns = await telemetry.inspect<{ name: string; type: string }>(
        `SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = '${table}'`,
      );
      const made = new Map(columns.map(({ name, type }) => [name, onTheWire(type)]));
      const written = columnsOf(structure).map(({ name, type }) => ({ name, type: onTheWire(type) }));
      expect(written, table).toEqual(written.map(({ name }) => ({ name, type: made.get(name) })));
    }
  });

  test('stores a large batch as one part', async () => {
    const services = Array.from({ length: 150_000 }, (_, i) => `s${i % 7}`);
    await telemetry.insert({ table: 'spans', ...spansOf(services, daysAgo(2)), token: 'big' });
    const parts = await telemetry.inspect<{ rows: number }>(
      `SELECT rows FROM system.parts WHERE database = currentDatabase() AND table = 'spans' AND partition = '${new Date(daysAgo(2)).toISOString().slice(0, 10)}' AND level = 0`,
    );
    expect(parts.map((part) => Number(part.rows))).toEqual([150_000]);
  });

  test('takes the step of sending when rows have gone out and are not stored yet', async () => {
    const steps: unknown[] = [];
    const note = (step: unknown): void => void steps.push(step);
    const spans = spansOf(['a', 'b'], daysAgo(3));
    subscribe(stepsChannel, note);
    await telemetry.insert({ table: 'spans', ...spans, token: 'steps' }).finally(() => {
      steps.push('stored');
      unsubscribe(stepsChannel, note);
    });
    expect(steps).toEqual(['sink: rows sent', 'stored']);
  });

  test('says when bytes will never be taken, and is unharmed', async () => {
    const whole = spansOf(['cut'], daysAgo(1));
    const bytes = Buffer.concat(whole.rows);
    for (const length of [1, bytes.length >> 1, bytes.length - 1]) {
      const cut = { ...whole, rows: [bytes.subarray(0, length)] };
      const insert = telemetry.insert({ table: 'spans', ...cut, token: `cut ${length}` });
      await expect(insert, `${length} of ${bytes.length} bytes`).rejects.toThrow(RejectedBatchError);
    }
    await telemetry.insert({ table: 'spans', ...spansOf(['ok'], daysAgo(1)), token: 'ok' });
  });

  test('stores rows once that a view cannot take, in the table and in all other views', async () => {
    for (const table of ['touchy_counts', 'touchy_lengths']) {
      await telemetry.command(`CREATE TABLE ${table} (n UInt64) ENGINE = MergeTree ORDER BY n
        SETTINGS non_replicated_deduplication_window = 1000`);
    }
    await telemetry.command(`CREATE TABLE touchy (word String) ENGINE = MergeTree ORDER BY word
      SETTINGS non_replicated_deduplication_window = 1000`);
    await telemetry.command(
      'CREATE MATERIALIZED VIEW touchy_a TO touchy_counts AS SELECT toUInt64(word) AS n FROM touchy',
    );
    await telemetry.command(
      'CREATE MATERIALIZED VIEW touchy_b TO touchy_lengths AS SELECT length(word) AS n FROM touchy',
    );
    const words = blockOf({ word: 'String' }, [['1'], ['four']]);
    for (let i = 0; i < 2; i++) await telemetry.insert({ table: 'touchy', ...words, token: 'touchy' });
    const counts = await telemetry.inspect(`SELECT (SELECT count() FROM touchy)::UInt8 AS rows,
      (SELECT count() FROM touchy_counts)::UInt8 AS refused, (SELECT count() FROM touchy_lengths)::UInt8 AS others`);
    expect(counts).toEqual([{ rows: 2, refused: 0, others: 2 }]);
  });

  test('does without rows that only say once more what others say, where a table cannot take them', async () => {
    await telemetry.command('CREATE TABLE numbers_said (word UInt64) ENGINE = MergeTree ORDER BY word');
    const insert = { table: 'numbers_said', ...blockOf({ word: 'String' }, [['1'], ['four']]) };
    await expect(telemetry.insert({ ...insert, token: 'said' })).rejects.toBeInstanceOf(RejectedBatchError);
    await telemetry.insert({ ...insert, token: 'said again', isDerived: true });
    expect(await telemetry.inspect('SELECT count()::UInt8 AS rows FROM numbers_said')).toEqual([{ rows: 0 }]);
  });

  test('stops a query at its limits and says which; what it had printed reaches nobody else', async () => {
    const limits = [
      { limit: 'time', query: { sql: endless, tenant, maxExecutionMs: 200 } },
      { limit: 'rows', query: { sql: endless, tenant, maxRowsToRead: 1000 } },
      {
        limit: 'memory',
        query: {
          sql: `SELECT length(groupUniqArray(number)) AS n, ${fence} FROM numbers(100000000)`,
          tenant,
          maxMemoryBytes: 2 ** 24,
        },
      },
    ];
    for (const { limit, query } of limits) {
      const [failed, ...others] = await Promise.allSettled([
        telemetry.query(query),
        ...Array.from({ length: 8 }, () => telemetry.query({ sql: `SELECT 1 AS one, ${fence}`, tenant })),
      ]);
      expect(failed.status === 'rejected' && failed.reason).toBeInstanceOf(QueryTooExpensiveError);
      expect(failed.status === 'rejected' && failed.reason).toMatchObject({ limit });
      for (const other of others) {
        expect(other).toMatchObject({ status: 'fulfilled', value: { rows: [{ one: 1, ...tenant }] } });
      }
    }
  });

  test('never lets one query set limits for the next', async () => {
    await telemetry.query({ sql: `SELECT ${fence}`, tenant, maxRowsToRead: 1 });
    const many = await telemetry.query<{ n: number }>({
      sql: `SELECT count() AS n, ${fence} FROM numbers(1000)`,
      tenant,
    });
    expect(many.rows[0]!.n).toBe(1000);
  });
});
