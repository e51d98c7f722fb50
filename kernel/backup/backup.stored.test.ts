/** A backup taken while data comes in: what was acknowledged before it is in it exactly once, and nobody notices it. */
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { metrics } from '@opentelemetry/api';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Ingest, startIngest } from '../../ingest/ingest.ts';
import { startProcessors } from '../../processors/processors.ts';
import { holdDataDirectory } from '../data-directory.ts';
import { openEmbeddedLog } from '../log/embedded.ts';
import type { Log } from '../log/log.ts';
import { bootstrap } from '../state/bootstrap.ts';
import { type Database, openDatabase } from '../state/database.ts';
import { sql } from '../state/drizzle.ts';
import { startEmbeddedPostgres } from '../state/embedded.ts';
import { collectStops, type Stops } from '../stops.ts';
import type { Telemetry } from '../telemetry/client.ts';
import { openEmbeddedTelemetry } from '../telemetry/embedded.ts';
import { migrateTelemetry } from '../telemetry/migrate.ts';
import { defaultTenant } from '../tenants.ts';
import { runBackup, runRestore } from './command.ts';
import { type PausableLog, pausable } from './pausable-log.ts';
import { serveBackups } from './socket.ts';

let directory: string;
let undo: Stops;
beforeEach(async () => {
  undo = collectStops();
  directory = await mkdtemp(join(tmpdir(), 'syntra-backup-'));
  // So that PostgreSQL, which root starts as somebody else, gets through to its files.
  await chmod(directory, 0o711);
});
afterEach(async () => {
  await undo.run();
  await rm(directory, { recursive: true, force: true });
});

const embedded = { version: 'test', kafka: undefined, clickhouse: undefined, postgres: undefined };

interface Instance {
  readonly log: Log;
  readonly telemetry: Telemetry;
  readonly database: Database;
  readonly ingest: Ingest;
  readonly processors: PausableLog;
  readonly said: string[];
  stop(): Promise<void>;
}

/** What main.ts starts, without the API. */
const start = async (dataDir: string): Promise<Instance> => {
  const stops = collectStops();
  undo.add(stops.run);
  const held = await holdDataDirectory(dataDir);
  stops.add(async () => held.release());
  const log = await openEmbeddedLog({ directory: dataDir });
  stops.add(() => log.close());
  const telemetry = await openEmbeddedTelemetry({ directory: dataDir });
  stops.add(() => telemetry.close());
  await migrateTelemetry(telemetry);
  const postgres = await startEmbeddedPostgres({ dataDir });
  stops.add(() => postgres.stop());
  const database = await openDatabase(postgres.connection);
  stops.add(() => database.close());
  await bootstrap({ database, log, ingestKey: undefined, keyFile: join(dataDir, 'ingest-key'), retentionDays: 30 });
  const said: string[] = [];
  const report = (level: string, sentence: string) => void said.push(`${level}: ${sentence}`);
  const processors = pausable(log);
  const meter = metrics.getMeter('test');
  await startProcessors({ log: processors.log, telemetry, database }, { meter, report }, stops.add);
  const ingest = await startIngest({
    log,
    host: '127.0.0.1',
    httpPort: 0,
    grpcPort: 0,
    maxRequestBytes: 2 ** 20,
    keyless: { ...defaultTenant, retentionDays: 30 },
  });
  stops.add(() => ingest.drain());
  const backups = await serveBackups({ dataDir, version: 'test', processors, telemetry, database }, report);
  stops.add(() => backups.close());
  return { log, telemetry, database, ingest, processors, said, stop: stops.run };
};

const serviceOf = (n: number) => `service-${n % 5}-${Math.floor(n / 500)}`;

const requestOf = (numbers: readonly number[]) => ({
  resourceLogs: numbers.map((n) => ({
    resource: { attributes: [{ key: 'service.name', value: { stringValue: serviceOf(n) } }] },
    scopeLogs: [{ logRecords: [{ timeUnixNano: `${Date.now()}000000`, body: { stringValue: `number ${n}` } }] }],
  })),
});

