import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Telemetry, Tenant } from '../../kernel/telemetry/client.ts';
import type { Red, ServiceList } from '../contract/services.ts';
import { insertPoints } from '../metrics/test-metrics.ts';
import { seeded } from '../test-random.ts';
import { insertLogs, openTestStore, type TestStore, testTenant } from '../test-store.ts';
import { insertSpans, type TestSpan } from '../traces/test-spans.ts';
import { getService, listServices } from './services.ts';

const minute = 60_000;
const hour = 60 * minute;
const noon = Date.UTC(2026, 2, 10, 12);
const noone = { services: async () => [] };

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const tenantOf = (project: string): Tenant => ({ org: testTenant.org, project });
const list = (project: string, fromMs: number, toMs: number, options: { q?: string; nowMs?: number } = {}) =>
  listServices(
    store.telemetry,
    noone,
    () => options.nowMs ?? toMs,
  )({ projectId: project, fromMs, toMs, q: options.q ?? '' }, { tenant: tenantOf(project), service: undefined });
const detail = (project: string, service: string, fromMs: number, toMs: number) =>
  getService(
    store.telemetry,
    noone,
    () => toMs,
  )({ serviceId: 'svc', fromMs, toMs }, { tenant: tenantOf(project), service });
const serviceOf = (answer: ServiceList, name: string) => {
  const found = answer.services.find((service) => service.name === name);
  if (!found) throw new Error(`${name} is not among ${answer.services.map((service) => service.name).join(', ')}`);
  return found;
};

let ids = 1;
const span = (project: string, rest: Omit<TestSpan, 'traceId' | 'spanId'>): TestSpan => ({
  tenant: tenantOf(project),
  traceId: (ids++).toString(16),
  spanId: ids.toString(16),
  kind: 'server',
  ...rest,
});

test('an empty project: no services, zero in total, and nothing moved', async () => {
  const answer = await list('empty', noon - hour, noon);
  expect(answer).toMatchObject({ services: [], moved: [], total: { before: null } });
  expect(answer.total.red).toEqual({
    calls: 0,
    requestsPerSecond: 0,
    errorRate: 0,
    p50Ms: null,
    p95Ms: null,
    p99Ms: null,
  });
  expect(new Set(answer.total.series.errorRate)).toEqual(new Set([null]));
});

test('one span, seen a moment after it arrived', async () => {
  await insertSpans(store.telemetry, [
    span('one', { service: 'checkout', startMs: noon - 500, durationMs: 40, version: 'v2', environment: 'production' }),
  ]);
  const answer = await list('one', noon - minute, noon);
  expect(answer.services).toHaveLength(1);
  expect(answer.services[0]).toMatchObject({
    name: 'checkout',
    slot: null,
    version: 'v2',
    environment: 'production',
    lastSeenMs: noon - minute,
    before: null,
    red: { calls: 1, requestsPerSecond: 1 / 60, errorRate: 0 },
  });
  expect(answer.services[0]!.id).toMatch(/^svc_[0-9a-f]{16}$/);
  expect(answer.services[0]!.red.p95Ms).toBeCloseTo(40, 0);
});

