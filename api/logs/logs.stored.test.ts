import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import type { Telemetry } from '../../kernel/telemetry/client.ts';
import { failure } from '../contract/values.ts';
import { type Answer, contract, type RouteName } from '../contract.ts';
import { logsTarget } from '../query/targets.ts';
import { readFacets } from '../search/facets.ts';
import { buildTestServer } from '../test-server.ts';
import { insertLogs, openTestStore, type TestLog, type TestStore, testTenant } from '../test-store.ts';
import { getLogFacets } from './facets.ts';
import { getLogHistogram } from './histogram.ts';
import { listLogs, listServiceLogs } from './logs.ts';
import { logSearchOf, logWhere } from './search.ts';

let store: TestStore;
let server: FastifyInstance;

const serverOver = (telemetry: Telemetry): Promise<FastifyInstance> =>
  buildTestServer({
    handlers: {
      listLogs: listLogs(telemetry),
      listServiceLogs: listServiceLogs(telemetry),
      getLogHistogram: getLogHistogram(telemetry),
      getLogFacets: getLogFacets(telemetry),
    },
  });

beforeAll(async () => {
  store = await openTestStore();
  server = await serverOver(store.telemetry);
});
afterAll(async () => {
  await server.close();
  await store.close();
});

const urlOf = (path: string, query: Record<string, string | number>): string =>
  `/api/v1/${path}?${new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]))}`;

/** Asks, and checks the answer against the contract. */
const ask = async <Name extends RouteName>(
  name: Name,
  path: string,
  query: Record<string, string | number>,
): Promise<Answer<Name>> => {
  const answer = await server.inject(urlOf(path, query));
  expect(answer.statusCode, answer.body).toBe(200);
  const schema: z.ZodType = contract[name].answer;
  return schema.parse(answer.json().data) as Answer<Name>;
};

const list = (query: Record<string, string | number>) => ask('listLogs', 'projects/prj_default/logs', query);
const histogram = (query: Record<string, string | number>) =>
  ask('getLogHistogram', 'projects/prj_default/logs/histogram', query);
const facets = (query: Record<string, string | number>) =>
  ask('getLogFacets', 'projects/prj_default/logs/facets', query);

const hour = 3_600_000;
/** Every test has hours of its own, so that none sees the lines of another. */
const hours = (n: number): { fromMs: number; toMs: number } => {
  const fromMs = Date.parse('2026-03-01T00:00:00Z') + n * 24 * hour;
  return { fromMs, toMs: fromMs + hour };
};

