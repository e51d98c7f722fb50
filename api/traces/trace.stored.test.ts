import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Tenant } from '../../kernel/telemetry/client.ts';
import { tracesRoutes } from '../contract/traces.ts';
import { openTestStore, type TestStore, testTenant } from '../test-store.ts';
import { insertSpans, type TestSpan } from './test-spans.ts';
import { getTrace } from './trace.ts';
import { findTrace, placeSql } from './trace-place.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const noon = Date.UTC(2026, 2, 10, 12);
const hex = (id: string): string => id.padStart(32, '0');

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const read = async (traceId: string, tenant: Tenant = testTenant) =>
  tracesRoutes.getTrace.answer.parse(
    await getTrace(store.telemetry)({ traceId: hex(traceId) }, { tenant, service: undefined }),
  );

test('a span comes back field by field, with its types', async () => {
  await insertSpans(store.telemetry, [
    {
      traceId: 'a1',
      spanId: 'b1',
      service: 'checkout',
      name: 'POST /pay',
      kind: 'server',
      status: 'error',
      statusMessage: 'card declined',
      startMs: noon,
      startNs: 123_456,
      durationMs: 12.345678,
      attributes: {
        '9': '9',
        '10': 'ten',
        ok: 'true',
        ratio: '0.5',
        big: '9007199254740993',
        list: '["a",1]',
        raw: '3q2+7w==',
      },
      attributeTypes: 'isbdiax',
      resource: { 'service.name': 'checkout' },
      scopeName: 'http',
      events: [{ atMs: noon + 1, name: 'exception', attributes: { 'exception.type': 'TypeError' } }],
      links: [{ traceId: 'a2', spanId: 'b2', attributes: { why: 'batch' } }],
    },
    {
      traceId: 'a1',
      spanId: 'b3',
      parentSpanId: 'b1',
      service: 'checkout',
      startMs: noon + 2,
      resource: { 'service.name': 'checkout' },
    },
    {
      traceId: 'a1',
      spanId: 'b4',
      parentSpanId: 'b1',
      service: 'auth',
      startMs: noon + 3,
      resource: { 'service.name': 'auth' },
      scopeName: 'http',
    },
  ]);
  const trace = await read('A1');
  expect(trace.traceId).toBe(hex('a1'));
  expect(trace.spans[0]).toEqual({
    traceId: hex('a1'),
    spanId: '00000000000000b1',
    parentSpanId: '',
    traceState: '',
    flags: 0,
    service: 'checkout',
    name: 'POST /pay',
    kind: 'server',
    startTimeUnixNano: `${BigInt(noon) * 1_000_000n + 123_456n}`,
    endTimeUnixNano: `${BigInt(noon) * 1_000_000n + 123_456n + 12_345_678n}`,
    status: { code: 'error', message: 'card declined' },
    attributes: {
      '10': 'ten',
      '9': 9,
      ok: true,
      ratio: 0.5,
      big: '9007199254740993',
      list: ['a', 1],
      raw: { bytes: '3q2+7w==' },
    },
    droppedAttributesCount: 0,
    events: [
      {
        timeUnixNano: `${noon + 1}000000`,
        name: 'exception',
        attributes: { 'exception.type': 'TypeError' },
        droppedAttributesCount: 0,
      },
    ],
    droppedEventsCount: 0,
    links: [
      {
        traceId: hex('a2'),
        spanId: '00000000000000b2',
        traceState: '',
        flags: 0,
        attributes: { why: 'batch' },
        droppedAttributesCount: 0,
      },
    ],
    droppedLinksCount: 0,
    resource: expect.any(Number),
    scope: expect.any(Number),
  });
  const origins = trace.spans.map((span) => [
    trace.resources[span.resource]!.attributes['service.name'],
    trace.scopes[span.scope]!.name,
  ]);
  expect(origins).toEqual([
    ['checkout', 'http'],
    ['checkout', ''],
    ['auth', 'http'],
  ]);
  expect([trace.resources.length, trace.scopes.length, trace.omittedSpans]).toEqual([2, 2, 0]);
});