/** Sends numbered log records, some senders at a time, until told to stop. */
const load = ({ ingest }: Instance) => {
  const acknowledged: number[] = [];
  const sent: number[] = [];
  let next = 0;
  let stopped = false;
  const send = async (): Promise<void> => {
    while (!stopped) {
      const numbers = Array.from({ length: 10 }, () => next++);
      sent.push(...numbers);
      const { status } = await fetch(`http://127.0.0.1:${ingest.httpPort}/v1/logs`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(requestOf(numbers)),
        signal: AbortSignal.timeout(30_000),
      });
      expect(status).toBe(200);
      acknowledged.push(...numbers);
    }
  };
  const senders = [send(), send(), send()];
  return {
    acknowledged,
    sent,
    async stop() {
      stopped = true;
      await Promise.all(senders);
    },
  };
};

const caughtUp = async ({ log }: Instance): Promise<void> => {
  const groups = { 'store-logs': 'otlp.logs', 'register-services': 'services.seen' };
  const lag = async () => {
    const lags = await Promise.all(Object.entries(groups).map(([group, topic]) => log.lagOf(group, [topic])));
    return lags.flat().reduce((sum, each) => sum + each.lag, 0);
  };
  await expect.poll(lag, { timeout: 30_000 }).toBe(0);
};

/** How often each number is in the table. */
const stored = async ({ telemetry }: Instance): Promise<Map<number, number>> => {
  const rows = await telemetry.inspect<{ n: number; times: number }>(
    `SELECT toUInt32(splitByChar(' ', body)[2]) AS n, toUInt32(count()) AS times FROM logs
     WHERE body LIKE 'number %' GROUP BY n`,
  );
  return new Map(rows.map(({ n, times }) => [n, times]));
};

const rowsAndViewed = async ({ telemetry }: Instance) => {
  const [counts] = await telemetry.inspect<{ rows: number; viewed: number }>(
    `SELECT (SELECT toUInt32(count()) FROM logs) AS rows, (SELECT toUInt32(sum(lines)) FROM log_counts) AS viewed`,
  );
  return counts!;
};

const servicesIn = async ({ database }: Instance): Promise<string[]> => {
  const { rows } = await database.queries.execute<{ name: string }>(sql`select name from services order by name`);
  return rows.map(({ name }) => name);
};

const expectOnce = async (instance: Instance, acknowledged: readonly number[], sent: readonly number[]) => {
  const times = await stored(instance);
  expect(acknowledged.filter((n) => times.get(n) !== 1)).toEqual([]);
  const known = new Set(sent);
  expect([...times].filter(([n, count]) => count !== 1 || !known.has(n))).toEqual([]);
  const { rows, viewed } = await rowsAndViewed(instance);
  expect(viewed).toBe(rows);
};

test('a backup under load holds once what was acknowledged before it, and the Syntra goes on as if nothing had been', async () => {
  const dataDir = join(directory, 'data');
  const target = join(directory, 'backup');
  const restored = join(directory, 'restored');
  const config = { ...embedded, dataDir };
  const running = await start(dataDir);
  const sending = load(running);
  await expect.poll(() => sending.acknowledged.length).toBeGreaterThan(2000);

  const before = [...sending.acknowledged];
  const printed: string[] = [];
  await runBackup(['--to', target], config, (line) => printed.push(line));
  expect(printed.join('\n')).toMatch(/processors paused for \d+ ms/);
  const after = sending.acknowledged.length;
  await expect.poll(() => sending.acknowledged.length).toBeGreaterThan(after + 500);
  await sending.stop();
  await caughtUp(running);
  await expectOnce(running, sending.acknowledged, sending.sent);
  expect(await servicesIn(running)).toEqual([...new Set(sending.acknowledged.map(serviceOf))].sort());
  const key = await readFile(join(dataDir, 'ingest-key'), 'utf8');
  await running.stop();

  await runRestore(['--from', target, '--to', restored], config, () => {});
  expect(await readFile(join(restored, 'ingest-key'), 'utf8')).toBe(key);
  const again = await start(restored);
  await caughtUp(again);
  await expectOnce(again, before, sending.sent);
  const have = [...(await stored(again)).keys()];
  // A service is announced after its data is on the log and before that is acknowledged: the moment can lie between.
  const registered = new Set(await servicesIn(again));
  expect([...new Set(before.map(serviceOf))].filter((service) => !registered.has(service))).toEqual([]);
  const sent = new Set(have.map(serviceOf));
  expect([...registered].filter((service) => !sent.has(service))).toEqual([]);
  // It is of that moment: what came later is missing.
  expect(have.length).toBeLessThan(sending.acknowledged.length);
  // And it takes new data like any other.
  const more = load(again);
  await expect.poll(() => more.acknowledged.length).toBeGreaterThan(200);
  await more.stop();
  await caughtUp(again);
  expect((await rowsAndViewed(again)).viewed).toBe((await rowsAndViewed(again)).rows);
}, 180_000);