describe('a page of lines', () => {
  test('has every field of a line as it was sent', async () => {
    const { fromMs, toMs } = hours(0);
    await insertLogs(store.telemetry, [
      {
        timeMs: fromMs + 1,
        severity: 'error',
        body: '{"reason":"declined","cents":5.0}',
        bodyType: 'm',
        eventName: 'payment.failed',
        traceId: '0af7651916cd43dd8448eb211c80319c',
        spanId: 'b7ad6b7169203331',
        attributes: { 'http.status_code': '500', retry: 'true', path: '/pay' },
        attributeTypes: 'ibs',
        resource: { 'service.name': 'checkout' },
        partition: 2,
        offset: 7,
        index: 3,
      },
    ]);
    const page = await list({ fromMs, toMs });
    const nano = `${fromMs + 1}000000`;
    expect(page.lines).toEqual([
      {
        id: `${nano}-2-7-3`,
        sortUnixNano: nano,
        timeUnixNano: nano,
        observedTimeUnixNano: '0',
        service: 'checkout',
        severity: 'error',
        severityNumber: 17,
        severityText: '',
        body: { reason: 'declined', cents: 5 },
        eventName: 'payment.failed',
        traceId: '0af7651916cd43dd8448eb211c80319c',
        spanId: 'b7ad6b7169203331',
        flags: 0,
        attributes: { 'http.status_code': 500, retry: true, path: '/pay' },
        droppedAttributesCount: 0,
        resource: { attributes: { 'service.name': 'checkout' }, schemaUrl: '' },
        scope: { name: '', version: '', attributes: {}, schemaUrl: '' },
      },
    ]);
    expect(page.nextCursor).toBeNull();
    expect(page.cost.rowsRead).toBeGreaterThan(0);
  });

  test.each(['newest', 'oldest'] as const)('%s first, each line once, while others arrive', async (order) => {
    const { fromMs, toMs } = hours(order === 'newest' ? 1 : 2);
    // Many share a millisecond, and some a partition and an offset too.
    const early: TestLog[] = Array.from({ length: 103 }, (_, i) => ({
      timeMs: fromMs + 1000 + Math.floor(i / 10),
      body: `line ${i}`,
      partition: Math.floor(i / 20),
      offset: Math.floor((i % 20) / 5),
      index: i % 5,
    }));
    await insertLogs(store.telemetry, early);
    const seen: string[] = [];
    let cursor: string | null = null;
    let arrived = 0;
    do {
      const page: Answer<'listLogs'> = await list({
        fromMs,
        toMs,
        order,
        limit: 10,
        ...(cursor !== null && { cursor }),
      });
      expect(page.lines.length).toBeLessThanOrEqual(10);
      seen.push(...page.lines.map((line) => String(line.body)));
      cursor = page.nextCursor;
      // Lines come in at the end that has been read already.
      const timeMs = order === 'newest' ? fromMs + 2000 + arrived : fromMs + arrived;
      if (arrived < 5) await insertLogs(store.telemetry, [{ timeMs, body: `late ${arrived}`, offset: 1000 + arrived }]);
      arrived++;
    } while (cursor !== null);
    const expected = early.map((line) => line.body);
    expect(seen).toEqual(order === 'newest' ? expected.reverse() : expected);
  });

  test('is of one project, one service, one trace, one query', async () => {
    const { fromMs, toMs } = hours(3);
    const traceId = 'ab'.repeat(16);
    await insertLogs(store.telemetry, [
      { timeMs: fromMs, body: 'ours' },
      { timeMs: fromMs + 1, body: 'of another service', service: 'auth' },
      { timeMs: fromMs + 2, body: 'of a trace', service: 'auth', traceId },
      { timeMs: fromMs + 3, body: 'of another project', tenant: { ...testTenant, project: 'prj_other' } },
      { timeMs: fromMs + 4, body: 'of another organisation', tenant: { ...testTenant, org: 'org_other' } },
      { timeMs: fromMs - 1, body: 'before' },
      { timeMs: toMs, body: 'after' },
    ]);
    const bodies = (page: Answer<'listLogs'>) => page.lines.map((line) => line.body);
    expect(bodies(await list({ fromMs, toMs }))).toEqual(['of a trace', 'of another service', 'ours']);
    expect(bodies(await list({ fromMs, toMs, traceId: traceId.toUpperCase() }))).toEqual(['of a trace']);
    expect(bodies(await list({ fromMs, toMs, q: 'service:auth -trace:*' }))).toEqual(['of another service']);
    expect(bodies(await ask('listServiceLogs', 'services/svc_checkout/logs', { fromMs, toMs }))).toEqual(['ours']);
  });

  test('ends early rather than grow without end', async () => {
    const { fromMs, toMs } = hours(4);
    const body = 'x'.repeat(5 * 2 ** 20);
    await insertLogs(
      store.telemetry,
      [1, 2, 3].map((offset) => ({ timeMs: fromMs, body, offset })),
    );
    const first = await list({ fromMs, toMs });
    expect([first.lines.length, first.nextCursor]).toEqual([1, first.lines[0]!.id]);
    const second = await list({ fromMs, toMs, cursor: first.nextCursor! });
    expect(second.lines[0]!.id).not.toBe(first.lines[0]!.id);
    // A cursor from when topics had one partition.
    const old = first.nextCursor!.replace(/^(\d+)-0-/, '$1-');
    expect(old).not.toBe(first.nextCursor);
    expect((await list({ fromMs, toMs, cursor: old })).lines).toEqual(second.lines);
  });

  test.each(['x', '1-2', '99999999999999999999-0-0', '9223372036854775808-0-0', '1-65536-0-0', "1-1-1-1' OR 1=1"])(
    'does not begin at %s',
    async (cursor) => {
      const answer = await server.inject(urlOf('projects/prj_default/logs', { ...hours(0), cursor }));
      expect([answer.statusCode, failure.parse(answer.json()).error.code]).toEqual([400, 'INVALID_REQUEST']);
    },
  );
});

describe('a query that does not parse', () => {
  test.each(['logs', 'logs/histogram', 'logs/facets'])('is refused by %s with its place', async (path) => {
    const answer = await server.inject(
      urlOf(`projects/prj_default/${path}`, { ...hours(0), q: 'level:error "card decl' }),
    );
    expect(answer.statusCode).toBe(400);
    expect(failure.parse(answer.json()).error).toMatchObject({
      code: 'INVALID_QUERY',
      message: expect.stringContaining('never closed'),
      position: { start: 12, end: 22 },
    });
  });
});

