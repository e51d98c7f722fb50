import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { type Answer, contract, type RouteName } from '../contract.ts';
import { seeded } from '../test-random.ts';
import { buildTestServer } from '../test-server.ts';
import { openTestStore, type TestStore, testTenant } from '../test-store.ts';
import { getTraceFacets } from './facets.ts';
import { getTraceHistogram } from './histogram.ts';
import { insertSpans, type TestSpan } from './test-spans.ts';
import { listServiceTraces, listTraces } from './traces.ts';

const minute = 60_000;
const hour = 60 * minute;
const noon = Date.UTC(2026, 2, 10, 12);

let store: TestStore;
let server: FastifyInstance;
beforeAll(async () => {
  store = await openTestStore();
  const { telemetry } = store;
  server = await buildTestServer({
    projects: {
      list: async () => projects.map((id) => ({ id, org: testTenant.org, name: id })),
      ofService: async (serviceId) => ({ tenant: { org: testTenant.org, project: 'random' }, service: serviceId }),
      services: async () => [],
      ingestKey: async () => undefined,
    },
    handlers: {
      listTraces: listTraces(telemetry),
      listServiceTraces: listServiceTraces(telemetry),
      getTraceHistogram: getTraceHistogram(telemetry),
      getTraceFacets: getTraceFacets(telemetry),
    },
  });
});
afterAll(async () => {
  await server.close();
  await store.close();
});

const projects = ['empty', 'one', 'random', 'long', 'orphans', 'names', 'month', 'ever'];
type Asked = Readonly<Record<string, string | number>>;

/** Asks, and checks the answer against the contract. */
const ask = async <Name extends RouteName>(name: Name, path: string, query: Asked): Promise<Answer<Name>> => {
  const search = new URLSearchParams(
    Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]),
  );
  const answer = await server.inject(`/api/v1/${path}?${search}`);
  expect(answer.statusCode, answer.body).toBe(200);
  const schema: z.ZodType = contract[name].answer;
  return schema.parse(answer.json().data) as Answer<Name>;
};
const list = (project: string, query: Asked) => ask('listTraces', `projects/${project}/traces`, query);
const insert = (project: string, spans: readonly TestSpan[]) =>
  insertSpans(
    store.telemetry,
    spans.map((span) => ({ ...span, tenant: { org: testTenant.org, project } })),
  );
const lastHour = { fromMs: noon - hour, toMs: noon };

test('an empty project: no traces, an empty histogram, no values', async () => {
  expect(await list('empty', lastHour)).toMatchObject({ traces: [], nextCursor: null });
  expect(await list('empty', { ...lastHour, order: 'slowest', q: 'status:error' })).toMatchObject({
    traces: [],
    nextCursor: null,
  });
  const histogram = await ask('getTraceHistogram', 'projects/empty/traces/histogram', lastHour);
  expect(histogram).toMatchObject({ total: 0, durationBoundsMs: [] });
  expect(new Set(histogram.counts.flat())).toEqual(new Set([0]));
  const { facets } = await ask('getTraceFacets', 'projects/empty/traces/facets', { ...lastHour, fields: 'service' });
  expect(facets).toEqual([{ field: 'service', values: [], distinct: 0 }]);
});

test('one span: ids in lower-case hex, times to the nanosecond', async () => {
  await insert('one', [
    {
      traceId: 'ABCDEF',
      spanId: 'BEEF',
      service: 'checkout',
      name: 'GET /cart',
      kind: 'server',
      status: 'error',
      startMs: noon - 1000,
      startNs: 123_456,
      durationMs: 1.5,
    },
  ]);
  const { traces } = await list('one', { fromMs: noon - minute, toMs: noon });
  expect(traces).toEqual([
    {
      traceId: '00000000000000000000000000abcdef',
      startUnixNano: `${BigInt(noon - 1000) * 1_000_000n + 123_456n}`,
      durationMs: 1.5,
      spanCount: 1,
      errorCount: 1,
      services: ['checkout'],
      root: { service: 'checkout', name: 'GET /cart', kind: 'server', status: 'error', missing: false },
    },
  ]);
  expect((await list('one', { fromMs: noon - 2 * minute, toMs: noon - minute })).traces).toEqual([]);
});

