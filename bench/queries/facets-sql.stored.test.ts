import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeLogs, encodeTraces } from '../../kernel/otlp/proof/reference.ts';
import type { Sink } from '../../kernel/processor.ts';
import type { Telemetry } from '../../kernel/telemetry/client.ts';
import { openEmbeddedTelemetry } from '../../kernel/telemetry/embedded.ts';
import { migrateTelemetry } from '../../kernel/telemetry/migrate.ts';
import { otlpHeaders } from '../../kernel/topics.ts';
import { storeLogs } from '../../processors/store-logs.ts';
import { storeSpans } from '../../processors/store-spans.ts';
import { facetsOf } from './facets-sql.ts';

let directory: string;
let telemetry: Telemetry;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-facets-sql-'));
  telemetry = await openEmbeddedTelemetry({ directory });
  await migrateTelemetry(telemetry);
});
afterAll(async () => {
  await telemetry?.close();
  if (directory) await rm(directory, { recursive: true, force: true });
});

const noonMs = Math.floor(Date.now() / 86_400_000) * 86_400_000 - 43_200_000;
const rows = 20_000;
const rowsOfNextHour = 2000;

const attributesOf = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));

const valuesOf = (i: number): Record<string, string> => ({
  method: ['GET', 'PUT'][i % 2]!,
  id: `id-${i}`,
  'a.thousand': `value ${i % 1000}`,
  'one.more': `value ${i % 1001}`,
  ...(i < 4000 && { 'eight.each': `value ${Math.floor(i / 8)}`, 'seven.each': `value ${Math.floor(i / 7)}` }),
  ...(i < 18 && { eighteen: `value ${i}` }),
  ...(i < 19 && { nineteen: `value ${i}` }),
  ...(i % 3 === 0 && { 'sometimes.long': i % 6 === 0 ? 'x'.repeat(65) : 'y'.repeat(64) }),
  // 33 characters, 66 bytes.
  ...(i % 5 === 0 && { 'sometimes.empty': i % 10 === 0 ? '' : 'é'.repeat(33) }),
});
const timeUnixNano = (i: number): string =>
  `${noonMs + (i < rowsOfNextHour ? 3_600_000 : 0)}${String(i).padStart(6, '0')}`;
const resourceOf = (service: string) => ({
  attributes: attributesOf({ 'service.name': service, long: 'z'.repeat(65) }),
});
const numbers = (first: number): number[] => Array.from({ length: rows / 2 }, (_, i) => first + i);
const halves = [
  ['shop', numbers(0)],
  ['stock', numbers(rows / 2)],
] as const;

const spans = encodeTraces({
  resourceSpans: halves.map(([service, own]) => ({
    resource: resourceOf(service),
    scopeSpans: [
      {
        spans: own.map((i) => ({
          traceId: Buffer.alloc(16, 1),
          spanId: Buffer.from(String(i).padStart(8, '0')),
          startTimeUnixNano: timeUnixNano(i),
          endTimeUnixNano: timeUnixNano(i),
          attributes: attributesOf(valuesOf(i)),
        })),
      },
    ],
  })),
});
const lines = encodeLogs({
  resourceLogs: halves.map(([service, own]) => ({
    resource: resourceOf(service),
    scopeLogs: [
      { logRecords: own.map((i) => ({ timeUnixNano: timeUnixNano(i), attributes: attributesOf(valuesOf(i)) })) },
    ],
  })),
});

const store = (sink: Sink, value: Uint8Array): Promise<unknown> => {
  const headers = {
    [otlpHeaders.org]: 'org_default',
    [otlpHeaders.project]: 'prj_default',
    [otlpHeaders.receivedAt]: String(noonMs + 5000),
    [otlpHeaders.retentionDays]: '30',
    [otlpHeaders.encoding]: 'identity',
  };
  const records = [{ offset: 0, key: '', timestampMs: 0, value, headers }];
  return Promise.resolve(sink.write({ token: sink.name, topic: sink.reads.name, partition: 0, records }));
};

const readFacets = (): Promise<Record<string, unknown>[]> =>
  telemetry.inspect(`SELECT org, project, signal, hour, scope, key, value, received_day, max(facets.retention_days) AS days,
      toString(sum(facets.rows)) AS n, toString(sum(facets.unlisted)) AS n_unlisted
    FROM facets GROUP BY ALL ORDER BY ALL`);

test.each(['spans', 'logs'] as const)('facets of %s made by SQL are those that ingest has counted', async (signal) => {
  await telemetry.command('TRUNCATE TABLE facets');
  await (signal === 'spans' ? store(storeSpans(telemetry), spans) : store(storeLogs(telemetry), lines));
  const counted = await readFacets();
  const listed = (key: string): number => counted.filter((facet) => facet.key === key && facet.value !== '').length;
  // Each rule of what is listed is met just so, and just not.
  expect(['a.thousand', 'one.more', 'eight.each', 'seven.each', 'eighteen', 'nineteen', 'id'].map(listed)).toEqual([
    1000, 0, 500, 0, 18, 0, 0,
  ]);
  await telemetry.command('TRUNCATE TABLE facets');
  await telemetry.command(facetsOf(signal, `org = 'org_default' AND project = 'prj_default'`));
  expect(await readFacets()).toEqual(counted);
});