describe('a query over too much data', () => {
  test('is told what to do, and harms no other request', async () => {
    const { fromMs, toMs } = hours(5);
    await store.telemetry.command(`INSERT INTO logs (org, project, received_at, retention_days, time, body)
      SELECT 'org_default', 'prj_default', now(), 30, fromUnixTimestamp64Milli(${fromMs} + number), 'x' FROM numbers(50000)`);
    // The limits of every query, made so small that an ordinary one reaches them.
    const limited = await serverOver({
      ...store.telemetry,
      query: (query) => store.telemetry.query({ ...query, maxRowsToRead: 1000 }),
    });
    const slow = await serverOver({
      ...store.telemetry,
      query: (query) =>
        store.telemetry.query({
          ...query,
          sql: query.sql.replace('WHERE', 'WHERE sleepEachRow(0.002) = 0 AND'),
          maxExecutionMs: 200,
        }),
    });
    const url = urlOf('projects/prj_default/logs', { fromMs, toMs, q: 'x' });
    const [tooMany, tooLong, other] = await Promise.all([limited.inject(url), slow.inject(url), server.inject(url)]);
    await Promise.all([limited.close(), slow.close()]);
    for (const answer of [tooMany, tooLong]) {
      expect(answer.statusCode, answer.body).toBe(422);
      const { error } = failure.parse(answer.json());
      expect(error.code).toBe('QUERY_TOO_EXPENSIVE');
      expect(error.message).toContain('Choose a shorter time range or add a filter.');
    }
    expect(other.statusCode).toBe(200);
  });
});

describe('the histogram', () => {
  test('counts the lines that the list shows, however it was counted', async () => {
    const day = hours(6);
    const severities = ['info', 'info', 'warn', 'error'] as const;
    const lines: TestLog[] = Array.from({ length: 600 }, (_, i) => ({
      timeMs: day.fromMs + ((i * 7919) % (5 * hour)),
      severity: severities[i % 4]!,
      service: i % 3 === 0 ? 'auth' : 'checkout',
      body: `line ${i}`,
      offset: i,
    }));
    await insertLogs(store.telemetry, lines);
    // Ranges that begin and end within a minute, on its border, and within one and the same.
    const ranges = [
      [0, 5 * hour],
      [12_345, 3 * hour + 54_321],
      [60_000, 2 * hour + 1],
      [59_999, hour],
      [90_000, 110_000],
    ] as const;
    for (const [from, to] of ranges) {
      const [fromMs, toMs] = [day.fromMs + from, day.fromMs + to];
      for (const q of ['', 'level:error', 'service:auth -level:>=warn', 'line', 'level:error line', 'service:none']) {
        const what = `${from}..${to} ${q}`;
        const found = await list({ fromMs, toMs, q, limit: 1000 });
        const { series, total, startMs, stepMs } = await histogram({ fromMs, toMs, q });
        expect(total, what).toBe(found.lines.length);
        for (const { severity, counts, total: ofSeverity } of series) {
          const expected = counts.map(() => 0);
          for (const line of found.lines) {
            if (line.severity === severity)
              expected[Math.floor((Number(line.sortUnixNano) / 1e6 - startMs) / stepMs)]!++;
          }
          expect(counts, `${what} ${severity}`).toEqual(expected);
          expect(ofSeverity).toBeGreaterThan(0);
        }
      }
    }
  });

  test('has between 60 and 120 buckets for any range', async () => {
    const { fromMs } = hours(6);
    for (const widthMs of [120, 1000, 60_000, 61_234, hour, 5.5 * hour, 86_400_000, 40 * 86_400_000]) {
      const toMs = fromMs + widthMs;
      const { startMs, stepMs, series } = await histogram({ fromMs, toMs });
      const buckets = Math.ceil((toMs - startMs) / stepMs);
      expect(buckets, `${widthMs} ms`).toBeGreaterThanOrEqual(60);
      expect(buckets, `${widthMs} ms`).toBeLessThanOrEqual(120);
      for (const { counts } of series) expect(counts).toHaveLength(buckets);
    }
  });

  test('of severities alone reads counts, not lines', async () => {
    const { fromMs } = hours(5);
    const range = { fromMs, toMs: fromMs + 6 * hour };
    const [all, worded] = [await histogram(range), await histogram({ ...range, q: 'x' })];
    expect(all.total).toBe(worded.total);
    expect(all.total).toBeGreaterThanOrEqual(50_000);
    expect(all.cost.rowsRead).toBeLessThan(5_000);
    expect(worded.cost.rowsRead).toBeGreaterThanOrEqual(50_000);
  });
});