test('a trace whose root has not arrived shows its earliest span, and says so', async () => {
  await insert('orphans', [
    { traceId: '1', spanId: '2', parentSpanId: '1', service: 'late', name: 'second', startMs: noon - 900 },
    { traceId: '1', spanId: '3', parentSpanId: '1', service: 'early', name: 'first', startMs: noon - 1000 },
  ]);
  const { traces } = await list('orphans', lastHour);
  expect(traces[0]).toMatchObject({ spanCount: 2, root: { service: 'early', name: 'first', missing: true } });
});

describe('random traces, against a search by hand', () => {
  let spans: TestSpan[];
  const range = { fromMs: noon - 5 * hour + 7 * minute, toMs: noon - 11 * minute };

  beforeAll(async () => {
    const random = seeded(11);
    const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
    spans = Array.from({ length: 250 }, (_, trace) => {
      // Some at the very same moment, some across the hours and the ends of the range.
      const startMs = noon - 6 * hour + Math.floor(random() * 360) * minute;
      return Array.from(
        { length: 1 + Math.floor(random() * 4) },
        (_, i): TestSpan => ({
          traceId: (trace * 7919 + 1).toString(16),
          spanId: (trace * 8 + i + 1).toString(16),
          ...(i > 0 ? { parentSpanId: (trace * 8 + 1).toString(16) } : {}),
          service: pick(['checkout', 'auth', 'mail']),
          name: pick(['GET /', 'POST /pay', 'SELECT']),
          kind: pick(['server', 'client'] as const),
          status: random() < 0.1 ? 'error' : 'unset',
          startMs: startMs + (i === 0 ? 0 : Math.floor(random() * (random() < 0.1 ? 2 * hour : 1000))),
          durationMs: Math.round(Math.exp(random() * 9)),
          attributes: { 'http.route': pick(['/a', '/b']), n: String(Math.floor(random() * 100)) },
        }),
      );
    }).flat();
    // In several parts, as batches arrive, so that traces are torn apart.
    for (let part = 0; part < 4; part++)
      await insert(
        'random',
        spans.filter((_, i) => i % 4 === part),
      );
  });

  const traceIdOf = (span: TestSpan): string => span.traceId.padStart(32, '0');
  const startOf = (id: string): number => Math.min(...spans.filter((s) => traceIdOf(s) === id).map((s) => s.startMs));
  const inRange = (span: TestSpan): boolean => span.startMs >= range.fromMs && span.startMs < range.toMs;
  const expected = (matches: (span: TestSpan) => boolean): string[] => [
    ...new Set(spans.filter((span) => inRange(span) && matches(span)).map(traceIdOf)),
  ];

  /** Every page of a list. */
  const readAll = async (query: Asked, limit: number, path = 'projects/random/traces') => {
    const traces: Answer<'listTraces'>['traces'] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Answer<'listTraces'> = await ask('listTraces', path, {
        ...query,
        limit,
        ...(cursor === '' ? {} : { cursor }),
      });
      expect(page.traces.length).toBeLessThanOrEqual(limit);
      traces.push(...page.traces);
      cursor = page.nextCursor;
    }
    return traces;
  };
  const expectOrder = (traces: readonly Answer<'listTraces'>['traces'][number][], order: string): void => {
    for (const [i, trace] of traces.entries()) {
      const before = traces[i - 1];
      if (before === undefined) continue;
      if (order === 'slowest') expect(trace.durationMs).toBeLessThanOrEqual(before.durationMs);
      else expect(BigInt(trace.startUnixNano) <= BigInt(before.startUnixNano)).toBe(true);
    }
  };

  test.each(['newest', 'slowest'])(
    'without a filter: those that begin in the range, %s first, whole, once',
    async (order) => {
      const traces = await readAll({ ...range, order }, 37);
      const wanted = [...new Set(spans.map(traceIdOf))].filter(
        (id) => startOf(id) >= range.fromMs && startOf(id) < range.toMs,
      );
      expect(traces.map((trace) => trace.traceId).sort()).toEqual(wanted.sort());
      for (const trace of traces) {
        const own = spans.filter((span) => traceIdOf(span) === trace.traceId);
        expect(trace.spanCount).toBe(own.length);
        expect(trace.errorCount).toBe(own.filter((span) => span.status === 'error').length);
        expect(trace.services).toEqual([...new Set(own.map((span) => span.service!))].sort());
        expect(trace.startUnixNano).toBe(`${startOf(trace.traceId)}000000`);
        const end = Math.max(...own.map((span) => span.startMs + span.durationMs!));
        expect(trace.durationMs).toBe(end - startOf(trace.traceId));
        expect(trace.root).toMatchObject({ missing: false, name: own.find((span) => !span.parentSpanId)!.name });
      }
      // A trace of more than an hour may be placed by the part of it that lies in the range.
      expectOrder(
        traces.filter((trace) => trace.durationMs < hour),
        order,
      );
    },
  );

  const searches: [string, Asked, (span: TestSpan) => boolean][] = [
    ['a service', { service: 'auth' }, (s) => s.service === 'auth'],
    ['an operation', { operation: 'POST /pay' }, (s) => s.name === 'POST /pay'],
    ['a status', { status: 'error' }, (s) => s.status === 'error'],
    ['durations', { minDurationMs: 50, maxDurationMs: 400 }, (s) => s.durationMs! >= 50 && s.durationMs! <= 400],
    ['an attribute', { q: 'http.route:/b' }, (s) => s.attributes!['http.route'] === '/b'],
    ['a number', { q: 'n:>=90' }, (s) => Number(s.attributes!.n) >= 90],
    [
      'several, all of one span',
      { service: 'mail', status: 'error', q: 'n:<50 OR n:>80' },
      (s) =>
        s.service === 'mail' && s.status === 'error' && (Number(s.attributes!.n) < 50 || Number(s.attributes!.n) > 80),
    ],
    ['nothing that is there', { q: 'http.route:/c' }, () => false],
  ];
  test.each(searches)('%s: every trace with a span that matches in the range, once', async (_, query, matches) => {
    for (const order of ['newest', 'slowest']) {
      const traces = await readAll({ ...range, ...query, order }, 30);
      expect(traces.map((trace) => trace.traceId).sort(), order).toEqual(expected(matches).sort());
      const short = traces.filter(
        (trace) => trace.durationMs < hour && Number(BigInt(trace.startUnixNano) / 1_000_000n) >= range.fromMs,
      );
      expectOrder(short, order);
    }
  });

  test('the traces of a service', async () => {
    const answer = await ask('listServiceTraces', 'services/auth/traces', { ...range, limit: 1000 });
    expect(answer.traces.map((trace) => trace.traceId).sort()).toEqual(expected((s) => s.service === 'auth').sort());
  });

  test('a histogram counts the spans that match, each in its column and row', async () => {
    for (const [, query, matches] of [['everything', {}, () => true] as const, ...searches]) {
      const { startMs, stepMs, durationBoundsMs, counts, errors, total } = await ask(
        'getTraceHistogram',
        'projects/random/traces/histogram',
        { ...range, ...query },
      );
      const matching = spans.filter((span) => inRange(span) && matches(span));
      expect(total).toBe(matching.length);
      const wanted = counts.map((column) => column.map(() => 0));
      const wantedErrors = errors.map(() => 0);
      for (const span of matching) {
        const step = Math.floor((span.startMs - startMs) / stepMs);
        const row = durationBoundsMs.findIndex((bound) => span.durationMs! < bound);
        wanted[step]![row === -1 ? durationBoundsMs.length : row]!++;
        if (span.status === 'error') wantedErrors[step]!++;
      }
      expect(counts).toEqual(wanted);
      expect(errors).toEqual(wantedErrors);
      expect(counts.length).toBeLessThanOrEqual(120);
    }
  });

  test('values among the spans that match', async () => {
    const { facets, sampledOneIn } = await ask('getTraceFacets', 'projects/random/traces/facets', {
      ...range,
      status: 'error',
      fields: 'service,http.route',
    });
    expect(sampledOneIn).toBe(1);
    const matching = spans.filter((span) => inRange(span) && span.status === 'error');
    for (const { field, values } of facets) {
      const textOf = (span: TestSpan) => (field === 'service' ? span.service! : span.attributes!['http.route']!);
      const wanted = [...new Set(matching.map(textOf))].map((value) => ({
        value,
        rows: matching.filter((span) => textOf(span) === value).length,
      }));
      expect(values.toSorted((a, b) => (a.value < b.value ? -1 : 1))).toEqual(
        wanted.sort((a, b) => (a.value < b.value ? -1 : 1)),
      );
    }
    const usual = await ask('getTraceFacets', 'projects/random/traces/facets', range);
    expect(usual.facets.map(({ field }) => field)).toEqual(
      expect.arrayContaining(['service', 'name', 'kind', 'status', 'http.route']),
    );
  });

  test.each([
    ['of another order', 'slowest-5-00000000000000000000000000000001'],
    ['made up', 'newest-1; DROP TABLE traces-00000000000000000000000000000001'],
    ['out of range', 'newest-9999999999999999999-00000000000000000000000000000001'],
  ])('a cursor %s is refused', async (_, cursor) => {
    const answer = await server.inject(
      `/api/v1/projects/random/traces?${new URLSearchParams({ fromMs: '1', toMs: '2', cursor })}`,
    );
    expect([answer.statusCode, answer.json().error.code]).toEqual([400, 'INVALID_REQUEST']);
  });
});

