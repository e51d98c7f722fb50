import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Tenant } from '../../kernel/telemetry/client.ts';
import type { ServiceMap } from '../contract/services.ts';
import { openTestStore, type TestStore, testTenant } from '../test-store.ts';
import { insertSpans, type TestSpan } from '../traces/test-spans.ts';
import { assembleMap } from './graph.ts';
import { mapSample } from './sample.ts';
import { getServiceMap, readNeighbours } from './service-map.ts';

const minute = 60_000;
const hour = 60 * minute;
const noon = Date.UTC(2026, 2, 10, 12);
const registry = { services: async () => [{ serviceId: 'svc_1', service: 'auth', slot: 5 }] };

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const tenantOf = (project: string): Tenant => ({ org: testTenant.org, project });
const mapOf = (project: string, range: { fromMs: number; toMs: number } = { fromMs: noon - hour, toMs: noon }) =>
  getServiceMap(
    store.telemetry,
    registry,
    () => range.toMs,
  )({ projectId: project, ...range }, { tenant: tenantOf(project), service: undefined });
const edgesOf = (map: ServiceMap): string[] => map.edges.map(({ source, target }) => `${source} → ${target}`).sort();
const kindsOf = (map: ServiceMap) => Object.fromEntries(map.nodes.map(({ name, kind }) => [name, kind]));
const insert = (project: string, spans: readonly TestSpan[]) =>
  insertSpans(
    store.telemetry,
    spans.map((span) => ({ tenant: tenantOf(project), ...span })),
  );