describe('facets', () => {
  const { fromMs, toMs } = hours(8);
  beforeAll(async () => {
    await insertLogs(
      store.telemetry,
      Array.from({ length: 1000 }, (_, i) => ({
        timeMs: fromMs + i * 3000,
        severity: i % 10 === 0 ? ('error' as const) : ('info' as const),
        service: ['auth', 'checkout', 'cart'][i % 3]!,
        environment: i < 500 ? 'production' : '',
        attributes: { 'http.status_code': i % 10 === 0 ? '500' : '200', 'request.id': `id ${i}`, fixed: 'same' },
        resource: { 'k8s.pod.name': `pod ${i % 20}`, 'http.status_code': '-' },
        offset: i,
      })),
    );
  });

  test('count the values of well-known fields, and of attributes that one would filter by', async () => {
    const answer = await facets({ fromMs, toMs });
    expect(answer.sampledOneIn).toBe(1);
    const of = (field: string) => answer.facets.find((facet) => facet.field === field);
    expect(of('severity')).toEqual({
      field: 'severity',
      values: [
        { value: 'info', rows: 900 },
        { value: 'error', rows: 100 },
      ],
      distinct: 2,
    });
    expect(of('service')!.values).toEqual([
      { value: 'auth', rows: 334 },
      { value: 'cart', rows: 333 },
      { value: 'checkout', rows: 333 },
    ]);
    expect(of('environment')).toMatchObject({ values: [{ value: 'production', rows: 500 }], distinct: 1 });
    expect(of('host')).toMatchObject({ values: [], distinct: 0 });
    expect(of('http.status_code')!.values[0]).toEqual({ value: '200', rows: 900 });
    // One value is no choice, a thousand are not either.
    expect(of('fixed')).toBeUndefined();
    expect(of('request.id')).toBeUndefined();
  });

  test('of the fields asked for, among the lines that match', async () => {
    const answer = await facets({ fromMs, toMs, q: 'level:error', fields: 'service,resource.k8s.pod.name,request.id' });
    expect(answer.facets.map(({ field, distinct }) => [field, distinct])).toEqual([
      ['service', 3],
      ['resource.k8s.pod.name', 2],
      ['request.id', 100],
    ]);
    expect(answer.facets[1]!.values).toEqual([
      { value: 'pod 0', rows: 50 },
      { value: 'pod 10', rows: 50 },
    ]);
    expect(answer.facets[2]!.values.length).toBeLessThan(100);
  });

  test('are a sample that says so where there is too much to read', async () => {
    const tenant = { ...testTenant, project: 'prj_sampled' };
    const dayMs = 86_400_000;
    await insertLogs(
      store.telemetry,
      Array.from({ length: 12_000 }, (_, i) => ({
        ...{ tenant, timeMs: fromMs + (i * dayMs) / 12_000, service: ['auth', 'checkout', 'cart'][i % 3]!, offset: i },
      })),
    );
    const sampled = async (rangeMs: number, maxExactRows: number) => {
      const range = { fromMs, toMs: fromMs + rangeMs };
      const where = logWhere(logSearchOf({ ...range, q: '' }, undefined));
      const table = { table: 'logs' as const, target: logsTarget, timeColumn: 'time', ...range };
      const query = { tenant, ...table, where, fields: ['severity', 'service'] };
      const { facets: found, sampledOneIn } = await readFacets(store.telemetry, query, maxExactRows);
      return { sampledOneIn, rows: found[0]!.values.reduce((sum, value) => sum + value.rows, 0), services: found[1]! };
    };
    const day = await sampled(dayMs, 1500);
    // The sample is the same in every run: the time decides.
    expect(day.sampledOneIn).toBe(8);
    expect(Math.abs(day.rows - 12_000)).toBeLessThan(600);
    expect(day.services.distinct).toBe(3);
    // Of a short range every block counts, but not all granules of it.
    const hour = await sampled(dayMs / 24, 200);
    expect(hour.sampledOneIn).toBeGreaterThan(1);
    expect(hour.rows % hour.sampledOneIn).toBe(0);
  });

  test.each([
    ['body', 'words, not values'],
    [Array.from({ length: 21 }, (_, i) => `f${i}`).join(), 'at most 20'],
  ])('of %s are refused', async (fields, says) => {
    const answer = await server.inject(urlOf('projects/prj_default/logs/facets', { fromMs, toMs, fields }));
    expect([answer.statusCode, failure.parse(answer.json()).error.message]).toEqual([
      400,
      expect.stringContaining(says),
    ]);
  });
});
