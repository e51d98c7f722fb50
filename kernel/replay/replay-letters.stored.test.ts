/** What becomes of dead letters whose records are replayed: none of them is stored twice, whoever knows of it when. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { fileDeadLetters } from '../../processors/file-dead-letters.ts';
import { putBackDeadLetters } from '../../processors/put-back-dead-letters/put-back-dead-letters.ts';
import { storeLogs } from '../../processors/store-logs.ts';
import { decisionRecord } from '../letter-on-log.ts';
import { openEmbeddedLog } from '../log/embedded.ts';
import type { Log } from '../log/log.ts';
import { encodeLogs } from '../otlp/proof/reference.ts';
import type { Sink } from '../processor.ts';
import { runDecider } from '../runner/decider.ts';
import { countingMeter } from '../runner/meter.ts';
import { runSink } from '../runner/sink.ts';
import { type Database, openDatabase } from '../state/database.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../state/embedded.ts';
import { deadLetters } from '../state/tables.ts';
import type { Telemetry } from '../telemetry/client.ts';
import { openEmbeddedTelemetry } from '../telemetry/embedded.ts';
import { migrateTelemetry } from '../telemetry/migrate.ts';
import {
  type DeadLetterDecision,
  deadLetterDecisionHeader,
  deadLettersTopic,
  logsTopic,
  otlpHeaders,
} from '../topics.ts';
import { dayOf, startOfDay } from './log-window.ts';
import { runReplay } from './replay.ts';

const todayMs = startOfDay(dayOf(Date.now()));

let directory: string;
let telemetry: Telemetry;
let postgres: EmbeddedPostgres;
let database: Database;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-replay-'));
  telemetry = await openEmbeddedTelemetry({ directory });
  await migrateTelemetry(telemetry);
  postgres = await startEmbeddedPostgres({ dataDir: directory, report: () => {} });
  database = await openDatabase(postgres.connection);
});
afterAll(async () => {
  await telemetry?.close();
  await database?.close();
  await postgres?.stop();
  await rm(directory, { recursive: true, force: true });
});

let logDirectory: string;
let log: Log;
beforeEach(async () => {
  logDirectory = await mkdtemp(join(tmpdir(), 'syntra-replay-log-'));
  log = await openEmbeddedLog({ directory: logDirectory });
  await database.queries.execute('truncate dead_letters, processor_offsets, processor_outbox, processor_marks');
  await acceptBad();
  await telemetry.command('TRUNCATE TABLE logs');
});
afterEach(async () => {
  await log.close();
  await rm(logDirectory, { recursive: true });
});

const send = (body: string, receivedAtMs = todayMs): Promise<void> => {
  const logRecords = [{ timeUnixNano: `${receivedAtMs}000000`, body: { stringValue: body } }];
  const headers = {
    [otlpHeaders.org]: 'o',
    [otlpHeaders.project]: 'p',
    [otlpHeaders.receivedAt]: String(receivedAtMs),
    [otlpHeaders.retentionDays]: '30',
    [otlpHeaders.encoding]: 'identity',
  };
  const value = encodeLogs({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
  return log.append(logsTopic.name, [{ key: '', headers, value }]);
};
const acceptBad = () => telemetry.command('ALTER TABLE logs DROP CONSTRAINT IF EXISTS refuses_bad');
/** Lines that are bad are refused, until the function returned is called. */
const refuseBad = async (): Promise<() => Promise<void>> => {
  const check = "CHECK toUInt8(if(body = 'bad', body, '0')) = 0";
  await telemetry.command(`ALTER TABLE logs ADD CONSTRAINT refuses_bad ${check}`);
  return acceptBad;
};
const lines = async (): Promise<string[]> =>
  (await telemetry.inspect<{ body: string }>('SELECT body FROM logs ORDER BY body')).map(({ body }) => body);

const untilRead = (group: string, topic: string) =>
  vi.waitFor(async () => expect((await log.lagOf(group, [topic]))[0]!.lag).toBe(0), 20_000);
const runOut = async (sink: Sink): Promise<void> => {
  const hasty = { ...sink, limits: { maxRecords: 10, maxBytes: 1e6, lingerMs: 1 } };
  const stop = await runSink({ sink: hasty, log, meter: countingMeter(sink, console.error) });
  await untilRead(sink.name, sink.reads.name);
  await stop();
};
const store = () => runOut(storeLogs(telemetry));
const putBack = () => runOut(putBackDeadLetters(log, [storeLogs(telemetry)]));
const file = async (): Promise<void> => {
  const decider = fileDeadLetters(log);
  const stop = await runDecider({ decider, log, database, meter: countingMeter(decider, console.error) });
  await untilRead(decider.name, deadLettersTopic.name);
  await stop();
};
/** Everything until nothing is left to do. */
const runAll = async (): Promise<void> => {
  for (const run of [store, file, putBack, file, store, file]) await run();
};

