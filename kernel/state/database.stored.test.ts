import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { TablesVersionError } from '../migrations.ts';
import { type Database, openDatabase } from './database.ts';
import { sql } from './drizzle.ts';
import { startEmbeddedPostgres } from './embedded.ts';
import { migrateState } from './migrate.ts';
import * as tables from './tables.ts';
import { startPostgres } from './test-postgres.ts';

/** Both are the same server and the same driver; what differs is the way to it and what its user may do. */
const adapters = [
  { name: 'embedded', start: startEmbedded },
  { name: 'server', start: startServer },
];

interface Started {
  readonly admin: pg.PoolConfig;
  connectionTo(database: string): pg.PoolConfig;
  stop(): Promise<void>;
}

async function startEmbedded(): Promise<Started> {
  const directory = await mkdtemp(join(tmpdir(), 'syntra-database-'));
  const postgres = await startEmbeddedPostgres({ dataDir: directory });
  return {
    admin: postgres.connection,
    connectionTo: (database) => ({ ...postgres.connection, database }),
    async stop() {
      await postgres.stop();
      await rm(directory, { recursive: true });
    },
  };
}

async function startServer(): Promise<Started> {
  const { admin, config, stop } = await startPostgres();
  const { hostname: host, port, username: user } = new URL(config.url);
  return {
    admin,
    connectionTo: (database) => ({ host, port: Number(port), user, password: config.password, database }),
    stop,
  };
}

const allTables = Object.values(tables) as PgTable[];

test('every table of a tenant carries org_id', () => {
  const without = allTables
    .map((table) => getTableConfig(table))
    .filter(({ columns }) => !columns.some(({ name }) => name === 'org_id'))
    .map(({ name }) => name);
  expect(without.sort()).toEqual(['processor_marks', 'processor_offsets', 'processor_outbox']);
});

describe.each(adapters)('the state store, $name', ({ start }) => {
  let started: Started;
  let admin: pg.Pool;
  beforeAll(async () => {
    started = await start();
    admin = new pg.Pool(started.admin);
    // When the server is stopped it says so to connections that are not quite closed yet.
    admin.on('connect', (client) => client.on('error', () => {}));
  });
  afterAll(async () => {
    await admin.end();
    await started.stop();
  });

  let connection: pg.PoolConfig;
  let open: Database[];
  let databases = 0;
  beforeEach(async () => {
    const database = `test_${databases++}`;
    connection = started.connectionTo(database);
    await admin.query(`create database ${database} owner ${connection.user}`);
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
    const made = rows.map(
      (row) => `${row.table_name}.${row.column_name} ${row.type}${row.nullable ? '' : ' not null'}`,
    );
    const expected = allTables.flatMap((table) => {
      const { name, columns } = getTableConfig(table);
      return columns.map(
        (column) => `${name}.${column.name} ${column.getSQLType()}${column.notNull ? ' not null' : ''}`,
      );
    });
    expect(made.sort()).toEqual(expected.map((column) => column.replace('bigserial', 'bigint')).sort());
    expect(made.length).toBeGreaterThan(20);
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
    const directory = await mkdtemp(join(tmpdir(), 'syntra-migrations-'));
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
    await rm(directory, { recursive: true });
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

  test('work of one name is done by one process at a time, and other work beside it', async () => {
    const [one, two] = [await openOne(), await openOne()];
    const steps: string[] = [];
    const first = Promise.withResolvers<void>();
    const held = one.exclusively('migrate', async () => {
      steps.push('one began');
      await first.promise;
      steps.push('one ended');
    });
    await vi.waitFor(() => expect(steps).toEqual(['one began']));
    const waiting = two.exclusively('migrate', async () => void steps.push('two'));
    await two.exclusively('another', async () => void steps.push('another'));
    first.resolve();
    await Promise.all([held, waiting]);
    expect(steps).toEqual(['one began', 'another', 'one ended', 'two']);
  });

  test('work that fails, or whose process dies, lets the next one begin', async () => {
    const [one, two] = [await openOne({ ...connection, max: 1 }), await openOne()];
    const failing = one.exclusively('migrate', () => Promise.reject(new Error('failed')));
    await expect(failing).rejects.toThrow('failed');
    const died = one.exclusively('migrate', async () => {
      await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
        connection.database,
      ]);
      await vi.waitFor(() => two.exclusively('migrate', async () => 'mine'), 10_000);
    });
    await expect(died).rejects.toThrow();
    expect(await one.exclusively('migrate', async () => 'mine again')).toBe('mine again');
  });
});