test('a trace that began before the range is found by what happened in it, and shown from its beginning', async () => {
  await insert('long', [
    { traceId: 'a', spanId: '1', service: 'job', name: 'nightly', startMs: noon - 3 * hour, durationMs: 4 * hour },
    {
      traceId: 'a',
      spanId: '2',
      parentSpanId: '1',
      service: 'job',
      name: 'step',
      startMs: noon - 10 * minute,
      durationMs: 5,
    },
    { traceId: 'b', spanId: '3', service: 'job', name: 'other', startMs: noon - 5 * minute },
  ]);
  const found = await list('long', { ...lastHour, operation: 'step' });
  expect(found.traces).toMatchObject([
    { startUnixNano: `${noon - 3 * hour}000000`, durationMs: 4 * hour, spanCount: 2 },
  ]);
  const all = await list('long', lastHour);
  expect(all.traces.map((trace) => trace.root.name)).toEqual(['other']);
});

test('all of time is a range, too', async () => {
  const then = Date.UTC(2018, 11, 13);
  await insert('ever', [{ traceId: '1', spanId: '1', service: 'old', startMs: then, receivedAtMs: noon }]);
  for (const range of [
    { fromMs: 0, toMs: noon },
    { fromMs: 1, toMs: 9_223_372_036_000 },
  ]) {
    for (const query of [{}, { order: 'slowest' }, { service: 'old' }, { service: 'old', order: 'slowest' }]) {
      expect((await list('ever', { ...range, ...query })).traces, JSON.stringify([range, query])).toHaveLength(1);
    }
    expect((await ask('getTraceHistogram', 'projects/ever/traces/histogram', range)).total).toBe(1);
  }
  expect((await list('ever', { fromMs: 1, toMs: 1000 })).traces).toEqual([]);
});

