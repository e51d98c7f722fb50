import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LogRecord } from '../kernel/log/log.ts';
import { encodeTraces } from '../kernel/otlp/proof/reference.ts';
import { RejectedBatchError } from '../kernel/processor.ts';
import type { RowsInsert, Telemetry } from '../kernel/telemetry/client.ts';
import { openEmbeddedTelemetry } from '../kernel/telemetry/embedded.ts';
import { migrateTelemetry } from '../kernel/telemetry/migrate.ts';
import { otlpHeaders } from '../kernel/topics.ts';
import { storeSpans } from './store-spans.ts';

let directory: string;
let telemetry: Telemetry;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-store-spans-'));
  telemetry = await openEmbeddedTelemetry({ directory });
  await migrateTelemetry(telemetry);
});
afterAll(async () => {
  await telemetry?.close();
  if (directory) await rm(directory, { recursive: true, force: true });
});

// just before midnight today, so that a second later is another day
const midnightMs = Math.floor(Date.now() / 86_400_000) * 86_400_000;
const headers = (project: string, receivedAtMs = midnightMs - 1000) => ({
  [otlpHeaders.org]: 'org_default',
  [otlpHeaders.project]: project,
  [otlpHeaders.receivedAt]: String(receivedAtMs),
  [otlpHeaders.retentionDays]: '30',
  [otlpHeaders.encoding]: 'identity',
});

const spans = (count: number, attributes: object[] = [], ownAttributes: object[] = []) =>
  encodeTraces({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }, ...attributes] },
        scopeSpans: [
          {
            spans: Array.from({ length: count }, (_, i) => ({
              traceId: Buffer.alloc(16, 1),
              spanId: Buffer.alloc(8, i + 1),
              name: `span ${i}`,
              attributes: ownAttributes,
              kind: 2,
              startTimeUnixNano: String(BigInt(midnightMs) * 1_000_000n + BigInt(i)),
              endTimeUnixNano: String(BigInt(midnightMs) * 1_000_000n + 1000n),
            })),
          },
        ],
      },
    ],
  });

const record = (offset: number, value: Uint8Array, ofRecord: Record<string, string>): LogRecord => ({
  ...{ offset, key: '', timestampMs: 0, value, headers: ofRecord },
});

const batch = (token: string, records: LogRecord[]) => ({ token, topic: 'otlp.spans', partition: 0, records });

/** The store itself, and what was inserted into it. */
const recorded = () => {
  const inserts: { token: string; rowCount: number; bytes: Buffer }[] = [];
  const insert = async (rows: RowsInsert) => {
    inserts.push({ token: rows.token, rowCount: rows.rowCount, bytes: Buffer.concat(rows.rows) });
    await telemetry.insert(rows);
  };
  return { inserts, store: { ...telemetry, insert } };
};

const stored = async (project: string) =>
  (
    await telemetry.inspect<{ spans: number; inTraces: number; calls: number; inFacets: number }>(
      `SELECT (SELECT count() FROM spans WHERE project = '${project}') AS spans,
      (SELECT sum(span_count) FROM traces WHERE project = '${project}') AS inTraces,
      (SELECT sum(calls) FROM red WHERE project = '${project}') AS calls,
      (SELECT sum(rows) FROM facets WHERE project = '${project}' AND key = 'service.name' AND value = 'shop') AS inFacets`,
    )
  )[0];

test('a batch is stored once, however often it comes, and its inserts are the same bytes', async () => {
  const { inserts, store } = recorded();
  const compressed = { ...headers('twice'), [otlpHeaders.encoding]: 'zstd' };
  const records = [
    record(1, spans(3), headers('twice')),
    record(2, zstdCompressSync(spans(4)), compressed),
    record(5, spans(2), headers('twice', midnightMs + 1000)),
  ];
  expect(await storeSpans(store).write(batch('t', records))).toEqual([]);
  // a new process would make a new sink
  expect(await storeSpans(store).write(batch('t', records))).toEqual([]);
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const expected = [
    { token: `t/${day(midnightMs - 1000)}`, rowCount: 7 },
    { token: `t/${day(midnightMs - 1000)}/facets`, rowCount: 1 },
    { token: `t/${day(midnightMs)}`, rowCount: 2 },
    { token: `t/${day(midnightMs)}/facets`, rowCount: 1 },
  ];
  expect(inserts.map(({ token, rowCount }) => ({ token, rowCount }))).toEqual([...expected, ...expected]);
  for (let i = 0; i < 4; i++) expect(inserts[4 + i]!.bytes.equals(inserts[i]!.bytes)).toBe(true);
  expect(await stored('twice')).toEqual({ spans: 9, inTraces: 9, calls: 9, inFacets: 9 });
});

