import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEmbeddedLog } from '../../kernel/log/embedded.ts';
import type { Log } from '../../kernel/log/log.ts';
import { reportOf } from '../../kernel/reports/test-reports.ts';
import type { Tenant } from '../../kernel/telemetry/client.ts';
import { logsTopic, otlpHeaders, spansTopic } from '../../kernel/topics.ts';
import { ingestHealth, setup } from '../contract/installation.ts';
import { rememberInstances } from '../pipeline/instances.ts';
import { buildTestServer, testProjects } from '../test-server.ts';
import { insertLogs, openTestStore, type TestStore, testTenant } from '../test-store.ts';
import { getIngestHealth, getSetup, type IngestView, listProjects } from './installation.ts';

let store: TestStore;
let log: Log;
let directory: string;
let server: FastifyInstance;

const ingest: IngestView = {
  otlpHttpUrl: 'http://127.0.0.1:4318',
  otlpGrpcUrl: 'http://127.0.0.1:4317',
  keyOptional: true,
};
let instances = rememberInstances();
const pipeline = {
  instances: () => instances.all(Date.now()),
  sinks: () => [
    { group: 'store-spans', topic: spansTopic.name },
    { group: 'store-logs', topic: logsTopic.name },
  ],
};
/** A process that takes data in, told of as another process would tell of it. */
const hear = (instance: string, recordsPerSecond: number, newestMs: number | null): void => {
  const rejected = [{ reason: 'trace id is not 16 bytes', records: 3 }];
  const projects = [
    { project: testTenant.project, recordsPerSecond, newestMs, rejected },
    { project: 'prj_other', recordsPerSecond: 1000, newestMs: 1_900_000_000_000, rejected },
  ];
  instances.hear(reportOf({ instance, ingest: { projects } }), Date.now());
};

beforeAll(async () => {
  store = await openTestStore();
  directory = await mkdtemp(join(tmpdir(), 'syntra-log-'));
  log = await openEmbeddedLog({ directory });
  server = await buildTestServer({
    handlers: {
      listProjects: listProjects(testProjects),
      getSetup: getSetup(store.telemetry, testProjects, ingest, Date.now),
      getIngestHealth: getIngestHealth(store.telemetry, log, pipeline, Date.now),
    },
  });
});
afterAll(async () => {
  await server.close();
  await log.close();
  await store.close();
  await rm(directory, { recursive: true });
});

const get = async (path: string) => {
  const answer = await server.inject(`/api/v1${path}`);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json().data;
};

test('projects are listed', async () => {
  expect(await get('/projects')).toEqual({ projects: [{ id: 'prj_default', org: 'org_default', name: 'Default' }] });
});

describe('the setup', () => {
  const read = async () => setup.parse(await get('/projects/prj_default/setup'));

  test('of a fresh project says how to send, and that nothing has arrived', async () => {
    expect(await read()).toEqual({
      ingestKey: 'sk_test',
      keyOptional: true,
      otlpHttpUrl: 'http://127.0.0.1:4318',
      otlpGrpcUrl: 'http://127.0.0.1:4317',
      newest: { spans: null, logs: null, metrics: null },
    });
  });

  test('knows the newest record of each signal, in this project', async () => {
    const minute = Date.parse('2026-03-01T10:20:00Z');
    const long = { receivedAtMs: Date.now() - 3_600_000 };
    await insertLogs(store.telemetry, [
      { timeMs: minute + 12_345, ...long },
      { timeMs: minute + 300_000, ...long, tenant: { ...testTenant, project: 'prj_other' } },
    ]);
    // What arrived long ago is known to the minute that it happened in.
    expect((await read()).newest).toEqual({ spans: null, logs: minute, metrics: null });
    const receivedAtMs = Date.now();
    await insertLogs(store.telemetry, [{ timeMs: minute, receivedAtMs }]);
    expect((await read()).newest.logs).toBe(receivedAtMs);
    await store.telemetry.command(`INSERT INTO spans (org, project, received_at, retention_days, start_time)
      SELECT '${testTenant.org}', '${testTenant.project}', fromUnixTimestamp64Milli(${receivedAtMs}), 30, now64(9)`);
    await store.telemetry.command(`INSERT INTO metric_points (org, project, received_at, retention_days, metric, kind, time)
      SELECT '${testTenant.org}', '${testTenant.project}', fromUnixTimestamp64Milli(${receivedAtMs - 3_600_000}), 30, 'm',
        'histogram', fromUnixTimestamp64Milli(${minute + 5})`);
    expect((await read()).newest).toEqual({ spans: receivedAtMs, logs: receivedAtMs, metrics: minute + 5 });
  });
});

describe('the health of ingest', () => {
  const read = async () => ingestHealth.parse(await get('/projects/prj_default/ingest'));
  const append = (topic: string, records: number, tenant: Tenant = testTenant): Promise<void> => {
    const headers = {
      [otlpHeaders.org]: tenant.org,
      [otlpHeaders.project]: tenant.project,
      [otlpHeaders.records]: String(records),
    };
    return log.append(topic, [{ key: '', headers, value: new Uint8Array(10) }]);
  };

  test('is what arrives at all processes, what was refused, and nothing that waits', async () => {
    hear('one', 8, 1_800_000_000_000);
    hear('two', 4.5, 1_700_000_000_000);
    expect(await read()).toEqual({
      recordsPerSecond: 12.5,
      newestEventMs: 1_800_000_000_000,
      backlog: 0,
      rejected: [{ reason: 'trace id is not 16 bytes', records: 6 }],
    });
  });

  test('remembers what came before ingest was started', async () => {
    instances = rememberInstances();
    hear('one', 0, null);
    const receivedAtMs = Date.now();
    await insertLogs(store.telemetry, [{ timeMs: receivedAtMs, receivedAtMs }]);
    expect((await read()).newestEventMs).toBe(receivedAtMs);
  });

  test('counts the records that no sink has stored, of this project', async () => {
    await append(spansTopic.name, 500);
    await append(logsTopic.name, 20);
    await append(logsTopic.name, 7_000, { ...testTenant, project: 'prj_other' });
    expect((await read()).backlog).toBe(520);
  });

  test('estimates where much waits', async () => {
    for (let i = 0; i < 199; i++) await append(spansTopic.name, 500);
    expect((await read()).backlog).toBe(200 * 500 + 20);
  });
});