describe('against a count by hand', () => {
  const fromMs = noon - hour + 12_345;
  const nowMs = noon + 12_345;
  const names = ['checkout', `o'brien"; DROP TABLE red`, 'søk\n服务', 'auth'];
  let spans: TestSpan[];

  beforeAll(async () => {
    const random = seeded(7);
    spans = Array.from({ length: 4000 }, () => {
      const service = names[Math.floor(random() * names.length)]!;
      return span('random', {
        service,
        name: `op ${Math.floor(random() * 3)}`,
        kind: (['server', 'client', 'internal', 'consumer'] as const)[Math.floor(random() * 4)]!,
        ...(random() < 0.7 ? { parentSpanId: 'ff' } : {}),
        status: random() < 0.1 ? 'error' : 'ok',
        startMs: Math.floor(noon - 2 * hour - 10 * minute + random() * (2 * hour + 10 * minute)),
        durationMs: Math.exp(random() * 8),
      });
    });
    await insertSpans(store.telemetry, spans);
  });

  const isEntry = (s: TestSpan): boolean =>
    s.kind === 'server' || s.kind === 'consumer' || s.parentSpanId === undefined;
  const expected = (chosen: readonly TestSpan[], seconds: number): Red => {
    const durations = chosen.map((s) => s.durationMs!).sort((a, b) => a - b);
    const quantile = (q: number) => durations[Math.floor(q * (durations.length - 1))] ?? null;
    return {
      calls: chosen.length,
      requestsPerSecond: chosen.length / seconds,
      errorRate: chosen.length === 0 ? 0 : chosen.filter((s) => s.status === 'error').length / chosen.length,
      p50Ms: quantile(0.5),
      p95Ms: quantile(0.95),
      p99Ms: quantile(0.99),
    };
  };
  const expectRed = (actual: Red, wanted: Red): void => {
    expect(actual.calls).toBe(wanted.calls);
    expect(actual.requestsPerSecond).toBeCloseTo(wanted.requestsPerSecond, 9);
    expect(actual.errorRate).toBeCloseTo(wanted.errorRate, 9);
    for (const key of ['p50Ms', 'p95Ms', 'p99Ms'] as const) {
      // The sketch promises 1 %; neighbouring ranks may lie further apart than that.
      expect(Math.abs(actual[key]! / wanted[key]! - 1), `${key} ${actual[key]} ${wanted[key]}`).toBeLessThan(0.1);
    }
  };
  const between = (a: number, b: number) => spans.filter((s) => isEntry(s) && s.startMs >= a && s.startMs < b);

  test('the range covers the minutes it touches, the range before as many; only spans that enter a service count', async () => {
    const answer = await list('random', fromMs, nowMs);
    const from = noon - hour;
    const to = noon + minute;
    const before = from - (to - from);
    expect(answer.services.map((service) => service.name).sort()).toEqual([...names].sort());
    for (const name of names) {
      const of = (chosen: TestSpan[]) => chosen.filter((s) => s.service === name);
      const service = serviceOf(answer, name);
      expectRed(service.red, expected(of(between(from, to)), (nowMs - from) / 1000));
      expectRed(service.before!, expected(of(between(before, from)), (to - from) / 1000));
      service.series.requestsPerSecond.forEach((rate, i) => {
        const start = service.series.startMs + i * service.series.stepMs;
        const inStep = of(between(start, start + service.series.stepMs));
        expect(rate).toBe(inStep.length === 0 ? null : inStep.length / 60);
        expect(service.series.errorRate[i] === null).toBe(inStep.length === 0);
      });
      expect(service.series).toMatchObject({ startMs: noon - hour, stepMs: minute });
      expect(service.series.p99Ms).toHaveLength(60);
    }
    expectRed(answer.total.red, expected(between(from, to), (nowMs - from) / 1000));
    expectRed(answer.total.before!, expected(between(before, from), (to - from) / 1000));
    expect(answer.total.seriesBefore.startMs).toBe(noon - hour - (to - from));
    answer.total.seriesBefore.requestsPerSecond.forEach((rate, i) => {
      const start = answer.total.seriesBefore.startMs + i * minute;
      const inStep = between(start, start + minute);
      expect(rate).toBe(inStep.length === 0 ? null : inStep.length / 60);
    });
  });

  test('the same figures come from ten minutes and from hours', async () => {
    for (const [width, grain] of [
      [24 * hour, 10 * minute],
      [30 * 24 * hour, hour],
    ] as const) {
      const answer = await list('random', nowMs - width, nowMs);
      const to = Math.ceil(nowMs / grain) * grain;
      const all = between(0, to);
      expect(answer.total.red.calls).toBe(all.length);
      expect(answer.total.before).toBeNull();
      const { series } = answer.total;
      const counted = series.requestsPerSecond.reduce<number>((sum, rate, i) => {
        const start = series.startMs + i * series.stepMs;
        const end = Math.min(start + series.stepMs, Math.floor((nowMs - 10_000) / grain) * grain);
        return sum + ((rate ?? 0) * (end - start)) / 1000;
      }, 0);
      expect(counted).toBeCloseTo(between(0, Math.floor((nowMs - 10_000) / grain) * grain).length, 6);
    }
  });

  test('a service: every operation with every kind, those that enter it first', async () => {
    const answer = await detail('random', names[1]!, fromMs, nowMs);
    expectRed(
      answer.service.red,
      expected(
        between(noon - hour, noon + minute).filter((s) => s.service === names[1]),
        (nowMs - noon + hour) / 1000,
      ),
    );
    const inRange = spans.filter((s) => s.service === names[1] && s.startMs >= noon - hour);
    const keys = new Set(inRange.map((s) => `${s.name} ${s.kind}`));
    expect(new Set(answer.operations.map((o) => `${o.name} ${o.kind}`))).toEqual(keys);
    for (const operation of answer.operations) {
      const same = inRange.filter((s) => s.name === operation.name && s.kind === operation.kind);
      expectRed(operation.red, expected(same, (nowMs - noon + hour) / 1000));
    }
  });
});

