/** Rows after a replay are the rows before it: in the tables themselves, and in everything that views make of them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { storeLogs } from '../../processors/store-logs.ts';
import { storeMetrics } from '../../processors/store-metrics.ts';
import { storeSpans } from '../../processors/store-spans.ts';
import { openEmbeddedLog } from '../log/embedded.ts';
import { GroupInUseError, type Log } from '../log/log.ts';
import { encodeLogs, encodeMetrics, encodeTraces } from '../otlp/proof/reference.ts';
import type { Sink } from '../processor.ts';
import { countingMeter } from '../runner/meter.ts';
import { runSink } from '../runner/sink.ts';
import { type Database, openDatabase } from '../state/database.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../state/embedded.ts';
import type { Telemetry } from '../telemetry/client.ts';
import { openEmbeddedTelemetry } from '../telemetry/embedded.ts';
import { migrateTelemetry } from '../telemetry/migrate.ts';
import { logsTopic, metricsTopic, onlyForHeader, otlpHeaders, retryOfHeader, spansTopic } from '../topics.ts';
import { dayOf, startOfDay } from './log-window.ts';
import { runReplay } from './replay.ts';
import { storedDaysOf } from './stored-days.ts';

const today = dayOf(Date.now());
const todayMs = startOfDay(today);
const yesterday = dayOf(todayMs - 1);

let directory: string;
let telemetry: Telemetry;
let postgres: EmbeddedPostgres;
let database: Database;
let sinks: { spans: Sink; logs: Sink; metrics: Sink };
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-replay-'));
  telemetry = await openEmbeddedTelemetry({ directory });
  await migrateTelemetry(telemetry);
  postgres = await startEmbeddedPostgres({ dataDir: directory, report: () => {} });
  database = await openDatabase(postgres.connection);
  const hasty = (sink: Sink): Sink => ({ ...sink, limits: { maxRecords: 3, maxBytes: 1e6, lingerMs: 1 } });
  sinks = {
    spans: hasty(storeSpans(telemetry)),
    logs: hasty(storeLogs(telemetry)),
    metrics: hasty(storeMetrics(telemetry)),
  };
});
afterAll(async () => {
  await telemetry?.close();
  await database?.close();
  await postgres?.stop();
  if (directory) await rm(directory, { recursive: true, force: true });
});

let logDirectory: string;
let log: Log;
const openLog = async (): Promise<void> => {
  logDirectory = await mkdtemp(join(tmpdir(), 'syntra-replay-log-'));
  log = await openEmbeddedLog({ directory: logDirectory });
};
const removeLog = async (): Promise<void> => {
  await log.close();
  await rm(logDirectory, { recursive: true });
};
const ourTables = async () => {
  const all = await Promise.all(Object.values(sinks).map((sink) => storedDaysOf(telemetry, sink.rows!)));
  return [...new Set(all.flatMap(({ tables }) => tables))].sort();
};
beforeEach(async () => {
  await openLog();
  for (const table of await ourTables()) await telemetry.command(`TRUNCATE TABLE ${table}`);
});
afterEach(removeLog);

const headers = (receivedAtMs: number) => ({
  [otlpHeaders.org]: 'o',
  [otlpHeaders.project]: 'p',
  [otlpHeaders.receivedAt]: String(receivedAtMs),
  [otlpHeaders.retentionDays]: '30',
  [otlpHeaders.encoding]: 'identity',
});
const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
const nano = (ms: number): string => `${ms}000000`;

let spanNumber = 0;
const appendSpan = async (receivedAtMs: number, more: Readonly<Record<string, string>> = {}): Promise<void> => {
  const number = ++spanNumber;
  const attributes = [{ key: 'number', value: { stringValue: String(number) } }];
  const times = { startTimeUnixNano: nano(receivedAtMs), endTimeUnixNano: nano(receivedAtMs + number) };
  const ids = { traceId: Buffer.alloc(16, number), spanId: Buffer.alloc(8, number) };
  const value = encodeTraces({
    resourceSpans: [{ resource, scopeSpans: [{ spans: [{ ...ids, ...times, name: 'work', kind: 2, attributes }] }] }],
  });
  await log.append(spansTopic.name, [{ key: '', headers: { ...headers(receivedAtMs), ...more }, value }]);
};
const appendLine = (receivedAtMs: number, body: string): Promise<void> => {
  const attributes = [{ key: 'line', value: { stringValue: body } }];
  const logRecords = [{ timeUnixNano: nano(receivedAtMs), body: { stringValue: body }, attributes }];
  const value = encodeLogs({ resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] });
  return log.append(logsTopic.name, [{ key: '', headers: headers(receivedAtMs), value }]);
};
const appendPoint = (receivedAtMs: number, asDouble: number): Promise<void> => {
  const metrics = [{ name: 'load', gauge: { dataPoints: [{ timeUnixNano: nano(receivedAtMs), asDouble }] } }];
  const value = encodeMetrics({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] });
  return log.append(metricsTopic.name, [{ key: '', headers: headers(receivedAtMs), value }]);
};

/** Two days of everything, not quite in order. */
const appendAll = async (): Promise<void> => {
  for (const ms of [-5000, -1, 0, -2, 1, 2000, -1000, 3000]) {
    await appendSpan(todayMs + ms);
    await appendLine(todayMs + ms, `line of ${ms}`);
    await appendPoint(todayMs + ms, ms);
  }
};