test('names with quotes, new lines and every script', async () => {
  const service = `o'brien"\n\\; DROP TABLE spans; -- søk 服务`;
  await insert('names', [
    { traceId: '1', spanId: '1', service, name: service, startMs: noon - 1, attributes: { [service]: service } },
  ]);
  const { traces } = await list('names', { ...lastHour, service, operation: service });
  expect(traces).toMatchObject([{ services: [service], root: { service, name: service } }]);
});

test('a month with a trace a day: every page finds the next ones, however far they are', async () => {
  const day = 24 * hour;
  await insert(
    'month',
    Array.from({ length: 30 }, (_, i) => ({
      traceId: (i + 1).toString(16),
      spanId: '1',
      startMs: noon - i * day - 1,
      receivedAtMs: noon,
    })),
  );
  const days: number[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Answer<'listTraces'> = await list('month', {
      fromMs: noon - 30 * day,
      toMs: noon,
      limit: 7,
      ...(cursor === '' ? {} : { cursor }),
    });
    days.push(...page.traces.map((trace) => Number.parseInt(trace.traceId, 16)));
    cursor = page.nextCursor;
  }
  expect(days).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
});

test('a query that does not parse is refused with the place of the error', async () => {
  const answer = await server.inject(
    `/api/v1/projects/one/traces?${new URLSearchParams({ fromMs: '1', toMs: '2', q: 'status:(' })}`,
  );
  expect(answer.statusCode).toBe(400);
  expect(answer.json().error).toMatchObject({ code: 'INVALID_QUERY', position: { start: 7 } });
});