test('a backup that is called off, refused or killed harms nobody, and the next one is whole', async () => {
  const dataDir = join(directory, 'data');
  const target = join(directory, 'backup');
  const config = { ...embedded, dataDir };
  const running = await start(dataDir);
  const sending = load(running);
  await expect.poll(() => sending.acknowledged.length).toBeGreaterThan(200);

  // Who asked is gone as soon as it begins: nothing of it stays.
  const socket = connect(join(dataDir, 'backup.sock'));
  await once(socket, 'connect');
  socket.write(`${JSON.stringify({ to: target })}\n`);
  await once(socket, 'data');
  // Meanwhile there is no second one.
  await expect(runBackup(['--to', join(directory, 'second')], config, () => {})).rejects.toThrow(/Another backup/);
  socket.destroy();
  await expect.poll(() => running.said.join()).toContain('The backup was called off.');
  expect(await readdir(target)).toEqual([]);
  expect(await readdir(join(dataDir, 'chdb'))).not.toContain('shadow');
  await expect(runRestore(['--from', target, '--to', join(directory, 'r')], config, () => {})).rejects.toThrow(
    /not finished/,
  );

  // Nor does it stay to wait for a batch that does not come to its end.
  const mayEnd = Promise.withResolvers<void>();
  const pause = vi.spyOn(running.processors, 'pause');
  const leave = await running.processors.log.join('hangs', ['otlp.logs'], () => mayEnd.promise);
  const waiting = connect(join(dataDir, 'backup.sock'));
  await once(waiting, 'connect');
  waiting.write(`${JSON.stringify({ to: target })}\n`);
  await expect.poll(() => pause.mock.calls.length).toBe(1);
  running.said.length = 0;
  waiting.destroy();
  await expect.poll(() => running.said.join()).toContain('The backup was called off.');
  const until = sending.acknowledged.length;
  await expect.poll(async () => (await stored(running)).size).toBeGreaterThan(until);
  mayEnd.resolve();
  await leave();

  await expect(runBackup(['--to', join(dataDir, 'x')], config, () => {})).rejects.toThrow(
    /in the data directory itself/,
  );
  await mkdir(join(directory, 'mine'));
  await writeFile(join(directory, 'mine', 'photo'), '');
  await expect(runBackup(['--to', join(directory, 'mine')], config, () => {})).rejects.toThrow(/is not empty/);

  // What a process that is killed in the middle leaves: links to parts, a socket that nobody answers, half a backup.
  await running.telemetry.command(`ALTER TABLE logs FREEZE WITH NAME 'backup'`);
  await sending.stop();
  await caughtUp(running);
  await running.stop();
  await writeFile(join(target, 'unfinished'), '');
  await writeFile(join(target, 'log.db'), 'half');
  await writeFile(join(dataDir, 'backup.sock'), '');
  const next = await start(dataDir);
  expect(await readdir(join(dataDir, 'chdb'))).not.toContain('shadow');
  await expectOnce(next, sending.acknowledged, sending.sent);
  await runBackup(['--to', target], config, () => {});
  expect(await readdir(target)).toEqual(expect.arrayContaining(['backup.json', 'chdb', 'log.db', 'state']));
  await next.stop();
}, 180_000);

test('where no Syntra runs the backup is taken all the same, and says so', async () => {
  const dataDir = join(directory, 'data');
  const target = join(directory, 'backup');
  const config = { ...embedded, dataDir };
  await expect(runBackup(['--to', target], config, () => {})).rejects.toThrow(/There is no data directory/);
  const running = await start(dataDir);
  const sending = load(running);
  await expect.poll(() => sending.acknowledged.length).toBeGreaterThan(200);
  await sending.stop();
  await running.stop();
  const printed: string[] = [];
  await runBackup(['--to', target], config, (line) => printed.push(line));
  expect(printed[0]).toContain(`No Syntra runs on ${dataDir}`);
  await runRestore(['--from', target, '--to', join(directory, 'restored')], config, () => {});
  const again = await start(join(directory, 'restored'));
  await caughtUp(again);
  await expectOnce(again, sending.acknowledged, sending.sent);
}, 180_000);