/** One request through a shop; ids differ by trace. */
const request = (trace: number, startMs: number): TestSpan[] => {
  const traceId = trace.toString(16);
  const id = (i: number): string => (trace * 16 + i).toString(16);
  const span = (i: number, parent: number | undefined, rest: Partial<TestSpan>): TestSpan => ({
    traceId,
    spanId: id(i),
    ...(parent === undefined ? {} : { parentSpanId: id(parent) }),
    startMs: startMs + i,
    durationMs: 10,
    ...rest,
  });
  return [
    span(1, undefined, { service: 'gateway', kind: 'server', durationMs: 100 }),
    span(2, 1, { service: 'gateway', kind: 'client', attributes: { 'server.address': 'auth.internal' } }),
    span(3, 2, { service: 'auth', kind: 'server', durationMs: 8, status: trace % 4 === 0 ? 'error' : 'ok' }),
    span(4, 3, {
      service: 'auth',
      kind: 'client',
      attributes: { 'db.system.name': 'postgresql', 'db.namespace': 'users', 'server.address': 'db-1' },
    }),
    span(5, 3, {
      service: 'auth',
      kind: 'client',
      attributes: { 'db.system': 'redis', 'db.namespace': '0', 'server.address': 'cache' },
    }),
    // Called without a client span of its own, as where only the framework is instrumented.
    span(6, 1, { service: `o'brien\n"`, kind: 'server' }),
    span(7, 6, {
      service: `o'brien\n"`,
      kind: 'client',
      attributes: { 'url.full': 'https://user:pw@api.bank.example:8443/pay?card=1' },
    }),
    span(8, 6, {
      service: `o'brien\n"`,
      kind: 'producer',
      attributes: { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders' },
    }),
    span(9, 6, { service: `o'brien\n"`, kind: 'internal' }),
    span(10, 6, {
      service: `o'brien\n"`,
      kind: 'producer',
      attributes: { 'messaging.system': 'kafka', 'messaging.destination.name': 'mails' },
    }),
  ];
};
/** The consumer has a trace of its own and links to the producer. */
const consumption = (trace: number, startMs: number): TestSpan => ({
  traceId: `c${trace.toString(16)}`,
  spanId: `c${trace.toString(16)}`,
  service: 'mailer',
  kind: 'consumer',
  startMs,
  durationMs: 5,
  attributes: { 'messaging.system': 'kafka', 'messaging.destination.name': 'mails' },
  links: [{ traceId: trace.toString(16), spanId: (trace * 16 + 10).toString(16) }],
});

test('an empty project has an empty map', async () => {
  expect(await mapOf('empty')).toMatchObject({ nodes: [], edges: [], sampledOneIn: 1 });
});

describe('a small shop', () => {
  beforeAll(async () => {
    const traces = Array.from({ length: 40 }, (_, i) => i + 1);
    await insert(
      'shop',
      traces.flatMap((i) => [
        ...request(i, noon - 50 * minute + i * minute),
        consumption(i, noon - 49 * minute + i * minute),
      ]),
    );
  });

  test('services that call each other, and what they call that sends no spans', async () => {
    const map = await mapOf('shop');
    expect(edgesOf(map)).toEqual(
      [
        'clients → gateway',
        'gateway → auth',
        `gateway → o'brien\n"`,
        'auth → postgresql users',
        'auth → redis cache',
        `o'brien\n" → api.bank.example`,
        `o'brien\n" → kafka orders`,
        `o'brien\n" → mailer`,
      ].sort(),
    );
    expect(kindsOf(map)).toEqual({
      clients: 'client',
      gateway: 'service',
      auth: 'service',
      mailer: 'service',
      'o\'brien\n"': 'service',
      'postgresql users': 'database',
      'redis cache': 'database',
      'kafka orders': 'queue',
      'api.bank.example': 'external',
    });
  });

  test('an edge has the figures of those called, a node those of all calls to it', async () => {
    const map = await mapOf('shop');
    const edge = map.edges.find(({ source, target }) => source === 'gateway' && target === 'auth')!;
    expect(edge.requestsPerSecond).toBeCloseTo(40 / 3600, 9);
    expect(edge.errorRate).toBeCloseTo(0.25, 9);
    expect(edge.p95Ms).toBeCloseTo(8, 0);
    const nodeOf = (name: string) => map.nodes.find((node) => node.name === name)!;
    expect(nodeOf('auth')).toMatchObject({ slot: 5, errorRate: 0.25 });
    expect(nodeOf('postgresql users').requestsPerSecond).toBeCloseTo(40 / 3600, 9);
    expect(nodeOf('clients').p95Ms).toBeCloseTo(100, -1);
  });

  test('a minute of it: only calls that began in the minute', async () => {
    const map = await mapOf('shop', { fromMs: noon - 30 * minute, toMs: noon - 29 * minute });
    expect(map.edges.find(({ target }) => target === 'auth')!.requestsPerSecond).toBeCloseTo(1 / 60, 9);
    expect(edgesOf(map)).toContain(`o'brien\n" → mailer`);
  });

  test('the neighbours of a service', async () => {
    const range = { fromMs: noon - hour, toMs: noon };
    const of = (service: string) => readNeighbours(store.telemetry, registry, tenantOf('shop'), service, range, noon);
    const { callers, dependencies } = await of('auth');
    expect(callers.map(({ name, kind }) => [name, kind])).toEqual([['gateway', 'service']]);
    expect(dependencies.map(({ name, kind }) => [name, kind]).sort()).toEqual([
      ['postgresql users', 'database'],
      ['redis cache', 'database'],
    ]);
    expect((await of('gateway')).callers.map(({ name, kind }) => [name, kind])).toEqual([['clients', 'client']]);
  });
});

test('a call that just ended is not yet an outside server: what it called may not have arrived', async () => {
  const call = (i: number, startMs: number, attributes: Record<string, string>): TestSpan => ({
    traceId: i.toString(16),
    spanId: i.toString(16),
    parentSpanId: 'ff',
    service: 'web',
    kind: 'client',
    startMs,
    attributes,
  });
  await insert('fresh', [
    call(1, noon - 5_000, { 'server.address': 'pay' }),
    call(2, noon - 5_000, { 'db.system': 'mysql' }),
    call(3, noon - minute, { 'server.address': 'search' }),
  ]);
  expect(edgesOf(await mapOf('fresh'))).toEqual(['web → mysql', 'web → search']);
});

test('all of time is a range, too', async () => {
  await insert('ever', [
    { traceId: '1', spanId: '1', service: 'a', kind: 'client', startMs: noon - hour },
    { traceId: '1', spanId: '2', parentSpanId: '1', service: 'b', kind: 'server', startMs: noon - hour + 1 },
  ]);
  expect(edgesOf(await mapOf('ever', { fromMs: 0, toMs: noon }))).toEqual(['a → b']);
  expect(edgesOf(await mapOf('ever', { fromMs: 1, toMs: 1000 }))).toEqual([]);
});

test('a clock that runs behind does not hide an edge', async () => {
  await insert('skew', [
    { traceId: '1', spanId: '1', service: 'a', kind: 'client', startMs: noon - 10 * minute, durationMs: 50 },
    { traceId: '1', spanId: '2', parentSpanId: '1', service: 'b', kind: 'server', startMs: noon - 12 * minute },
  ]);
  expect(edgesOf(await mapOf('skew'))).toEqual(['a → b']);
});

test('an orphan has a caller, but nobody knows which', async () => {
  await insert('orphans', [
    { traceId: '1', spanId: '2', parentSpanId: '1', service: 'b', kind: 'server', startMs: noon - minute },
  ]);
  const map = await mapOf('orphans');
  expect(edgesOf(map)).toEqual([]);
  expect(kindsOf(map)).toEqual({ b: 'service' });
});

test('a host with the name of a service is that service', () => {
  const edge = { sourceKind: 'service', calls: 10, errors: 1, p95Ms: 5 } as const;
  const map = assembleMap({
    edges: [
      { ...edge, source: 'web', target: 'pay', targetKind: 'service' },
      { ...edge, source: 'web', target: 'pay', targetKind: 'external', calls: 30, errors: 1, p95Ms: 9 },
    ],
    remote: [{ target: 'pay', targetKind: 'external', calls: 30, errors: 1, p95Ms: 9 }],
    services: new Map(),
    slots: new Map(),
    sampledOneIn: 2,
    seconds: 10,
  });
  expect(map.edges).toEqual([{ source: 'web', target: 'pay', requestsPerSecond: 8, errorRate: 2 / 40, p95Ms: 9 }]);
  expect(map.nodes.map(({ name, kind }) => [name, kind])).toEqual([
    ['web', 'service'],
    ['pay', 'service'],
  ]);
});

describe('a sample', () => {
  const day = { fromMs: noon - 24 * hour, toMs: noon };

  test('reads everything while that is quick, then every n-th five minutes, then of these every n-th trace', () => {
    expect(mapSample(day, 900_000).sampledOneIn).toBe(1);
    expect(mapSample(day, 4_000_000)).toMatchObject({ sampledOneIn: 4, params: { oneTraceIn: 1 } });
    const sparse = mapSample(day, 400_000_000);
    expect(sparse.params.slices).toHaveLength(6);
    expect(sparse.params.oneTraceIn).toBe(9);
    expect(sparse.sampledOneIn).toBe(9 * 48);
    expect(mapSample({ fromMs: noon, toMs: noon + minute }, 400_000_000).sampledOneIn).toBe(400);
  });

  test('of traces that are all alike has their figures', async () => {
    const count = 2000;
    await insert(
      'alike',
      Array.from({ length: count }, (_, i) => request(i + 1, noon - hour + Math.floor((i * hour) / count))).flat(),
    );
    const sampled = { ...store.telemetry, query: store.telemetry.query };
    // As if the store held more than it does: the first question is how many spans there are.
    const pretending: typeof sampled = {
      ...sampled,
      query: async <Row>(query: Parameters<typeof sampled.query>[0]) =>
        query.sql.includes('AS spans, min(at_ms)')
          ? {
              rows: [{ spans: 40_000_000, first_ms: noon - hour, last_ms: noon }] as Row[],
              cost: { rowsRead: 0, bytesRead: 0, elapsedMs: 0 },
            }
          : sampled.query<Row>(query),
    };
    const map = await getServiceMap(
      pretending,
      registry,
      () => noon,
    )({ projectId: 'alike', fromMs: noon - hour, toMs: noon }, { tenant: tenantOf('alike'), service: undefined });
    expect(map.sampledOneIn).toBe(40);
    const edge = map.edges.find(({ source, target }) => source === 'gateway' && target === 'auth')!;
    expect((edge.requestsPerSecond * 3600) / count).toBeGreaterThan(0.5);
    expect((edge.requestsPerSecond * 3600) / count).toBeLessThan(1.5);
    expect(edgesOf(map)).toContain('auth → postgresql users');
    expect(map.nodes.find(({ name }) => name === 'gateway')!.requestsPerSecond).toBeCloseTo(count / 3600, 6);
  });
});
