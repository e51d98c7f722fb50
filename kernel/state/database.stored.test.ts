import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { TablesVersionError } from '../migrations.ts';
import { type Database, openDatabase } from './database.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded.ts';
import { migrateState } from './migrate.ts';
import * as tables from './tables.ts';

let directory: string;
let postgres: EmbeddedPostgres;
let admin: pg.Pool;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-database-'));
  postgres = await startEmbeddedPostgres({ dataDir: directory });
  admin = new pg.Pool(postgres.connection);
});
afterAll(async () => {
  await admin.end();
  await postgres.stop();
  await rm(directory, { recursive: true });
});

let connection: pg.PoolConfig;
let open: Database[];
let databases = 0;
beforeEach(async () => {
  const database = `test_${databases++}`;
  await admin.query(`create database ${database}`);
  connection = { ...postgres.connection, database };
  open = [];
});
afterEach(async () => {
  for (const database of open) await database.close();
});

const openOne = async (config = connection): Promise<Database> => {
  const database = await openDatabase(config);
  open.push(database);
  return database;
};

const allTables = Object.values(tables) as PgTable[];

test('the migrations make the tables that the queries expect', async () => {
  const { queries } = await openOne();
  const { rows } = await queries.execute<{
    table_name: string;
    column_name: string;
    type: string;
    nullable: boolean;
  }>(sql`
    select c.relname as table_name, a.attname as column_name, not a.attnotnull as nullable,
      format_type(a.atttypid, a.atttypmod) as type
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and c.relname <> 'migrations'`);
  const made = rows.map((row) => `${row.table_name}.${row.column_name} ${row.type}${row.nullable ? '' : ' not null'}`);
  const expected = allTables.flatMap((table) => {
    const { name, columns } = getTableConfig(table);
    return columns.map((column) => `${name}.${column.name} ${column.getSQLType()}${column.notNull ? ' not null' : ''}`);
  });
  expect(made.sort()).toEqual(expected.map((column) => column.replace('bigserial', 'bigint')).sort());
  expect(made.length).toBeGreaterThan(20);
});

test('every table of a tenant carries org_id', () => {
  const without = allTables
    .map((table) => getTableConfig(table))
    .filter(({ columns }) => !columns.some(({ name }) => name === 'org_id'))
    .map(({ name }) => name);
  expect(without).toEqual(['processor_marks', 'processor_offsets', 'processor_outbox']);
});

test('processes that start together apply each migration once', async () => {
  const opened = await Promise.all([openOne(), openOne(), openOne()]);
  const { rows } = await opened[0]!.queries.execute(sql`select version, name from migrations order by version`);
  expect(rows[0]).toEqual({ version: 1, name: '0001-tenancy.sql' });
  expect(rows.map(({ version }) => version)).toEqual(rows.map((_, i) => i + 1));
});

test('tables of a newer program are left alone', async () => {
  const { queries } = await openOne();
  await queries.execute(sql`insert into migrations (version, name, checksum) values (9000, '9000-later.sql', '')`);
  await expect(openDatabase(connection)).rejects.toThrow(TablesVersionError);
  await expect(openDatabase(connection)).rejects.toThrow(
    /are at version 9000 and this Syntra knows \d: start a newer Syntra/,
  );
});

test('a migration that changed after it was applied is refused, and one that fails changes nothing', async () => {
  const pool = new pg.Pool(connection);
  const copy = join(directory, 'migrations');
  await cp(join(import.meta.dirname, 'migrations'), copy, { recursive: true });
  await writeFile(join(copy, '9001-more.sql'), 'create table more (id int); select 1 / 0;');
  await expect(migrateState(pool, copy)).rejects.toThrow('division by zero');
  const { rows } = await pool.query(`select count(*)::int as tables from pg_tables where schemaname = 'public'`);
  expect(rows).toEqual([{ tables: 0 }]);

  await writeFile(join(copy, '9001-more.sql'), 'create table more (id int);');
  await migrateState(pool, copy);
  await migrateState(pool, copy);
  await writeFile(join(copy, '9001-more.sql'), 'create table more (id bigint);');
  await expect(migrateState(pool, copy)).rejects.toThrow('made by another 9001-more.sql than this Syntra has');
  await pool.end();
});

test('a transaction commits what it did, or nothing', async () => {
  const { queries, transaction } = await openOne();
  const organisation = { orgId: 'org_a', name: 'A' };
  await expect(
    transaction(async (inside) => {
      await inside.insert(tables.organisations).values(organisation);
      throw new Error('changed my mind');
    }),
  ).rejects.toThrow('changed my mind');
  expect(await queries.$count(tables.organisations)).toBe(0);
  expect(
    await transaction(async (inside) => {
      await inside.insert(tables.organisations).values(organisation);
      return 'done';
    }),
  ).toBe('done');
  expect(await queries.$count(tables.organisations)).toBe(1);
});

test('connections that break, idle or inside of a transaction, are replaced and never run out', async () => {
  const { queries, transaction, ping } = await openOne({ ...connection, max: 2 });
  const breakAll = () =>
    admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [connection.database]);
  for (let i = 0; i < 5; i++) {
    await Promise.all([ping(), ping()]);
    await breakAll();
    await vi.waitFor(ping, 10_000);
    const broken = transaction(async (inside) => {
      await breakAll();
      await inside.execute(sql`select 1`);
    });
    await expect(broken).rejects.toThrow();
  }
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => queries.execute<{ one: number }>(sql`select 1 as one`)),
  );
  expect(answers.map(({ rows }) => rows[0]!.one)).toEqual(Array(10).fill(1));
});
