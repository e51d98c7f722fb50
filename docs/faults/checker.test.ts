/** A checker that saw nothing would be of no use: of what is stored as it should be it says so, and each lie it finds. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Telemetry } from '../../kernel/telemetry/client.ts';
import { openEmbeddedTelemetry } from '../../kernel/telemetry/embedded.ts';
import { migrateTelemetry } from '../../kernel/telemetry/migrate.ts';
import { logsTopic, otlpHeaders, spansTopic } from '../../kernel/topics.ts';
import { storeLogs } from '../../processors/store-logs.ts';
import { storeSpans } from '../../processors/store-spans.ts';
import { check } from './checker.ts';
import { openLedger } from './ledger.ts';
import { encodeRequest } from './numbered-requests.ts';

const ledger = openLedger();
const run = 'checked';
let directory: string;
let telemetry: Telemetry;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-checker-'));
  telemetry = await openEmbeddedTelemetry({ directory });
  await migrateTelemetry(telemetry);
  for (const { sink, topic, signal } of [
    { sink: storeSpans(telemetry), topic: spansTopic.name, signal: 'traces' as const },
    { sink: storeLogs(telemetry), topic: logsTopic.name, signal: 'logs' as const },
  ]) {
    // Of a few records each number is listed, of many none.
    for (const [offset, records] of [3, 400, 60].entries()) {
      const first = ledger.take(records);
      ledger.acknowledge(first, records);
      const request = { signal, run, first, records, service: 'shop', atMs: Date.now() };
      const record = { offset, key: '', timestampMs: 0, value: encodeRequest(request, 'protobuf'), headers };
      await sink.write({ token: `${topic}/${offset}`, topic, partition: 0, records: [record] });
    }
  }
});
afterAll(async () => {
  await telemetry?.close();
  if (directory) await rm(directory, { recursive: true, force: true });
});

const headers = {
  [otlpHeaders.org]: 'o',
  [otlpHeaders.project]: 'p',
  [otlpHeaders.receivedAt]: String(Date.now()),
  [otlpHeaders.retentionDays]: '30',
  [otlpHeaders.encoding]: 'identity',
};

const disagreements = async (): Promise<readonly string[]> =>
  (await check((sql) => telemetry.inspect(sql), run, ledger)).disagreements;

test('finds nothing where nothing is wrong, and there are values that are listed and values that are not', async () => {
  const findings = await check((sql) => telemetry.inspect(sql), run, ledger);
  expect(findings).toEqual({
    acknowledged: 926,
    missing: [],
    double: [],
    unacknowledgedButStored: 0,
    disagreements: [],
  });
  const [facets] = await telemetry.inspect<{ listed: number; unlisted: number }>(
    "SELECT uniqExactIf(value, value != '') AS listed, sum(unlisted) AS unlisted FROM facets",
  );
  expect(facets!.listed).toBeGreaterThan(10);
  expect(Number(facets!.unlisted)).toBeGreaterThan(100);
});

/** Rows of facets that are there besides: the first two make up for it in what is not listed, so that sums come out. */
const lies = [
  {
    name: 'a value that is counted once too often',
    value: 'lane 3',
    unlisted: -1,
    finds: /^facets, by value, disagrees/,
  },
  { name: 'a value that no row has', value: 'lane 77', unlisted: -1, finds: /^facets, by value, disagrees/ },
  { name: 'a value that is not listed and is not there', value: '', unlisted: 0, finds: /^facets disagrees/ },
];

test.each(lies)('finds $name', async ({ value, unlisted, finds }) => {
  const lie = async (times: number): Promise<void> => {
    await addFacet(value, times, value === '' ? times : 0);
    if (unlisted !== 0) await addFacet('', unlisted * times, unlisted * times);
  };
  await lie(1);
  expect(await disagreements()).toEqual([expect.stringMatching(finds)]);
  await lie(-1);
  expect(await disagreements()).toEqual([]);
});

test.each(['spans', 'calls', 'errors', 'duration_ns_sum'])(
  'finds that red_services says more %s than the rows',
  async (column) => {
    const lie = (times: number) =>
      telemetry.command(`INSERT INTO red_services
        (org, project, grain_minutes, start, service, environment, version, received_day, retention_days, ${column})
        SELECT org, project, grain_minutes, start, service, environment, version, received_day, retention_days,
          toUInt64(toInt64(${times}))
        FROM red_services WHERE grain_minutes = 60 LIMIT 1`);
    await lie(1);
    expect(await disagreements()).toEqual([expect.stringMatching(/^red_services disagrees with the rows in 1 places/)]);
    await lie(-1);
    expect(await disagreements()).toEqual([]);
  },
);

test('finds rows of red_services of a service that has no spans', async () => {
  const lie = (times: number) =>
    telemetry.command(`INSERT INTO red_services
      (org, project, grain_minutes, start, service, received_day, retention_days, spans)
      SELECT org, project, grain_minutes, start, 'nobody', received_day, retention_days, toUInt64(toInt64(${times}))
      FROM red_services WHERE grain_minutes = 60 LIMIT 1`);
  await lie(1);
  expect(await disagreements()).toEqual([expect.stringMatching(/^red_services disagrees .*nobody/)]);
  await lie(-1);
  // A row that says nothing of anything is as good as none.
  expect(await disagreements()).toEqual([]);
});

/** Sums of unsigned numbers go around, so a row can take away. */
const addFacet = (value: string, rows: number, unlisted: number): Promise<void> =>
  telemetry.command(`INSERT INTO facets
    (org, project, signal, hour, scope, key, value, received_day, retention_days, rows, unlisted)
    SELECT org, project, signal, hour, scope, key, '${value}', received_day, retention_days,
      toUInt64(toInt64(${rows})), toUInt64(toInt64(${unlisted}))
    FROM facets WHERE signal = 'spans' AND scope = 'record' AND key = 'fault.lane' LIMIT 1`);
