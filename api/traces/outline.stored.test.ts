import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Tenant } from '../../kernel/telemetry/client.ts';
import { type SpanDetails, tracesRoutes } from '../contract/traces.ts';
import { openTestStore, type TestStore, testTenant } from '../test-store.ts';
import { findInTrace } from './matches.ts';
import { getTraceOutline } from './outline.ts';
import { getTraceSpans } from './span-details.ts';
import { insertSpans, type TestSpan } from './test-spans.ts';
import { getTrace } from './trace.ts';

const noon = Date.UTC(2026, 2, 10, 12);
const hex = (id: string): string => id.padStart(32, '0');
const elsewhere: Tenant = { org: testTenant.org, project: 'other' };

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const context = (tenant: Tenant) => ({ tenant, service: undefined });
const outline = async (traceId: string, tenant = testTenant) =>
  tracesRoutes.getTraceOutline.answer.parse(
    await getTraceOutline(store.telemetry)({ traceId: hex(traceId) }, context(tenant)),
  );
const spans = async (traceId: string, ids: string, tenant = testTenant) => {
  const input = tracesRoutes.getTraceSpans.query.parse({ ids });
  return tracesRoutes.getTraceSpans.answer.parse(
    await getTraceSpans(store.telemetry)({ traceId: hex(traceId), ...input }, context(tenant)),
  );
};
const find = async (traceId: string, text: string, tenant = testTenant) => {
  const answer = await findInTrace(store.telemetry)({ traceId: hex(traceId), text }, context(tenant));
  return tracesRoutes.findInTrace.answer.parse(answer).spanIds.map((id) => id.replace(/^0+/, ''));
};
/** Resources and scopes may be listed in any order: what counts is which one a span names. */
const withOrigins = ({ spans, resources, scopes }: SpanDetails) =>
  spans.map((span) => ({ ...span, resource: resources[span.resource]!, scope: scopes[span.scope]! }));
const whole = async (traceId: string) => getTrace(store.telemetry)({ traceId: hex(traceId) }, context(testTenant));

const checkout: TestSpan[] = [
  {
    traceId: 'a1',
    spanId: '1',
    service: 'edge',
    name: 'POST /checkout',
    kind: 'server',
    status: 'error',
    statusMessage: 'card declined',
    startMs: noon,
    startNs: 123_456,
    durationMs: 12.345678,
    attributes: { 'http.response.status_code': '502', 'user.id': 'u-77' },
    attributeTypes: 'is',
    resource: { 'service.name': 'edge' },
  },
  {
    traceId: 'a1',
    spanId: '2',
    parentSpanId: '1',
    service: 'edge',
    name: 'charge',
    kind: 'internal',
    status: 'error',
    startMs: noon + 1,
    resource: { 'service.name': 'edge' },
    events: [
      { atMs: noon + 1, name: 'exception', attributes: { 'exception.type': 'Timeout' } },
      { atMs: noon + 2, name: 'retry' },
      { atMs: noon + 3, name: 'exception', attributes: { 'exception.type': 'CardDeclined' } },
    ],
  },
  {
    traceId: 'a1',
    spanId: '3',
    parentSpanId: '1',
    service: 'edge',
    name: 'GET',
    kind: 'client',
    startMs: noon + 2,
    resource: { 'service.name': 'edge' },
    attributes: { 'server.address': 'api.bank.example', 'url.full': 'https://api.bank.example/pay', 'thread.id': '7' },
  },
  {
    traceId: 'a1',
    spanId: '4',
    parentSpanId: '1',
    service: 'stock',
    name: 'SELECT items',
    kind: 'client',
    startMs: noon + 3,
    resource: { 'service.name': 'stock' },
    attributes: { 'db.system.name': 'postgresql', 'server.address': 'db.internal' },
  },
  { traceId: 'a1', spanId: '5', parentSpanId: 'ffff', service: 'stock', startMs: noon + 4, durationMs: 0 },
];

