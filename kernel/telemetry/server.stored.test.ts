/** What a ClickHouse server may do to us, and what becomes of it. The server is the stand-in, which can be told to. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ClickHouseConfig } from '../config-stores.ts';
import { OperatorError } from '../operator-error.ts';
import { RejectedBatchError } from '../processor.ts';
import { type RowsInsert, type Telemetry, TelemetryUnavailableError } from './client.ts';
import { openTelemetryServer } from './server.ts';
import { isNewEnough, prepareServer } from './server-start.ts';
import { blockOf } from './test-block.ts';
import { startClickHouse, type TestClickHouse } from './test-clickhouse.ts';
import type { FaultMode } from './test-clickhouse-faults.ts';

const password = 'never said';
const tenant = { org: 'o', project: 'p' };
const fenced = 'SELECT number, {org:String} AS org, {project:String} AS project FROM numbers(1000)';

let server: TestClickHouse;
let config: ClickHouseConfig;
let telemetry: Telemetry;
beforeAll(async () => {
  server = await startClickHouse({ password });
  config = { url: server.url, username: 'default', password, database: 'faults' };
  telemetry = await openTelemetryServer(config, { insertTimeoutMs: 1_000, answerGraceMs: 500 });
  await telemetry.command(`CREATE TABLE rows (name String, day Date) ENGINE = MergeTree PARTITION BY day ORDER BY name
    SETTINGS non_replicated_deduplication_window = 100`);
  await telemetry.command(`CREATE TABLE counts (name String, day Date, n SimpleAggregateFunction(sum, UInt64))
    ENGINE = AggregatingMergeTree PARTITION BY day ORDER BY name SETTINGS non_replicated_deduplication_window = 100`);
  await telemetry.command(
    'CREATE MATERIALIZED VIEW counts_from_rows TO counts AS SELECT name, day, count() AS n FROM rows GROUP BY name, day',
  );
});
beforeEach(() => server.fault({ mode: 'none' }));
afterAll(async () => {
  await telemetry.close();
  await server.stop();
});

const rowsOf = (name: string, count: number): RowsInsert => {
  const rows = Array.from({ length: count }, () => [name, 1]);
  return { table: 'rows', ...blockOf({ name: 'String', day: 'Date' }, rows), token: `token of ${name}` };
};
const insert = (name: string) => telemetry.insert(rowsOf(name, 100));
const stored = async (name: string): Promise<{ rows: number; counted: number }> => {
  const [found] = await telemetry.inspect<{ rows: string; counted: string }>(
    `SELECT (SELECT count() FROM rows WHERE name = '${name}') AS rows, (SELECT sum(n) FROM counts WHERE name = '${name}') AS counted`,
  );
  return { rows: Number(found!.rows), counted: Number(found!.counted) };
};

test.each<FaultMode>([
  'fail-before-insert',
  'fail-after-insert',
  'cut-after-insert',
  'half-answer',
  'exception-in-answer',
])('a batch is stored once when the answer to it is: %s', async (mode) => {
  await server.fault({ mode, times: 2, only: 'inserts' });
  for (let i = 0; i < 2; i++) {
    const failure = await insert(mode).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure, 'it must not be taken for stored').toBeInstanceOf(Error);
    expect(failure, 'nor for refused').not.toBeInstanceOf(RejectedBatchError);
  }
  expect(await server.faultsMet()).toBe(2);
  await insert(mode);
  expect(await stored(mode)).toEqual({ rows: 100, counted: 100 });
});

test.each<FaultMode>(['half-answer', 'exception-in-answer', 'hang'])(
  'a query is never answered by half: %s',
  async (mode) => {
    await server.fault({ mode, times: 1 });
    await expect(telemetry.query({ sql: fenced, tenant, maxExecutionMs: 500 })).rejects.toThrow(
      mode === 'exception-in-answer' ? 'more memory than it may use' : TelemetryUnavailableError,
    );
    expect(await server.faultsMet()).toBe(1);
    expect((await telemetry.query({ sql: fenced, tenant })).rows).toHaveLength(1000);
  },
);

test('a server that is silent is given up in time, and used again when it speaks', async () => {
  server.pause();
  const asked = [telemetry.query({ sql: fenced, tenant, maxExecutionMs: 200 }), insert('silent'), telemetry.ping()];
  const answers = await Promise.allSettled(asked);
  server.resume();
  for (const answer of answers) {
    expect(answer).toMatchObject({ status: 'rejected', reason: expect.any(TelemetryUnavailableError) });
  }
  // What was sent while it was silent may still be running there.
  await expect
    .poll(() =>
      insert('silent').then(
        () => 'stored',
        (error: Error) => error.message,
      ),
    )
    .toBe('stored');
  expect(await stored('silent')).toEqual({ rows: 100, counted: 100 });
});

test('what was stored is there when the server comes back after a kill', async () => {
  await insert('kept');
  await server.kill();
  await expect(insert('kept')).rejects.toThrow(/ECONNREFUSED/);
  await expect(telemetry.query({ sql: fenced, tenant })).rejects.toThrow(TelemetryUnavailableError);
  await server.restart();
  await insert('kept');
  expect(await stored('kept')).toEqual({ rows: 100, counted: 100 });
});

test('the same batch is not run twice at once', async () => {
  await server.fault({ mode: 'slow', delayMs: 300, only: 'inserts' });
  const rows = rowsOf('at once', 50_000);
  const answers = await Promise.allSettled(Array.from({ length: 4 }, () => telemetry.insert(rows)));
  const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
  expect(refused.length).toBeGreaterThan(0);
  for (const reason of refused) expect(reason).toBeInstanceOf(TelemetryUnavailableError);
  expect(await stored('at once')).toEqual({ rows: 50_000, counted: 50_000 });
});

test('a long list of parameters gets through', async () => {
  const ids = Array.from({ length: 20_000 }, (_, i) => `it's ${i}`);
  const sql =
    'SELECT length({ids:Array(String)}) AS n, {ids:Array(String)}[2] AS two, {org:String} AS o, {project:String} AS p';
  const { rows } = await telemetry.query({ sql, params: { ids }, tenant });
  expect(rows).toEqual([{ n: 20_000, two: "it's 1", o: 'o', p: 'p' }]);
});

test('more readers than there is room for are turned away, and writers are not', async () => {
  await server.fault({ mode: 'slow', delayMs: 500 });
  const readers = Array.from({ length: 100 }, () => telemetry.query({ sql: fenced, tenant }));
  const answers = Promise.allSettled(readers);
  await insert('between');
  const turnedAway = (await answers).filter(({ status }) => status === 'rejected');
  expect(turnedAway).toHaveLength(20);
});

test('who may not come in is told so in a sentence, without the password', async () => {
  const opening = openTelemetryServer({ ...config, password: 'a wrong secret' });
  await expect(opening).rejects.toThrow(OperatorError);
  await expect(opening).rejects.toThrow(
    `ClickHouse at ${new URL(server.url).host} does not let the user default in: check SYNTRA_CLICKHOUSE_USERNAME and SYNTRA_CLICKHOUSE_PASSWORD, or the name and password in SYNTRA_CLICKHOUSE_URL, which they go before.`,
  );
});

test('a server that is too old is refused, and one that never comes is given up', async () => {
  expect(['25.12.9.1', '26.1.1.1', '26.2.1.1', '26.10.1.1', '27.1.1'].map(isNewEnough)).toEqual([
    ...[false, false],
    ...[true, true, true],
  ]);
  const old = createServer((_request, response) => {
    response.end('{"meta":[],"data":[{"version":"25.8.1.1"}],"rows":1,"statistics":{}}');
  });
  await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(old.address() as AddressInfo).port}`;
  const opening = prepareServer({ ...config, url: `http://${host}` }, 100);
  await expect(opening).rejects.toThrow(
    `ClickHouse at ${host} is version 25.8.1.1, and Syntra needs 26.2 or later: update it.`,
  );
  await new Promise((resolve) => old.close(resolve));
  const waiting = prepareServer({ ...config, url: `http://u:${password}@${host}` }, 100);
  await expect(waiting).rejects.toThrow(OperatorError);
  await expect(waiting).rejects.toThrow(/cannot be used, and 0.1 seconds of waiting did not help: .*ECONNREFUSED/);
  await expect(waiting).rejects.not.toThrow(password);
});

test('a server that starts later than we do is waited for', async () => {
  await server.kill();
  const opening = openTelemetryServer(config);
  await expect(telemetry.ping()).rejects.toThrow(TelemetryUnavailableError);
  await server.restart();
  await (await opening).close();
});
