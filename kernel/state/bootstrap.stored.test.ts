import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openEmbeddedLog } from '../log/embedded.ts';
import { type Log, LogFullError } from '../log/log.ts';
import { serviceIdOf } from '../service-id.ts';
import { defaultTenant } from '../tenants.ts';
import { type IngestKey, ingestKeysTopic, type ServiceRegistered } from '../topics.ts';
import { bootstrap } from './bootstrap.ts';
import { type Database, openDatabase } from './database.ts';
import { sql } from './drizzle.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded.ts';
import { hashOfIngestKey, newIngestKey, revokeIngestKey, storeIngestKey } from './ingest-keys.ts';
import { openProjects } from './projects.ts';
import { projectServices } from './services.ts';

let stateDirectory: string;
let postgres: EmbeddedPostgres;
let database: Database;
beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'syntra-bootstrap-'));
  postgres = await startEmbeddedPostgres({ dataDir: stateDirectory });
  database = await openDatabase(postgres.connection);
});
afterAll(async () => {
  await database.close();
  await postgres.stop();
  await rm(stateDirectory, { recursive: true });
});

let dataDir: string;
let log: Log;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'syntra-bootstrap-'));
  log = await openEmbeddedLog({ directory: dataDir });
  await emptyTables();
});
afterEach(async () => {
  await log.close();
  await rm(dataDir, { recursive: true });
});

const emptyTables = () => database.queries.execute(sql`truncate organisations, projects, ingest_keys, services`);
const start = (retentionDays = 30, ingestKey?: string) =>
  bootstrap({ database, log, ingestKey, keyFile: join(dataDir, 'ingest-key'), retentionDays });

/** What ingest knows: the newest value of each key. */
const published = async (): Promise<Record<string, IngestKey>> => {
  const tail = await log.tail(ingestKeysTopic.name, 0, 'start');
  const records = await tail.next({ maxRecords: 1000, maxBytes: 1e6 });
  return Object.fromEntries(records.map(({ key, value }) => [key, JSON.parse(Buffer.from(value).toString())]));
};

test('the first start makes a project and a key, shows the key and tells ingest', async () => {
  const key = (await start())!;
  expect(key).toMatch(/^syn_[0-9a-f]{40}$/);
  expect(await published()).toEqual({
    [hashOfIngestKey(key)]: { ...defaultTenant, retentionDays: 30, revoked: false },
  });
  const projects = openProjects(database.queries, key);
  expect(await projects.list()).toEqual([
    { id: 'prj_default', org: 'org_default', name: 'Default' },
    { id: 'prj_syntra', org: 'org_default', name: 'Syntra itself' },
  ]);
  expect(await projects.ingestKey('prj_default')).toBe(key);
  expect(await projects.ingestKey('prj_other')).toBeUndefined();
});

test('the key is readable in a file for its owner alone, and nowhere in the database', async () => {
  const key = (await start())!;
  expect((await stat(join(dataDir, 'ingest-key'))).mode & 0o777).toBe(0o600);
  expect(await readFile(join(dataDir, 'ingest-key'), 'utf8')).toBe(`${key}\n`);
  const { rows } = await database.queries.execute(
    sql`select to_jsonb(ingest_keys)::text as row, hint from ingest_keys`,
  );
  expect(rows).toHaveLength(1);
  expect(rows[0]!.row).not.toContain(key);
  expect(rows[0]!.row).toContain(hashOfIngestKey(key));
  expect(rows[0]!.hint).toBe(key.slice(-4));
});

test('later starts keep the key and follow the setting of retention', async () => {
  const key = await start(30);
  expect(await start(7)).toBe(key);
  expect(await published()).toEqual({
    [hashOfIngestKey(key!)]: { ...defaultTenant, retentionDays: 7, revoked: false },
  });
});

test('the key that senders have stays valid when the database is lost', async () => {
  const key = await start();
  await emptyTables();
  expect(await start()).toBe(key);
});

test('a new key is made when the file was removed, and the old one stays valid', async () => {
  const first = (await start())!;
  await rm(join(dataDir, 'ingest-key'));
  const second = (await start())!;
  expect(second).not.toBe(first);
  expect(Object.keys(await published()).sort()).toEqual([first, second].map(hashOfIngestKey).sort());
});

test('a file that holds something else is left alone and said', async () => {
  await writeFile(join(dataDir, 'ingest-key'), 'my notes');
  await expect(start()).rejects.toThrow(/ingest-key does not hold an ingest key: restore it, or remove it/);
  expect(await readFile(join(dataDir, 'ingest-key'), 'utf8')).toBe('my notes');
});

test('a revoked key is refused at once, is not shown, and stays revoked', async () => {
  const key = (await start())!;
  const hash = hashOfIngestKey(key);
  expect(await revokeIngestKey(database, log, hash)).toBe(true);
  expect((await published())[hash]).toEqual({ ...defaultTenant, retentionDays: 30, revoked: true });
  expect(await revokeIngestKey(database, log, hash)).toBe(false);
  expect(await revokeIngestKey(database, log, hashOfIngestKey('syn_unknown'))).toBe(false);
  expect(await start()).toBeUndefined();
  expect((await published())[hash]?.revoked).toBe(true);
});

test('a key is not revoked half when ingest cannot be told', async () => {
  const hash = hashOfIngestKey((await start())!);
  const full: Log = {
    ...log,
    append: async () => {
      throw new LogFullError('no room');
    },
  };
  await expect(revokeIngestKey(database, full, hash)).rejects.toThrow('no room');
  expect(await revokeIngestKey(database, log, hash)).toBe(true);
});

test('more keys than one append holds are all told', async () => {
  await start();
  const keys = Array.from({ length: 1500 }, newIngestKey);
  await database.transaction(async (queries) => {
    for (const key of keys) await storeIngestKey(queries, { key, ...defaultTenant, name: 'many' });
  });
  await start();
  const tail = await log.tail(ingestKeysTopic.name, 0, 'start');
  const told = new Set<string>();
  for (;;) {
    const records = await tail.next({ maxRecords: 1000, maxBytes: 1e7 });
    if (records.length === 0) break;
    for (const { key } of records) told.add(key);
  }
  expect(keys.filter((key) => !told.has(hashOfIngestKey(key)))).toEqual([]);
});

test('services are found by tenant and by id, with their colours', async () => {
  await start();
  const service = (name: string, slot: number, project = 'prj_default'): ServiceRegistered => ({
    org: 'org_default',
    project,
    service: name,
    serviceId: serviceIdOf('org_default', project, name),
    slot,
    atMs: 1_700_000_000_000 + slot,
  });
  const [cart, shop, other] = [service('cart', 3), service('shop', -1), service('cart', 0, 'prj_other')];
  await projectServices.save(database.queries, [
    { key: 'prj_default', before: [], after: [cart, shop] },
    { key: 'prj_other', before: [], after: [other] },
  ]);
  const projects = openProjects(database.queries, undefined);
  expect(await projects.services(defaultTenant)).toEqual([
    { serviceId: cart.serviceId, service: 'cart', slot: 3 },
    { serviceId: shop.serviceId, service: 'shop', slot: null },
  ]);
  expect(await projects.services({ org: 'org_else', project: 'prj_default' })).toEqual([]);
  expect(await projects.ofService(shop.serviceId)).toEqual({ tenant: defaultTenant, service: 'shop' });
  expect(await projects.ofService('svc_0000000000000000')).toBeUndefined();
  expect(await projectServices.load(database.queries, ['prj_other', 'prj_none'])).toEqual(
    new Map([['prj_other', [other]]]),
  );
});