describe('a small trace', () => {
  beforeAll(() => insertSpans(store.telemetry, checkout));

  test('is told in columns: texts once, parents by place, times from the start', async () => {
    const { traceId, startUnixNano, spans, omittedSpans } = await outline('A1');
    expect([traceId, startUnixNano, omittedSpans]).toEqual([hex('a1'), `${BigInt(noon) * 1_000_000n + 123_456n}`, 0]);
    expect(spans.texts.toSorted()).toEqual(
      ['edge', 'stock', 'POST /checkout', 'charge', 'GET', 'SELECT items', 'GET /'].toSorted(),
    );
    expect(spans.spanId.map((id) => Number(id))).toEqual([1, 2, 3, 4, 5]);
    expect(spans.parent).toEqual([null, 0, 0, 0, '000000000000ffff']);
    expect(spans.service.map((place) => spans.texts[place])).toEqual(['edge', 'edge', 'edge', 'stock', 'stock']);
    expect(spans.name.map((place) => spans.texts[place])).toEqual([
      'POST /checkout',
      'charge',
      'GET',
      'SELECT items',
      'GET /',
    ]);
    expect(spans.kind).toEqual([2, 1, 3, 3, 1]);
    expect(spans.status).toEqual([2, 2, 0, 0, 0]);
    expect(spans.startNano).toEqual([0, 876_544, 1_876_544, 2_876_544, 3_876_544]);
    expect(spans.durationNano).toEqual([12_345_678, 1e6, 1e6, 1e6, 0]);
    expect(spans.resource).toEqual([0, 0, 0, 1, 2]);
  });

  test('tells how spans failed, what the first answered and where a call went; nothing else', async () => {
    expect((await outline('a1')).notes).toEqual([
      {
        span: 0,
        statusMessage: 'card declined',
        exceptionType: '',
        attributes: { 'http.response.status_code': '502' },
      },
      { span: 1, statusMessage: '', exceptionType: 'CardDeclined', attributes: {} },
      {
        span: 2,
        statusMessage: '',
        exceptionType: '',
        attributes: { 'server.address': 'api.bank.example', 'url.full': 'https://api.bank.example/pay' },
      },
    ]);
  });

  test('comes with all that its spans carry', async () => {
    const [all, { details }] = [await whole('a1'), await outline('a1')];
    expect(all.spans).toHaveLength(5);
    expect(withOrigins(details!)).toEqual(withOrigins(all));
    expect([details!.resources.length, details!.scopes.length]).toEqual([all.resources.length, all.scopes.length]);
  });

  test('gives the spans that are asked for, as the whole trace has them', async () => {
    const answer = await spans('a1', `${'2'.padStart(16, '0')},${'5'.padStart(16, '0')},${'e'.repeat(16)}`);
    const all = withOrigins(await whole('a1'));
    expect(withOrigins(answer)).toEqual([all[1], all[4]]);
    expect(withOrigins(answer).map(({ resource }) => resource.attributes)).toEqual([{ 'service.name': 'edge' }, {}]);
    expect([answer.resources.length, answer.scopes.length]).toEqual([2, 1]);
  });

  test.each([
    ['DECLINED', ['1', '2']],
    ['stock', ['4', '5']],
    ['select', ['4']],
    ['status_code=502', ['1']],
    ['user.id=U-7', ['1']],
    ['retry', ['2']],
    ['exception.type=timeout', ['2']],
    ['0000000000000003', ['3']],
    ['%', []],
    ["'; DROP TABLE spans --", []],
  ])('finds %j', async (text, ids) => {
    expect(await find('a1', text)).toEqual(ids);
  });

  test('is not there for another project, whatever is asked of it', async () => {
    // The same ids in the other project: the fence must hold between equal traces as well.
    await insertSpans(store.telemetry, [
      { tenant: elsewhere, traceId: 'a1', spanId: '1', name: 'theirs', startMs: noon + 9 },
    ]);
    const theirs = await outline('a1', elsewhere);
    expect([theirs.spans.spanId.length, theirs.spans.texts, theirs.notes]).toEqual([1, ['checkout', 'theirs'], []]);
    expect((await spans('a1', '1'.padStart(16, '0'), elsewhere)).spans.map(({ name }) => name)).toEqual(['theirs']);
    expect(await find('a1', 'declined', elsewhere)).toEqual([]);
    expect(await find('a1', 'theirs')).toEqual([]);
    expect((await outline('a1')).spans.spanId).toHaveLength(5);
    const nowhere: Tenant = { org: 'another', project: testTenant.project };
    for (const asked of [
      outline('a1', nowhere),
      spans('a1', '1'.padStart(16, '0'), nowhere),
      find('a1', 'x', nowhere),
    ]) {
      await expect(asked).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
  });
});

describe('finds a text wherever a span carries it', () => {
  const spans: readonly TestSpan[] = [
    { traceId: 'f1', spanId: 'f00', startMs: noon, name: 'nothing in particular', service: 'quiet' },
    { traceId: 'f1', spanId: '1', startMs: noon + 1, attributes: { 'http.route': '/cart' } },
    { traceId: 'f1', spanId: '2', startMs: noon + 2, resource: { 'k8s.pod.name': 'web-7f9c' } },
    { traceId: 'f1', spanId: '3', startMs: noon + 3, resource: { 'k8s.pod.name': 'web-7f9c' } },
    { traceId: 'f1', spanId: '4', startMs: noon + 4, scopeName: '@acme/orders' },
    { traceId: 'f1', spanId: '5', startMs: noon + 5, scopeName: 'other', scopeVersion: '9.8.7' },
    { traceId: 'f1', spanId: '6', startMs: noon + 6, scopeAttributes: { 'scope.team': 'billing' } },
    {
      traceId: 'f1',
      spanId: '7',
      startMs: noon + 7,
      links: [
        { traceId: 'a1', spanId: '99' },
        {
          traceId: `${'09'.repeat(16)}`,
          spanId: `${'5c'.repeat(8)}`,
          traceState: 'vendor=x1',
          attributes: { 'batch.id': 'b-42' },
        },
      ],
    },
    { traceId: 'f1', spanId: '8', startMs: noon + 8, traceState: 'congo=t61rcWkgMzE' },
    {
      traceId: 'f1',
      spanId: '9',
      startMs: noon + 9,
      events: [{ atMs: noon + 9, name: 'cache.miss', attributes: { 'cache.key': 'user-7' } }],
    },
    { traceId: 'f1', spanId: 'a', startMs: noon + 10, status: 'error', statusMessage: 'deadline exceeded' },
  ];
  beforeAll(() => insertSpans(store.telemetry, spans));

  test.each([
    ['value of an attribute', '/CART', ['1']],
    ['key of an attribute', 'http.rou', ['1']],
    ['value of a resource', 'web-7F9c', ['2', '3']],
    ['key of a resource', 'k8s.pod.name', ['2', '3']],
    ['key and value of a resource', 'pod.name=web-7f9c', ['2', '3']],
    ['name of a scope', '@acme/orders', ['4']],
    ['version of a scope', '9.8.7', ['5']],
    ['key of a scope', 'scope.team', ['6']],
    ['value of a scope', 'billing', ['6']],
    ['key of a link', 'batch.id', ['7']],
    ['value of a link', 'B-42', ['7']],
    ['linked trace', '0909090909', ['7']],
    ['linked span', '5C5C5C5C', ['7']],
    ['trace state of a link', 'vendor=x', ['7']],
    ['trace state', 't61rcWkgMzE', ['8']],
    ['name of an event', 'cache.miss', ['9']],
    ['key of an event', 'cache.key', ['9']],
    ['value of an event', 'USER-7', ['9']],
    ['status message', 'deadline', ['a']],
    ['name', 'in particular', ['f00']],
    ['service', 'quiet', ['f00']],
    ['the middle of a linked id, which says nothing', '90909090', []],
  ])('%s', async (_, text, ids) => {
    expect(await find('f1', text)).toEqual(ids);
  });
});

describe('a trace of few spans that carry much', () => {
  const kibibyte = 1024;
  const said = (i: number, bytes: number): string => `turn ${i}: `.padEnd(bytes, `token ${i} "says" `);
  const chat = (traceId: string, spans: number, bytes: number): TestSpan[] =>
    Array.from({ length: spans }, (_, i) => ({
      traceId,
      spanId: (i + 1).toString(16),
      parentSpanId: i === 0 ? '' : '1',
      service: 'assistant',
      name: 'chat',
      kind: 'client',
      startMs: noon + i,
      attributes: { 'gen_ai.input.messages': said(i, bytes), 'gen_ai.output.messages': said(i + 1, bytes) },
      resource: { 'service.name': 'assistant' },
    }));

  test('leaves what they carry to be asked for', async () => {
    await insertSpans(store.telemetry, chat('c1', 200, 38 * kibibyte));
    const answer = await outline('c1');
    expect([answer.spans.spanId.length, answer.details]).toEqual([200, null]);
    expect(JSON.stringify(answer).length).toBeLessThan(64 * kibibyte);
    const [one] = (await spans('c1', 'c8'.padStart(16, '0'))).spans;
    expect(one!.attributes).toEqual({
      'gen_ai.input.messages': said(199, 38 * kibibyte),
      'gen_ai.output.messages': said(200, 38 * kibibyte),
    });
    expect(await find('c1', 'turn 150:')).toEqual([(150).toString(16), (151).toString(16)]);
  });

  test.each([
    [
      'an event',
      (text: string): Partial<TestSpan> => ({ events: [{ atMs: noon, name: 'log', attributes: { text } }] }),
    ],
    ['a link', (text: string): Partial<TestSpan> => ({ links: [{ traceId: 'a', spanId: 'b', attributes: { text } }] })],
    ['a resource', (text: string): Partial<TestSpan> => ({ resource: { text } })],
    ['a scope', (text: string): Partial<TestSpan> => ({ scopeAttributes: { text } })],
    ['a status', (text: string): Partial<TestSpan> => ({ statusMessage: text })],
  ])('as much in %s counts as much', async (what, carrying) => {
    const traceId = `c2${[...what].reduce((sum, letter) => sum + letter.charCodeAt(0), 0).toString(16)}`;
    await insertSpans(store.telemetry, [{ traceId, spanId: '1', startMs: noon, ...carrying(said(1, 300 * kibibyte)) }]);
    expect((await outline(traceId)).details).toBeNull();
  });

  test('brings it along up to a quarter of a mebibyte in all; what spans share is counted once', async () => {
    const shared = { resource: { 'service.name': 'assistant', 'process.command_line': said(0, 40 * kibibyte) } };
    const few = chat('c3', 200, 150).map((span) => ({ ...span, ...shared }));
    await insertSpans(store.telemetry, few);
    const { details } = await outline('c3');
    expect(details?.spans).toHaveLength(200);
    expect(details!.resources.map(({ attributes }) => attributes)).toEqual([shared.resource]);
    const bytes = JSON.stringify(details).length;
    expect(bytes).toBeGreaterThan(160 * kibibyte);
    expect(bytes).toBeLessThan(300 * kibibyte);
    await insertSpans(store.telemetry, chat('c4', 200, 500));
    expect((await outline('c4')).details).toBeNull();
  });
});

test('a span that was received twice is there once; two sides of a call that share an id are both there', async () => {
  const client: TestSpan = {
    traceId: 'd1',
    spanId: '1',
    service: 'web',
    kind: 'client',
    status: 'error',
    statusMessage: 'reset',
    startMs: noon,
  };
  const server: TestSpan = { traceId: 'd1', spanId: '1', service: 'api', kind: 'server', startMs: noon + 1 };
  const below: TestSpan = { traceId: 'd1', spanId: '2', parentSpanId: '1', startMs: noon + 2 };
  await insertSpans(store.telemetry, [client, server, below]);
  await insertSpans(store.telemetry, [client]);
  const { spans: columns, notes, details, omittedSpans } = await outline('d1');
  expect([columns.kind, columns.parent, omittedSpans]).toEqual([[3, 2, 1], [null, null, 0], 0]);
  expect(notes.map(({ span, statusMessage }) => [span, statusMessage])).toEqual([[0, 'reset']]);
  expect(details!.spans).toHaveLength(3);
  expect((await spans('d1', '1'.padStart(16, '0'))).spans.map(({ service }) => service)).toEqual(['web', 'api']);
  expect(await find('d1', 'e')).toEqual(['1', '2']);
});

test('of 60,000 spans the first 50,000 come, in order and without all they carry, and the answer says so', async () => {
  await store.telemetry.command(`INSERT INTO spans (org, project, received_at, retention_days, service, name, kind,
      start_time, duration_ns, trace_id, span_id, parent_span_id, attributes, resource_attributes)
    SELECT '${testTenant.org}', '${testTenant.project}', fromUnixTimestamp64Milli(toInt64(${noon})), 9000,
      concat('s', toString(number % 7)), 'op', 'internal', fromUnixTimestamp64Milli(toInt64(${noon}) + number), 1000,
      unhex('${hex('9b')}'), reverse(reinterpretAsFixedString(number + 1)),
      if(number = 0, toFixedString('', 8), reverse(reinterpretAsFixedString(intDiv(number, 10) + 1))),
      map('i', toString(number)), map('service.name', concat('s', toString(number % 7)))
    FROM numbers(60000)`);
  const { spans: columns, details, omittedSpans } = await outline('9b');
  expect([details, omittedSpans]).toEqual([null, 10_000]);
  const numbers = Array.from({ length: 50_000 }, (_, i) => i);
  expect(columns.spanId.map((id) => Number.parseInt(id, 16) - 1)).toEqual(numbers);
  expect(columns.parent).toEqual(numbers.map((i) => (i === 0 ? null : Math.floor(i / 10))));
  expect(columns.startNano).toEqual(numbers.map((i) => i * 1e6));
  expect(new Set(columns.resource)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]));
  for (const [name, values] of Object.entries(columns)) {
    if (name !== 'texts') expect(values, name).toHaveLength(50_000);
  }
  expect(await find('9b', 'i=49999')).toEqual([(50_000).toString(16)]);
});

test('asks for at most 100 spans at once, by ids that are ids', () => {
  const { query } = tracesRoutes.getTraceSpans;
  const ids = (count: number): string => Array(count).fill('00000000000000aB').join(',');
  expect(query.safeParse({ ids: ids(100) }).success).toBe(true);
  for (const wrong of ['', ids(101), 'xyz', `${ids(1)},`, `${ids(1)} ${ids(1)}`]) {
    expect(query.safeParse({ ids: wrong }).success, wrong.slice(0, 40)).toBe(false);
  }
});