const storeAll = async (those: readonly Sink[] = Object.values(sinks)): Promise<void> => {
  for (const sink of those) {
    const stop = await runSink({ sink, log, meter: countingMeter(sink, console.error) });
    await vi.waitFor(async () => expect((await log.lagOf(sink.name, [sink.reads.name]))[0]!.lag).toBe(0), {
      timeout: 30_000,
    });
    await stop();
  }
};

/** Every row of every table, as text: what aggregates hold, not how. */
const snapshot = async (): Promise<Record<string, string[]>> => {
  const rows: Record<string, string[]> = {};
  for (const table of await ourTables()) {
    const columns = await telemetry.inspect<{ name: string; type: string }>(
      `SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = '${table}' AND default_kind != 'ALIAS' ORDER BY position`,
    );
    const values = columns.map(({ name, type }) =>
      type.startsWith('AggregateFunction') ? `finalizeAggregation(\`${name}\`)` : `\`${name}\``,
    );
    const [{ engine } = { engine: '' }] = await telemetry.inspect<{ engine: string }>(
      `SELECT engine FROM system.tables WHERE database = currentDatabase() AND name = '${table}'`,
    );
    const found = await telemetry.inspect<{ row: string }>(
      `SELECT hex(toString(tuple(${values.join(', ')}))) AS row FROM ${table} ${engine === 'MergeTree' ? '' : 'FINAL'} ORDER BY row`,
    );
    rows[table] = found.map(({ row }) => Buffer.from(row, 'hex').toString());
  }
  return rows;
};
const countOf = async (table: string, where = '1'): Promise<number> =>
  (await telemetry.inspect<{ n: number }>(`SELECT toUInt32(count()) AS n FROM ${table} WHERE ${where}`))[0]!.n;

const lines: string[] = [];
const replay = async (
  group: string,
  topic: string,
  from: string,
  through: Pick<Telemetry, 'command' | 'inspect'> = telemetry,
) => {
  lines.length = 0;
  const argv = ['--topic', topic, '--from', from, '--group', group];
  await runReplay(argv, { log, telemetry: through, database }, Object.values(sinks), (line) => lines.push(line));
};

test('rows of a day are written again as they were, in the table and in all that views make of it', async () => {
  await appendAll();
  await storeAll();
  const before = await snapshot();
  expect(Object.keys(before)).toEqual(expect.arrayContaining(['spans', 'red_services', 'facets', 'metric_samples']));
  for (const [table, rows] of Object.entries(before)) {
    if (table !== 'metric_distributions') expect(rows, table).not.toEqual([]);
  }
  for (const { name, reads } of Object.values(sinks)) {
    await replay(name, reads.name, `${today}T12:00Z`);
    expect(lines[0]).toMatch(new RegExp(`^Removed the rows received ${today} from `));
    expect(lines.at(-1)).toBe(`${name} reads 8 records again when it runs next.`);
  }
  expect(await countOf('spans')).toBe(4);
  expect(await countOf('spans', `toDate(received_at) >= '${today}'`)).toBe(0);
  expect(await countOf('facets', `received_day >= '${today}'`)).toBe(0);
  expect(await countOf('metric_samples', `toDate(received_at) >= '${today}'`)).toBe(0);
  await storeAll();
  expect(await snapshot()).toEqual(before);
  await replay('store-spans', 'otlp.spans', 'start');
  expect(lines[0]).toMatch(new RegExp(`^Removed the rows received ${yesterday} to ${today} from `));
  expect(await countOf('spans')).toBe(0);
  await storeAll();
  expect(await snapshot()).toEqual(before);
});