test('services that only log or only send metrics are there, with zero calls', async () => {
  const tenant = tenantOf('silent');
  await insertLogs(store.telemetry, [{ tenant, service: 'cron', timeMs: noon - 5 * minute }]);
  await insertPoints(store.telemetry, [
    {
      tenant,
      service: 'node-exporter',
      metric: 'cpu',
      value: 1,
      timeMs: noon - 90_000,
      version: '1.9',
      environment: 'eu',
    },
  ]);
  await insertSpans(store.telemetry, [
    span('silent', { service: 'worker', kind: 'client', parentSpanId: '1', startMs: noon - 1 }),
  ]);
  const answer = await list('silent', noon - hour, noon);
  expect(
    answer.services.map(({ name, red, version, environment, lastSeenMs }) => [
      name,
      red.calls,
      version,
      environment,
      lastSeenMs,
    ]),
  ).toEqual([
    ['cron', 0, '', '', noon - 5 * minute],
    ['node-exporter', 0, '1.9', 'eu', noon - 90_000],
    ['worker', 0, '', '', noon - minute],
  ]);
  expect((await list('silent', noon - 5 * hour, noon - 4 * hour)).services).toEqual([]);
});

test('the version is what most of the newest spans say', async () => {
  const of = (version: string, startMs: number, count: number) =>
    Array.from({ length: count }, () => span('versions', { service: 'auth', version, startMs }));
  await insertSpans(store.telemetry, [
    ...of('v1', noon - 9 * minute, 9),
    ...of('v3', noon - 100, 3),
    ...of('v2', noon - 100, 2),
  ]);
  const answer = await list('versions', noon - hour, noon);
  expect(serviceOf(answer, 'auth')).toMatchObject({ version: 'v3', red: { calls: 14 } });
});

test('a search finds services by a part of their name, by environment and by version', async () => {
  const of = (service: string, environment: string, version: string) =>
    span('search', { service, environment, version, startMs: noon - 1000 });
  await insertSpans(store.telemetry, [
    of('checkout-api', 'production', 'v1'),
    of('checkout-api', 'staging', 'v2'),
    of('auth', 'staging', 'v2'),
    of(`o'brien`, 'production', 'v9'),
  ]);
  const found = async (q: string) =>
    (await list('search', noon - hour, noon, { q })).services.map(({ name, red }) => [name, red.calls]);
  expect(await found('OUT')).toEqual([['checkout-api', 2]]);
  expect(await found('environment:staging')).toEqual([
    ['auth', 1],
    ['checkout-api', 1],
  ]);
  expect(await found('env:production -checkout')).toEqual([[`o'brien`, 1]]);
  expect(await found(`service:"o'brien"`)).toEqual([[`o'brien`, 1]]);
  expect(await found('version:v2 service:check*')).toEqual([['checkout-api', 1]]);
  expect(await found('no.such.attribute:1')).toEqual([]);
  await expect(list('search', noon - hour, noon, { q: 'env:(' })).rejects.toMatchObject({
    name: 'QueryError',
    start: 4,
  });
});

