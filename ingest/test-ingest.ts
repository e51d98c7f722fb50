/** An ingest over a log of its own, for tests: on free ports, with a log that can be made to fail. */
import { hash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import protobuf from 'protobufjs';
import { openEmbeddedLog } from '../kernel/log/embedded.ts';
import type { Log, LogRecord, NewRecord } from '../kernel/log/log.ts';
import type { Signal } from '../kernel/otlp/messages.ts';
import { logsRequest, metricsRequest, traceRequest } from '../kernel/otlp/proof/reference.ts';
import { type IngestKey, ingestKeysTopic } from '../kernel/topics.ts';
import { type Ingest, type IngestOptions, startIngest } from './ingest.ts';

export interface TestIngest extends Ingest {
  readonly log: Log;
  readonly url: string;
  /** Called before every append of telemetry; may throw or wait. */
  beforeAppend: () => Promise<void> | void;
  readonly faults: string[];
  /** All records of a topic, from its start. */
  recordsOf(topic: string): Promise<LogRecord[]>;
  addKey(key: string, does: Partial<IngestKey>): Promise<void>;
  close(): Promise<void>;
}

export const keylessTenant = { org: 'org_default', project: 'prj_default', retentionDays: 30 };

export const openTestIngest = async (options: Partial<IngestOptions> = {}): Promise<TestIngest> => {
  const directory = await mkdtemp(join(tmpdir(), 'ingest-'));
  const log = await openEmbeddedLog({ directory });
  const faults: string[] = [];
  const fallible: Log = {
    ...log,
    async append(topic: string, records: readonly NewRecord[]) {
      if (topic.startsWith('otlp.')) await test.beforeAppend();
      return log.append(topic, records);
    },
  };
  const addKey: TestIngest['addKey'] = async (key, does) => {
    const value: IngestKey = { org: 'org_a', project: 'prj_a', retentionDays: 7, revoked: false, ...does };
    const record = { key: hash('sha256', key, 'hex'), headers: {}, value: Buffer.from(JSON.stringify(value)) };
    await log.append(ingestKeysTopic.name, [record]);
  };
  // As everywhere once the first bootstrap is through; before, nobody is told that a key is wrong.
  await addKey('the first key', {});
  const ingest = await startIngest({
    log: fallible,
    host: '127.0.0.1',
    httpPort: 0,
    grpcPort: 0,
    maxRequestBytes: 64 * 2 ** 20,
    keyless: keylessTenant,
    onFault: ({ message }) => faults.push(message),
    ...options,
  });
  const test: TestIngest = {
    ...ingest,
    log,
    faults,
    url: `http://127.0.0.1:${ingest.httpPort}`,
    beforeAppend: () => {},
    async recordsOf(topic) {
      const tail = await log.tail(topic, 0, 'start');
      const all: LogRecord[] = [];
      for (;;) {
        const records = await tail.next({ maxRecords: 1000, maxBytes: 2 ** 24 });
        if (records.length === 0) return all;
        all.push(...records);
      }
    },
    addKey,
    async close() {
      await ingest.drain();
      await log.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  return test;
};

const requestTypes: Record<Signal, protobuf.Type> = {
  traces: traceRequest,
  logs: logsRequest,
  metrics: metricsRequest,
};

/** The request that a record of the log holds, as the official definitions read it. */
export const requestIn = (signal: Signal, record: LogRecord | undefined): unknown =>
  requestTypes[signal].toObject(requestTypes[signal].decode(zstdDecompressSync(record!.value)), { longs: String });

export const encodeRequest = (signal: Signal, request: object): Buffer =>
  Buffer.from(requestTypes[signal].encode(requestTypes[signal].fromObject(request)).finish());

/** Spans of one service, each as good as its fields let it be. */
export const spansOf = (service: string, ...spans: object[]): object => ({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
      scopeSpans: [{ scope: { name: 'test' }, spans: spans.map((fields) => ({ ...goodSpan, ...fields })) }],
    },
  ],
});

const goodSpan = {
  traceId: Buffer.alloc(16, 1),
  spanId: Buffer.alloc(8, 2),
  name: 'GET /',
  startTimeUnixNano: '1544712660000000000',
  endTimeUnixNano: '1544712661000000000',
};

const rpc = protobuf.parse(`
  syntax = "proto3";
  package google.rpc;
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message BadRequest { message FieldViolation { string field = 1; string description = 2; } repeated FieldViolation field_violations = 1; }
  message Duration { int64 seconds = 1; int32 nanos = 2; }
  message RetryInfo { Duration retry_delay = 1; }
`).root;

export interface DecodedStatus {
  readonly code: number;
  readonly message: string;
  /** Each with its type's short name. */
  readonly details: readonly Record<string, unknown>[];
}

/** The Status that a response has for a body, in either encoding. */
export const statusOf = async (response: Response): Promise<DecodedStatus> =>
  response.headers.get('content-type') === 'application/json'
    ? ((await response.json()) as DecodedStatus)
    : decodeStatus(new Uint8Array(await response.arrayBuffer()));

export const decodeStatus = (bytes: Uint8Array): DecodedStatus => {
  const decode = (type: string, of: Uint8Array): Record<string, unknown> => {
    const message = rpc.lookupType(`google.rpc.${type}`);
    return message.toObject(message.decode(of), { longs: Number, defaults: true });
  };
  const status = decode('Status', bytes) as {
    code: number;
    message: string;
    details: { typeUrl: string; value: Buffer }[];
  };
  return {
    ...status,
    details: status.details.map(({ typeUrl, value }) => {
      const type = typeUrl.replace('type.googleapis.com/google.rpc.', '');
      return { type, ...decode(type, value) };
    }),
  };
};