test('leaves alone what another sink has in the same table', async () => {
  await appendAll();
  await storeAll();
  const ofLogs = await countOf('facets', "signal = 'logs'");
  expect(ofLogs).toBeGreaterThan(0);
  await replay('store-spans', 'otlp.spans', 'start');
  expect(await countOf('facets', "signal = 'logs'")).toBe(ofLogs);
  expect(await countOf('facets', "signal = 'spans'")).toBe(0);
});

test('what was put back once is not there twice: the replay reads its original', async () => {
  await appendSpan(todayMs);
  spanNumber--;
  await appendSpan(todayMs, { [onlyForHeader]: 'store-spans', [retryOfHeader]: 'dlt_1' });
  await storeAll();
  expect(await countOf('spans')).toBe(2);
  await replay('store-spans', 'otlp.spans', today);
  await storeAll();
  expect(await countOf('spans')).toBe(1);
});

test('killed while rows are being removed, it can be run again; until then nothing is written', async () => {
  await appendAll();
  await storeAll();
  const before = await snapshot();
  let commands = 0;
  const dying = {
    ...telemetry,
    async command(sql: string) {
      if (++commands === 3) throw new Error('killed');
      await telemetry.command(sql);
    },
  };
  await expect(replay('store-spans', 'otlp.spans', today, dying)).rejects.toThrow('killed');
  const left = await countOf('spans');
  const meter = countingMeter(sinks.spans, () => {});
  const stop = await runSink({ sink: sinks.spans, log, meter });
  await vi.waitFor(() => expect(meter.report().lastError).toMatch(/was begun and not finished: run it again/));
  await stop();
  expect(await countOf('spans')).toBe(left);
  await replay('store-spans', 'otlp.spans', today);
  await storeAll();
  expect(await snapshot()).toEqual(before);
});

test('asked for less in the middle of a replay, it still writes all that was removed', async () => {
  await appendAll();
  await storeAll();
  const before = await snapshot();
  await replay('store-spans', 'otlp.spans', 'start');
  await replay('store-spans', 'otlp.spans', today);
  await storeAll();
  expect(await snapshot()).toEqual(before);
});

test('is refused while somebody reads as the group, and nothing is removed', async () => {
  await appendAll();
  await storeAll();
  const before = await snapshot();
  const stop = await runSink({ sink: sinks.spans, log, meter: countingMeter(sinks.spans, console.error) });
  await expect(replay('store-spans', 'otlp.spans', today)).rejects.toThrow(GroupInUseError);
  await stop();
  await storeAll();
  expect(await snapshot()).toEqual(before);
});

test('is refused when the log has lost what would be removed, and says so', async () => {
  await appendAll();
  await storeAll();
  const before = await snapshot();
  await appendSpan(todayMs + 4000);
  await storeAll([sinks.spans]);
  await log.retain(Date.now() + (spansTopic.retentionHours + 1) * 3_600_000);
  const { startOffset, endOffset } = await log.extentOf(spansTopic.name, 0);
  expect(startOffset).toBe(endOffset);
  await expect(replay('store-spans', 'otlp.spans', today)).rejects.toThrow(/no longer holds any record/);
  expect(await countOf('spans')).toBe(before.spans!.length + 1);
});

test('is refused when the rows came from another log than the one there is', async () => {
  await appendAll();
  await storeAll();
  await removeLog();
  await openLog();
  await appendSpan(todayMs + 60_000);
  await expect(replay('store-spans', 'otlp.spans', today)).rejects.toThrow(/came from another log/);
  expect(await countOf('spans')).toBe(8);
});

test('finds that a batch in the middle may be half stored', async () => {
  await appendSpan(todayMs - 1);
  await appendSpan(todayMs);
  await log.moveGroup('store-spans', spansTopic.name, [{ partition: 0, offset: 1, metadata: 'end=3' }]);
  await expect(replay('store-spans', 'otlp.spans', today)).rejects.toThrow(/in the middle of a batch/);
  await replay('store-spans', 'otlp.spans', yesterday);
  await storeAll([sinks.spans]);
  expect(await countOf('spans')).toBe(2);
});
