/** Each fault of the shop shows up in its telemetry as what it is, and goes away when it is switched off. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Span } from '../../api/contract/traces.ts';
import { ask } from '../guide/ask.ts';
import { type RunningSyntra, startSyntra } from '../guide/start-syntra.ts';
import { type Shop, startShop } from './shop.ts';

const params = { projectId: 'prj_default' };
const soon = { timeout: 40_000, interval: 300 };
let syntra: RunningSyntra;
let shop: Shop;

beforeAll(async () => {
  syntra = await startSyntra();
  shop = await startShop({ otlpHttpUrl: syntra.otlpHttpUrl, requestsPerSecond: 12 });
});
afterAll(async () => {
  await shop?.stop();
  await syntra?.stop();
});

interface Search {
  readonly service: string;
  readonly operation: string;
  readonly status?: 'error';
}

/** Spans of the newest matching trace that began after `fromMs`. */
const newestTrace = async (fromMs: number, search: Search): Promise<readonly Span[]> => {
  const query = { fromMs, toMs: Date.now() + 60_000, limit: 1, ...search };
  const { traces } = await ask(syntra.url, 'listTraces', { params, query });
  expect(traces, `traces with ${JSON.stringify(search)}`).toHaveLength(1);
  return (await ask(syntra.url, 'getTrace', { params: { traceId: traces[0]!.traceId } })).spans;
};

const exceptionsIn = (spans: readonly Span[]): string[] =>
  spans.flatMap(({ service, name, events }) =>
    events.map(
      ({ attributes }) => `${service}, ${name}: ${attributes['exception.type']}: ${attributes['exception.message']}`,
    ),
  );

test('expired-session: the caller of auth reads from null', async () => {
  const fromMs = Date.now();
  shop.setFault('expired-session', true);
  await vi.waitFor(async () => {
    const spans = await newestTrace(fromMs, { service: 'checkout-api', operation: 'finalize order', status: 'error' });
    expect(exceptionsIn(spans)).toContain(
      "checkout-api, finalize order: TypeError: Cannot read properties of null (reading 'customerId')",
    );
    // What was done before it failed is undone.
    expect(spans.map(({ name }) => name)).toContain('DELETE /v1/authorizations/:id');
  }, soon);
  shop.setFault('expired-session', false);
});

test('n-plus-one: a query for the list and one for each of its 38 products', async () => {
  const fromMs = Date.now();
  const search = { service: 'catalog-search', operation: 'GET /v1/products' };
  const queriesIn = (spans: readonly Span[]): number =>
    spans.filter(({ service, attributes }) => service === 'catalog-search' && attributes['db.query.text']).length;
  await vi.waitFor(async () => expect(queriesIn(await newestTrace(fromMs, search))).toBe(1), soon);
  shop.setFault('n-plus-one', true);
  await vi.waitFor(async () => expect(queriesIn(await newestTrace(fromMs, search))).toBe(39), soon);
  shop.setFault('n-plus-one', false);
  await vi.waitFor(async () => expect(queriesIn(await newestTrace(fromMs, search))).toBe(1), soon);
});

test('acquirer-timeout: payments gives up on a bank that does not answer', async () => {
  const fromMs = Date.now();
  shop.setFault('acquirer-timeout', true);
  await vi.waitFor(async () => {
    const spans = await newestTrace(fromMs, {
      service: 'payments',
      operation: 'POST /v1/authorizations',
      status: 'error',
    });
    expect(exceptionsIn(spans)).toContain(
      'payments, authorize payment: UpstreamError: acquirer did not answer within 1500 ms',
    );
    const answered = spans.find(({ service, kind }) => service === 'payments' && kind === 'server');
    expect(answered?.attributes['http.response.status_code']).toBe(504);
  }, soon);
  shop.setFault('acquirer-timeout', false);
});

test('gc-stall: an event loop that stands still, and the line that says why', async () => {
  const fromMs = Date.now();
  shop.setFault('gc-stall', true);
  await vi.waitFor(async () => {
    const range = { fromMs, toMs: Date.now() + 60_000 };
    const { lines } = await ask(syntra.url, 'listLogs', {
      params,
      query: { ...range, q: 'service:catalog-search level:warn "index rebuilt"' },
    });
    expect(lines).not.toHaveLength(0);
    const { points } = await ask(syntra.url, 'listMetricPoints', {
      params: { ...params, metric: 'nodejs.eventloop.delay.max' },
      query: { ...range, limit: 1000 },
    });
    const delaysS = points.filter(({ service }) => service === 'catalog-search').map(({ value }) => Number(value));
    expect(Math.max(...delaysS), 'the longest stop in seconds').toBeGreaterThan(0.2);
  }, soon);
  shop.setFault('gc-stall', false);
});

test('an order is packed in the trace that placed it, though a queue is in between', async () => {
  const fromMs = Date.now();
  await vi.waitFor(async () => {
    const spans = await newestTrace(fromMs, { service: 'orders-worker', operation: 'process order-jobs' });
    const processed = spans.find(({ kind }) => kind === 'consumer');
    const sent = spans.find(({ kind }) => kind === 'producer');
    expect(processed?.parentSpanId).toBe(sent?.spanId);
    expect(spans.find(({ parentSpanId }) => parentSpanId === '')).toMatchObject({
      service: 'edge-gateway',
      name: 'POST /checkout',
    });
  }, soon);
});
