/** A replay of a topic with several partitions, on a real Kafka: what only such a log can get wrong. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { storeSpans } from '../../processors/store-spans.ts';
import { openKafkaLog } from '../log/kafka.ts';
import { GroupInUseError, type Log } from '../log/log.ts';
import { startKafka, type TestKafka } from '../log/test-kafka.ts';
import { encodeTraces } from '../otlp/proof/reference.ts';
import { countingMeter } from '../runner/meter.ts';
import { runSink } from '../runner/sink.ts';
import { type Database, openDatabase } from '../state/database.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../state/embedded.ts';
import type { Telemetry } from '../telemetry/client.ts';
import { openEmbeddedTelemetry } from '../telemetry/embedded.ts';
import { migrateTelemetry } from '../telemetry/migrate.ts';
import { otlpHeaders, spansTopic } from '../topics.ts';
import { dayOf, startOfDay } from './log-window.ts';
import { runReplay } from './replay.ts';

let directory: string;
let kafka: TestKafka;
let log: Log;
let telemetry: Telemetry;
let postgres: EmbeddedPostgres;
let database: Database;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-replay-'));
  kafka = await startKafka();
  const config = { brokers: kafka.bootstrap, tls: false, sasl: undefined, prefix: '', replicas: undefined };
  log = await openKafkaLog({ kafka: config });
  telemetry = await openEmbeddedTelemetry({ directory });
  await migrateTelemetry(telemetry);
  postgres = await startEmbeddedPostgres({ dataDir: directory, report: () => {} });
  database = await openDatabase(postgres.connection);
});
afterAll(async () => {
  await log?.close();
  await kafka?.stop();
  await telemetry?.close();
  await database?.close();
  await postgres?.stop();
  await rm(directory, { recursive: true, force: true });
});

const todayMs = startOfDay(dayOf(Date.now()));

const appendSpan = (number: number): Promise<void> => {
  // Every other one of the day before.
  const receivedAtMs = todayMs + (number % 2 === 0 ? number : -number);
  const spanId = Buffer.alloc(8);
  spanId.writeUInt32BE(number + 1);
  const times = { startTimeUnixNano: `${receivedAtMs}000000`, endTimeUnixNano: `${receivedAtMs + 1}000000` };
  const spans = [{ traceId: Buffer.alloc(16, 1), spanId, name: 'work', kind: 2, ...times }];
  const headers = {
    [otlpHeaders.org]: 'o',
    [otlpHeaders.project]: 'p',
    [otlpHeaders.receivedAt]: String(receivedAtMs),
    [otlpHeaders.retentionDays]: '30',
    [otlpHeaders.encoding]: 'identity',
  };
  const value = encodeTraces({ resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [{ spans }] }] });
  return log.append(spansTopic.name, [{ key: `key ${number % 20}`, headers, value }]);
};

const run = () => {
  const hasty = { ...storeSpans(telemetry), limits: { maxRecords: 5, maxBytes: 1e6, lingerMs: 1 } };
  return runSink({ sink: hasty, log, meter: countingMeter(hasty, console.error) });
};
const untilStored = () =>
  vi.waitFor(
    async () => expect((await log.lagOf('store-spans', [spansTopic.name])).reduce((n, { lag }) => n + lag, 0)).toBe(0),
    { timeout: 60_000, interval: 200 },
  );
const spans = async (): Promise<number[]> => {
  const rows = await telemetry.inspect<{ n: number }>(
    'SELECT reinterpretAsUInt32(reverse(substring(toString(span_id), 1, 4))) AS n FROM spans ORDER BY n',
  );
  return rows.map(({ n }) => n);
};
const calls = async (): Promise<number> =>
  (await telemetry.inspect<{ n: number }>('SELECT toUInt32(sum(calls)) AS n FROM red'))[0]!.n;

test('rows from all partitions are written again once, and those of the day before are left alone', async () => {
  const numbers = Array.from({ length: 60 }, (_, i) => i);
  await Promise.all(numbers.map(appendSpan));
  const used = (await log.lagOf('store-spans', [spansTopic.name])).filter(({ endOffset }) => endOffset > 0);
  expect(used.length).toBeGreaterThan(3);
  const argv = ['--topic', spansTopic.name, '--from', dayOf(todayMs), '--group', 'store-spans'];
  const replay = async () => {
    const lines: string[] = [];
    await runReplay(argv, { log, telemetry, database }, [storeSpans(telemetry)], (line) => lines.push(line));
    return lines;
  };

  const stop = await run();
  await untilStored();
  const places = () => Promise.all(used.map(({ partition }) => log.placeOf('store-spans', spansTopic.name, partition)));
  const before = await places();
  await expect(replay()).rejects.toThrow(GroupInUseError);
  expect(await places()).toEqual(before);
  await stop();
  const all = numbers.map((number) => number + 1);
  expect(await spans()).toEqual(all);
  expect(await calls()).toBe(60);

  expect((await replay()).at(-1)).toBe('store-spans reads 60 records again when it runs next.');
  expect(await spans()).toHaveLength(30);
  const again = await run();
  await untilStored();
  await again();
  expect(await spans()).toEqual(all);
  expect(await calls()).toBe(60);
});