const replay = (line: string): Promise<void> =>
  runReplay(line.split(' '), { log, telemetry, database }, [storeLogs(telemetry), fileDeadLetters(log)], () => {});
const replayLogs = () => replay(`--topic otlp.logs --from ${dayOf(todayMs)} --group store-logs`);
const replayLetters = (more = '') => replay(`--topic dead-letters --from start --group file-dead-letters${more}`);

const letterIds = async (): Promise<readonly string[]> => {
  const records = await (await log.tail(deadLettersTopic.name, 0, 'start')).next({ maxRecords: 1000, maxBytes: 1e9 });
  const letters = records.filter(({ headers }) => headers[deadLetterDecisionHeader] === undefined);
  return [...new Set(letters.map(({ key }) => key))];
};
const decide = (id: string, decision: DeadLetterDecision) =>
  log.append(deadLettersTopic.name, [decisionRecord(id, decision)]);
const askFor = async (id: string): Promise<void> => {
  const { endOffset } = await log.extentOf(logsTopic.name, 0);
  await decide(id, { decision: 'retry', endOffsets: [endOffset] });
};
const filed = async () => {
  const rows = await database.queries
    .select({ id: deadLetters.letterId, status: deadLetters.status })
    .from(deadLetters);
  return Object.fromEntries(rows.map(({ id, status }) => [id, status]));
};

test('a letter that nobody had filed yet is forgotten when its record is stored, however it is looked at later', async () => {
  const accept = await refuseBad();
  await send('good');
  await send('bad');
  await store();
  await accept();
  const [id, ...more] = await letterIds();
  expect(more).toEqual([]);
  await replayLogs();
  await runAll();
  expect(await filed()).toEqual({});
  for (const clear of ['', ' --clear']) {
    await replayLetters(clear);
    await runAll();
    expect(await filed()).toEqual({});
    await askFor(id!);
    await runAll();
  }
  expect(await lines()).toEqual(['bad', 'good']);
});

test('letters are forgotten whatever became of them, but for those that were given up and those of other days', async () => {
  const accept = await refuseBad();
  await send('bad', todayMs - 1);
  for (let i = 0; i < 3; i++) await send('bad');
  await store();
  await file();
  const [before, open, putBackOne, givenUp] = await letterIds();
  await decide(givenUp!, { decision: 'discard' });
  await askFor(putBackOne!);
  // Fails again.
  await runAll();
  const again = (await letterIds()).at(-1)!;
  expect(await filed()).toEqual({
    ...{ [before!]: 'open', [open!]: 'open', [putBackOne!]: 'retried', [givenUp!]: 'discarded', [again]: 'open' },
  });
  await accept();
  await replayLogs();
  await runAll();
  expect(await filed()).toEqual({ [before!]: 'open', [givenUp!]: 'discarded' });
  expect(await lines()).toEqual(['bad', 'bad', 'bad']);
  await replayLetters(' --clear');
  await runAll();
  expect(await filed()).toEqual({ [before!]: 'open', [givenUp!]: 'discarded' });
});

test('a letter whose record fails again is filed anew, and put back once', async () => {
  const accept = await refuseBad();
  await send('bad');
  await store();
  await file();
  const [id] = await letterIds();
  await replayLogs();
  await runAll();
  expect(await filed()).toEqual({ [id!]: 'open' });
  await replayLetters(' --clear');
  await runAll();
  expect(await filed()).toEqual({ [id!]: 'open' });
  await accept();
  await askFor(id!);
  await runAll();
  expect(await lines()).toEqual(['bad']);
  expect(await filed()).toEqual({ [id!]: 'retried' });
});

test('is refused from when somebody asks for one of them until it is back, and nothing is removed', async () => {
  const accept = await refuseBad();
  await send('good');
  await send('bad');
  await store();
  await file();
  await accept();
  const [id] = await letterIds();
  await askFor(id!);
  await expect(replayLogs()).rejects.toThrow(/are being put back/);
  await file();
  await expect(replayLogs()).rejects.toThrow(/are being put back/);
  // Asked twice: the second time is still to be answered when the first one is.
  await putBack();
  await askFor(id!);
  await expect(replayLogs()).rejects.toThrow(/are being put back/);
  expect(await lines()).toEqual(['good']);
  await runAll();
  expect(await lines()).toEqual(['bad', 'good']);
  await replayLogs();
  await runAll();
  expect(await lines()).toEqual(['bad', 'good']);
});