test('an unknown trace, and one of another project, are not found', async () => {
  await insertSpans(store.telemetry, [{ traceId: 'c1', spanId: '1', startMs: noon }]);
  await expect(read('c0')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(read('c1', { org: testTenant.org, project: 'other' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect((await read('c1')).spans).toHaveLength(1);
});

test('a span that was received twice is shown once; two sides of a call that share an id are both shown', async () => {
  const client: TestSpan = { traceId: 'd1', spanId: '1', service: 'web', kind: 'client', startMs: noon };
  const server: TestSpan = { traceId: 'd1', spanId: '1', service: 'api', kind: 'server', startMs: noon + 1 };
  await insertSpans(store.telemetry, [client, server]);
  await insertSpans(store.telemetry, [client]);
  const { spans, omittedSpans } = await read('d1');
  expect(spans.map(({ service, kind }) => `${service} ${kind}`)).toEqual(['web client', 'api server']);
  expect(omittedSpans).toBe(0);
});

test('orphans, clocks that disagree and parts that arrived days apart belong to their trace', async () => {
  await insertSpans(store.telemetry, [
    { traceId: 'e1', spanId: '1', startMs: noon, durationMs: 100 },
    { traceId: 'e1', spanId: '2', parentSpanId: '1', startMs: noon - 20 * minute, durationMs: 1 },
    { traceId: 'e1', spanId: '3', parentSpanId: 'ffff', startMs: noon + 5, receivedAtMs: noon + 2 * day },
    { traceId: 'e1', spanId: '4', parentSpanId: '1', startMs: noon + 23 * hour, receivedAtMs: noon },
  ]);
  expect((await read('e1')).spans.map((span) => span.spanId.at(-1))).toEqual(['2', '1', '3', '4']);
});

test('what the root usually takes: p95 of the day that ends with it, none for a rare operation', async () => {
  const calls = (name: string, count: number): TestSpan[] =>
    Array.from({ length: count }, (_, i) => ({
      traceId: `f${name.length}${i.toString(16)}`,
      spanId: '1',
      service: 'usual',
      name,
      kind: 'server',
      startMs: noon - hour + i * 1000,
      durationMs: i < count * 0.9 ? 100 : 900,
    }));
  await insertSpans(store.telemetry, [...calls('GET /often', 200), ...calls('GET /rare', 5)]);
  await insertSpans(store.telemetry, [
    {
      traceId: 'f0',
      spanId: '2',
      service: 'usual',
      name: 'GET /often',
      kind: 'server',
      startMs: noon - 3 * day,
      durationMs: 5000,
    },
  ]);
  expect(Math.abs((await read('f10c0')).usualP95Ms! - 900)).toBeLessThan(10);
  expect((await read('f90')).usualP95Ms).toBeNull();
});

describe('large traces', () => {
  const insertTrace = (traceId: string, spans: number): Promise<void> =>
    store.telemetry.command(`INSERT INTO spans (org, project, received_at, retention_days, service, name, kind, start_time,
        duration_ns, trace_id, span_id, parent_span_id, attributes, resource_attributes)
      SELECT '${testTenant.org}', '${testTenant.project}', fromUnixTimestamp64Milli(toInt64(${noon})), 9000, concat('s', toString(number % 7)),
        'op', 'internal', fromUnixTimestamp64Milli(toInt64(${noon}) + number), 1000, unhex('${hex(traceId)}'),
        reinterpretAsFixedString(number + 1), if(number = 0, toFixedString('', 8), reinterpretAsFixedString(intDiv(number, 10) + 1)),
        map('i', toString(number)), map('service.name', concat('s', toString(number % 7)))
      FROM numbers(${spans})`);

  test('20,000 spans come whole', async () => {
    await insertTrace('9a', 20_000);
    const trace = await read('9a');
    expect(trace.spans.map((span) => Number(span.attributes.i))).toEqual(Array.from({ length: 20_000 }, (_, i) => i));
    expect([trace.resources.length, trace.omittedSpans]).toEqual([7, 0]);
    expect(trace.resources[trace.spans[12]!.resource]!.attributes).toEqual({ 'service.name': 's5' });
  });

  test('of 60,000 spans the first 50,000 come, and the answer says so', async () => {
    await insertTrace('9b', 60_000);
    const trace = await read('9b');
    expect([trace.spans.length, trace.omittedSpans]).toEqual([50_000, 10_000]);
    expect(trace.spans.at(-1)!.attributes.i).toBe('49999');
  });
});

test('finding a trace reads a few granules, not the table', async () => {
  const tenant = { org: testTenant.org, project: 'crowded' };
  // Three days, 300,000 spans: about 37 granules.
  for (let i = 0; i < 3; i++) {
    await store.telemetry.command(`INSERT INTO spans (org, project, received_at, retention_days, service, name, kind,
        start_time, duration_ns, trace_id, span_id)
      SELECT '${tenant.org}', '${tenant.project}', start, 9000, 's', 'op', 'server', start, 1000,
        sipHash128(number + ${i} * 10000000), reinterpretAsFixedString(number + 1)
      FROM (SELECT number, fromUnixTimestamp64Milli(toInt64(${noon - i * day}) - 3600000 * 11 + number * 400) AS start FROM numbers(100000))`);
  }
  await insertSpans(store.telemetry, [
    { tenant, traceId: 'abc', spanId: '1', startMs: noon - day },
    { tenant, traceId: 'abc', spanId: '2', parentSpanId: '1', startMs: noon - day + 70 },
  ]);
  const { place } = await findTrace(store.telemetry, tenant, hex('abc'));
  const granulesOf = async (sql: string, params: object): Promise<{ read: number; total: number }> => {
    const { rows } = await store.telemetry.query<{ explain: string }>({
      tenant,
      sql: `EXPLAIN indexes = 1 ${sql}`,
      params: { ...params },
    });
    const granules = rows.flatMap(
      ({ explain }) => /^\s*Granules: (\d+)\/(\d+)/.exec(explain)?.slice(1).map(Number) ?? [],
    );
    expect(granules.length, rows.map((row) => row.explain).join('\n')).toBeGreaterThan(2);
    return { read: granules.at(-2)!, total: granules[1]! };
  };
  const inTraces = await granulesOf(placeSql, { traceId: hex('abc') });
  expect(inTraces.total).toBeGreaterThan(30);
  expect(inTraces.read).toBeLessThanOrEqual(3);
  const inSpans = await granulesOf(`SELECT span_id FROM spans WHERE ${place!.where.sql}`, place!.where.params);
  expect(inSpans.total).toBeGreaterThan(30);
  expect(inSpans.read).toBeLessThanOrEqual(2);
  const trace = await read('abc', tenant);
  expect(trace.spans).toHaveLength(2);
});
