/** A real telemetry store for tests of the API: chDB in a directory of its own, with the product's tables. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Telemetry, Tenant } from '../kernel/telemetry/client.ts';
import { openEmbeddedTelemetry } from '../kernel/telemetry/embedded.ts';
import { migrateTelemetry } from '../kernel/telemetry/migrate.ts';
import { keepFacets } from './test-facets.ts';

export const testTenant: Tenant = { org: 'org_default', project: 'prj_default' };

export interface TestStore {
  readonly telemetry: Telemetry;
  close(): Promise<void>;
}

export const openTestStore = async (): Promise<TestStore> => {
  const directory = await mkdtemp(join(tmpdir(), 'syntra-api-'));
  const telemetry = await openEmbeddedTelemetry({ directory });
  await migrateTelemetry(telemetry);
  await keepFacets(telemetry);
  return {
    telemetry,
    async close() {
      await telemetry.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
};

/** A log row; what is left out takes a plain value. Ids are hex. */
export interface TestLog {
  readonly timeMs: number;
  readonly tenant?: Tenant;
  readonly service?: string;
  readonly environment?: string;
  readonly version?: string;
  readonly host?: string;
  readonly severity?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  readonly body?: string;
  readonly bodyType?: string;
  readonly eventName?: string;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly attributeTypes?: string;
  readonly resource?: Readonly<Record<string, string>>;
  readonly receivedAtMs?: number;
  readonly partition?: number;
  readonly offset?: number;
  readonly index?: number;
}

const severityNumber = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 };

export const insertLogs = async (telemetry: Telemetry, logs: readonly TestLog[]): Promise<void> => {
  const rows = logs.map((log, i) => {
    const severity = log.severity ?? 'info';
    return {
      ...(log.tenant ?? testTenant),
      received_ms: log.receivedAtMs ?? Date.now(),
      service: log.service ?? 'checkout',
      environment: log.environment ?? '',
      version: log.version ?? '',
      host: log.host ?? '',
      time_ms: log.timeMs,
      severity,
      severity_number: severityNumber[severity],
      body: log.body ?? '',
      body_type: log.bodyType ?? 's',
      event_name: log.eventName ?? '',
      trace: log.traceId ?? '0'.repeat(32),
      span: log.spanId ?? '0'.repeat(16),
      attributes: log.attributes ?? {},
      attribute_types: log.attributeTypes ?? '',
      resource_attributes: log.resource ?? {},
      record_partition: log.partition ?? 0,
      record_offset: log.offset ?? 0,
      record_index: log.index ?? i,
    };
  });
  const directory = await mkdtemp(join(tmpdir(), 'syntra-rows-'));
  const path = join(directory, 'rows.json');
  try {
    await writeFile(path, rows.map((row) => JSON.stringify(row)).join('\n'));
    await telemetry.command(insertFrom(path));
  } finally {
    await rm(directory, { recursive: true });
  }
};

const insertFrom = (path: string): string => `INSERT INTO logs (org, project, received_at, retention_days, service,
    environment, version, host, time, time_unix_nano, severity, severity_number, body, body_type, event_name, trace_id,
    span_id, attributes, attribute_types, resource_attributes, record_partition, record_offset, record_index)
  SELECT org, project, fromUnixTimestamp64Milli(received_ms), 30, service, environment, version, host,
    fromUnixTimestamp64Milli(time_ms), toUInt64(time_ms) * 1000000, severity, severity_number, body, body_type, event_name,
    unhex(trace), unhex(span), attributes, attribute_types, resource_attributes, record_partition, record_offset,
    record_index
  FROM file('${path}', 'JSONEachRow', 'org String, project String, received_ms Int64, service String,
    environment String, version String, host String, time_ms Int64, severity String, severity_number UInt8, body String,
    body_type String, event_name String, trace String, span String, attributes Map(String, String),
    attribute_types String, resource_attributes Map(String, String), record_partition UInt16, record_offset UInt64,
    record_index UInt32')`;
