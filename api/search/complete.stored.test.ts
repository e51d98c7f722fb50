import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Completion, completion } from '../contract/search.ts';
import { buildTestServer } from '../test-server.ts';
import { insertLogs, openTestStore, type TestStore, testTenant } from '../test-store.ts';
import { complete } from './complete.ts';

let store: TestStore;
let server: FastifyInstance;
const fromMs = Date.parse('2026-03-01T10:20:00Z');
const toMs = fromMs + 3_600_000;

beforeAll(async () => {
  store = await openTestStore();
  server = await buildTestServer({ handlers: { complete: complete(store.telemetry) } });
  const line = (service: string, i: number) => ({
    timeMs: fromMs + i,
    service,
    offset: i,
    attributes: { 'http.status_code': i % 3 ? '200' : '500', 'http.route': '/pay (old)', level: 'x', 'odd key': 'a' },
    resource: { 'service.name': service, 'service.version': '1.2', 'k8s.pod.name': 'web-1' },
  });
  await insertLogs(store.telemetry, [
    ...Array.from({ length: 6 }, (_, i) => line('checkout', i)),
    ...Array.from({ length: 3 }, (_, i) => line('auth', 10 + i)),
    { ...line('secret', 20), tenant: { ...testTenant, project: 'prj_other' } },
    { ...line('long ago', 30), timeMs: fromMs - 7_200_000 },
  ]);
});
afterAll(async () => {
  await server.close();
  await store.close();
});

/** `|` marks the cursor. */
const at = async (marked: string, signal = 'logs'): Promise<Completion> => {
  const cursor = marked.indexOf('|');
  const query = new URLSearchParams({
    signal,
    q: marked.replace('|', ''),
    cursor: String(cursor),
    fromMs: String(fromMs),
    toMs: String(toMs),
  });
  const answer = await server.inject(`/api/v1/projects/prj_default/complete?${query}`);
  expect(answer.statusCode, answer.body).toBe(200);
  return completion.parse(answer.json().data);
};

/** The query after taking each suggestion. */
const taken = async (marked: string, signal?: string): Promise<string[]> => {
  const q = marked.replace('|', '');
  const { suggestions } = await at(marked, signal);
  return suggestions.map(({ text, start, end }) => q.slice(0, start) + text + q.slice(end));
};

test('an empty query is offered fields: the well-known ones, then those that occur', async () => {
  const { suggestions, tokens, error } = await at('|');
  expect([tokens, error]).toEqual([[], null]);
  expect(suggestions.map(({ text }) => text).slice(0, 3)).toEqual(['level:', 'service:', 'env:']);
  const found = suggestions.find(({ label }) => label === 'http.status_code');
  expect(found).toMatchObject({ text: 'http.status_code:', kind: 'field', rows: 9 });
});

test.each([
  ['serv|', 'service:'],
  ['level:error ho|', 'level:error host:'],
  ['-http.s|', '-http.status_code:'],
  ['(stat|us', '(http.status_code:'],
  ['http.st|:5', 'http.status_code:5'],
  ['odd|', '"odd key":'],
  ['k8s|', 'k8s.pod.name:'],
  // An attribute that has the name of a well-known field is named with its scope.
  ['lev|', 'attributes.level:'],
  ['a O|', 'a OR '],
])('a field begun as %s can become %s', async (marked, expected) => {
  expect(await taken(marked)).toContain(expected);
});

test('who types the beginning of a name gets that name first', async () => {
  expect((await taken('ser|'))[0]).toBe('service:');
  expect((await taken('http.s|'))[0]).toBe('http.status_code:');
});

test.each([
  ['service:|', ['service:checkout', 'service:auth', 'service:*']],
  ['service:CHE|', ['service:checkout']],
  ['service:che| level:error', ['service:checkout level:error']],
  ['service:|che', ['service:checkout', 'service:auth', 'service:*']],
  ['service:(auth OR |', ['service:(auth OR checkout', 'service:(auth OR auth']],
  ['service:(auth OR ch|)', ['service:(auth OR checkout)']],
  ['level:e|', ['level:error']],
  ['level:>=w|', ['level:>=warn']],
  ['version:|', ['version:1.2', 'version:*']],
  [
    'http.status_code:|',
    ['http.status_code:200', 'http.status_code:500', 'http.status_code:>=', 'http.status_code:<', 'http.status_code:*'],
  ],
  ['http.route:"/p|', ['http.route:"/pay (old)"']],
  ['resource.k8s.pod.name:w|', ['resource.k8s.pod.name:web-1']],
  ['attributes.k8s.pod.name:w|', []],
  ['"card |', []],
  ['(a)|', []],
])('%s', async (marked, expected) => {
  expect(await taken(marked)).toEqual(expected);
});

test('how often a value occurs is shown, in this project and time alone', async () => {
  const { suggestions } = await at('service:|');
  expect(suggestions.map(({ label, rows }) => [label, rows])).toEqual([
    ['checkout', 6],
    ['auth', 3],
    ['* any value', null],
  ]);
});

test('a key with more values than are listed is offered, and says so', async () => {
  await store.telemetry.command(`INSERT INTO facets (org, project, signal, hour, scope, key, value, received_day, retention_days, rows, unlisted)
    SELECT 'org_default', 'prj_default', 'logs', toStartOfHour(fromUnixTimestamp64Milli(${fromMs})), 'record', 'request.id', *
    FROM values('value String, day Date, days UInt16, rows UInt64, unlisted UInt64', ('', today(), 30, 500, 500), ('id 7', today(), 30, 2, 0))`);
  expect((await at('request|')).suggestions).toMatchObject([{ label: 'request.id', rows: 502 }]);
  expect((await at('request.id:|')).suggestions).toMatchObject([
    { label: 'id 7', rows: 2 },
    { label: '* any value, not all are listed', text: '*' },
  ]);
});

test('names of spans come from what was measured', async () => {
  await store.telemetry.command(`INSERT INTO spans (org, project, received_at, retention_days, service, name, start_time)
    SELECT 'org_default', 'prj_default', now(), 30, 'checkout', 'POST /pay', fromUnixTimestamp64Milli(${fromMs + 60_000})`);
  expect(await taken('name:pay|', 'spans')).toEqual(['name:"POST /pay"']);
  expect(await taken('status:|', 'spans')).toEqual(['status:unset', 'status:ok', 'status:error', 'status:*']);
});

test('the text is taken apart as the parser reads it, and told what is wrong', async () => {
  const { tokens, error } = await at('level:>=warn -"a b" OR (x|');
  expect(tokens).toEqual([
    { start: 0, end: 5, kind: 'field' },
    { start: 5, end: 8, kind: 'operator' },
    { start: 8, end: 12, kind: 'value' },
    { start: 13, end: 14, kind: 'negation' },
    { start: 14, end: 19, kind: 'phrase' },
    { start: 20, end: 22, kind: 'keyword' },
    { start: 23, end: 24, kind: 'paren' },
    { start: 24, end: 25, kind: 'word' },
  ]);
  expect(error).toMatchObject({ start: 23, end: 24, message: expect.stringContaining('never closed') });
});