test('what cannot be read becomes a dead letter with its reason, and the rest is stored', async () => {
  const good = headers('dead');
  const without = (name: string) => Object.fromEntries(Object.entries(good).filter(([key]) => key !== name));
  const outcomes = await storeSpans(telemetry).write(
    batch('dead', [
      record(1, spans(1), good),
      record(2, spans(1).subarray(0, 20), good),
      record(3, spans(1), { ...good, [otlpHeaders.encoding]: 'zstd' }),
      record(4, spans(1), { ...good, [otlpHeaders.encoding]: 'br' }),
      record(5, spans(1), without(otlpHeaders.org)),
      record(6, spans(1), { ...good, [otlpHeaders.receivedAt]: 'yesterday' }),
      record(7, spans(1), { ...good, [otlpHeaders.retentionDays]: '60000' }),
      record(8, spans(1), good),
    ]),
  );
  expect(outcomes).toEqual([
    { kind: 'dead-letter', offset: 2, reason: expect.stringMatching(/^it is not protobuf: .* at byte \d+$/) },
    { kind: 'dead-letter', offset: 3, reason: expect.stringMatching(/^it cannot be unpacked: /) },
    { kind: 'dead-letter', offset: 4, reason: 'it cannot be unpacked: encoding br is neither zstd nor identity' },
    { kind: 'dead-letter', offset: 5, reason: 'header org is missing' },
    { kind: 'dead-letter', offset: 6, reason: expect.stringMatching(/^header received-at is not an integer/) },
    { kind: 'dead-letter', offset: 7, reason: expect.stringMatching(/^header retention-days is not an integer/) },
  ]);
  expect(await stored('dead')).toMatchObject({ spans: 2 });
});

test('a large batch is inserted in parts, each with a token of its own', async () => {
  const { inserts, store } = recorded();
  const wide = { key: 'wide', value: { stringValue: 'x'.repeat(60_000) } };
  const records = Array.from({ length: 16 }, (_, i) => record(i, spans(100, [], [wide]), headers('large')));
  await storeSpans(store).write(batch('l', records));
  const { token: first } = inserts[0]!;
  expect(inserts.map(({ token, rowCount }) => ({ token, rowCount }))).toEqual([
    { token: first, rowCount: 1200 },
    // the service, and that there is a long value
    { token: `${first}/facets`, rowCount: 2 },
    { token: `${first}/1`, rowCount: 400 },
    { token: `${first}/1/facets`, rowCount: 2 },
  ]);
  expect(await stored('large')).toMatchObject({ spans: 1600, inFacets: 1600 });
});

test('cut spans are counted', async () => {
  const counted: number[] = [];
  const attributes = Array.from({ length: 600 }, (_, i) => ({ key: `k${i}`, value: { intValue: i } }));
  const sink = storeSpans(telemetry, (rows) => counted.push(rows));
  await sink.write(batch('c', [record(1, spans(3, attributes), headers('cut')), record(2, spans(3), headers('cut'))]));
  await sink.write(batch('d', [record(3, spans(3), headers('cut'))]));
  expect(counted).toEqual([3]);
});

test('a store that is away is not the fault of the batch', async () => {
  const away = { ...telemetry, insert: () => Promise.reject(new Error('away')) };
  await expect(storeSpans(away).write(batch('a', [record(1, spans(1), headers('away'))]))).rejects.toThrow('away');
});

test('says what it stored before the store refused the rest', async () => {
  const refusing = {
    ...telemetry,
    insert: async (rows: RowsInsert) => {
      if (rows.token.endsWith(new Date(midnightMs).toISOString().slice(0, 10))) throw new RejectedBatchError('no');
      await telemetry.insert(rows);
    },
  };
  const records = [
    record(1, spans(1), headers('half')),
    record(2, spans(1), headers('half', midnightMs + 1000)),
    record(4, spans(1), headers('half')),
  ];
  const error = await storeSpans(refusing)
    .write(batch('h', records))
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RejectedBatchError);
  expect(error).toMatchObject({ message: 'no', stored: [1, 4] });
  expect(await stored('half')).toMatchObject({ spans: 2 });
});
