import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { encodeLogs } from '../kernel/otlp/proof/reference.ts';
import { openEmbeddedTelemetry } from '../kernel/telemetry/embedded.ts';
import { migrateTelemetry } from '../kernel/telemetry/migrate.ts';
import { otlpHeaders } from '../kernel/topics.ts';
import { storeLogs } from './store-logs.ts';

test('log records become lines with an identity of their own, counted by severity', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'syntra-store-logs-'));
  const telemetry = await openEmbeddedTelemetry({ directory });
  onTestFinished(async () => {
    await telemetry.close();
    await rm(directory, { recursive: true, force: true });
  });
  await migrateTelemetry(telemetry);

  const receivedAtMs = Date.now();
  const request = encodeLogs({
    resourceLogs: [
      { scopeLogs: [{ logRecords: [{ body: { stringValue: 'first' }, severityNumber: 18 }] }] },
      { scopeLogs: [{ logRecords: [{ body: { intValue: 2 } }, { severityText: 'Warning' }] }] },
    ],
  });
  const headers = {
    [otlpHeaders.org]: 'org_default',
    [otlpHeaders.project]: 'prj_default',
    [otlpHeaders.receivedAt]: String(receivedAtMs),
    [otlpHeaders.retentionDays]: '30',
    [otlpHeaders.encoding]: 'identity',
  };
  const records = [7, 9].map((offset) => ({ offset, key: '', timestampMs: 0, headers, value: request }));
  const batch = { token: 'batch', topic: 'otlp.logs', partition: 5, records };
  expect(await storeLogs(telemetry).write(batch)).toEqual([]);
  expect(await storeLogs(telemetry).write(batch)).toEqual([]);

  expect(
    await telemetry.inspect(
      `SELECT record_partition AS partition, toUInt32(record_offset) AS offset, record_index AS index, service, severity, body, body_type AS type,
        toUnixTimestamp64Milli(time) = ${receivedAtMs} AS atArrival
      FROM logs ORDER BY offset, index`,
    ),
  ).toEqual(
    [7, 9].flatMap((offset) => [
      {
        partition: 5,
        offset,
        index: 0,
        service: 'unknown_service',
        severity: 'error',
        body: 'first',
        type: 's',
        atArrival: 1,
      },
      {
        partition: 5,
        offset,
        index: 1,
        service: 'unknown_service',
        severity: 'info',
        body: '2',
        type: 'i',
        atArrival: 1,
      },
      {
        partition: 5,
        offset,
        index: 2,
        service: 'unknown_service',
        severity: 'warn',
        body: '',
        type: 'n',
        atArrival: 1,
      },
    ]),
  );
  expect(
    await telemetry.inspect(
      'SELECT severity, toUInt32(sum(lines)) AS lines FROM log_counts GROUP BY severity ORDER BY severity',
    ),
  ).toEqual([
    { severity: 'info', lines: 2 },
    { severity: 'warn', lines: 2 },
    { severity: 'error', lines: 2 },
  ]);
});