test('what moved: the operation whose errors rose, and not the noise beside it', async () => {
  const calls = (name: string, startMs: number, count: number, rest: (i: number) => Partial<TestSpan>) =>
    Array.from({ length: count }, (_, i) =>
      span('moved', {
        service: 'checkout',
        name,
        startMs: startMs + Math.floor((i * 50 * minute) / count),
        durationMs: 20,
        ...rest(i),
      }),
    );
  const failing = (every: number) => (i: number) => ({
    status: i % every === 0 ? ('error' as const) : ('ok' as const),
  });
  const before = noon - 2 * hour + minute;
  const now = noon - hour + minute;
  await insertSpans(store.telemetry, [
    ...calls('POST /pay', before, 400, failing(400)),
    ...calls('POST /pay', now, 400, failing(8)),
    ...calls('GET /slow', before, 100, () => ({ durationMs: 50 })),
    ...calls('GET /slow', now, 100, () => ({ durationMs: 200 })),
    ...calls('GET /busy', before, 100, () => ({})),
    ...calls('GET /busy', now, 300, () => ({})),
    ...calls('GET /rare', before, 4, () => ({})),
    ...calls('GET /rare', now, 4, failing(1)),
    ...calls('GET /same', before, 500, failing(10)),
    ...calls('GET /same', now, 500, failing(9)),
    ...calls('GET /new', now, 500, () => ({})),
  ]);
  const { moved } = await list('moved', noon - hour, noon);
  expect(moved.map(({ service, operation, figure }) => [service, operation, figure])).toEqual([
    ['checkout', 'POST /pay', 'errorRate'],
    ['checkout', 'GET /slow', 'p95Ms'],
    ['checkout', 'GET /busy', 'requestsPerSecond'],
  ]);
  expect(moved[0]).toMatchObject({ before: 0.0025, now: 0.125 });
});

test('all of time is a range, too', async () => {
  await insertSpans(store.telemetry, [
    span('ever', { service: 'old', startMs: Date.UTC(2018, 11, 13), receivedAtMs: noon }),
  ]);
  for (const toMs of [noon, 9_223_372_036_000]) {
    const answer = await list('ever', 0, toMs, { nowMs: noon });
    expect(serviceOf(answer, 'old').red.calls).toBe(1);
    expect(answer.total.series.requestsPerSecond.filter((rate) => rate !== null)).toHaveLength(1);
  }
  expect((await list('ever', 1, 1000, { nowMs: noon })).services).toEqual([]);
  expect((await list('ever', 9_223_000_000_000, 9_223_372_036_000, { nowMs: noon })).services).toEqual([]);
});

test('spans of other projects are never seen', async () => {
  await insertSpans(store.telemetry, [span('theirs', { service: 'secret', startMs: noon - 1 })]);
  expect((await list('ours', noon - hour, noon)).services).toEqual([]);
});

test('a registered service that sent nothing lately has figures of zero and keeps its colour', async () => {
  const registry = {
    services: async () => [{ serviceId: 'svc_1', service: 'sleepy', slot: 3 }],
  };
  const answer = await getService(
    store.telemetry as Telemetry,
    registry,
    () => noon,
  )({ serviceId: 'svc_1', fromMs: noon - hour, toMs: noon }, { tenant: tenantOf('asleep'), service: 'sleepy' });
  expect(answer.service).toMatchObject({ name: 'sleepy', slot: 3, red: { calls: 0 }, before: null, lastSeenMs: 0 });
  expect(answer).toMatchObject({ operations: [], callers: [], dependencies: [] });
});
