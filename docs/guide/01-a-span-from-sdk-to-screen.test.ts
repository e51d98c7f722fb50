/**
 * # 1. A span, from the SDK to the screen
 *
 * This chapter follows telemetry through all of Syntra: out of a program that knows nothing but the official
 * OpenTelemetry SDK, in at the OTLP port, through the log and a sink into a table, out of the API and onto the screen.
 * Nothing in it is pretended: it starts the program you start with `npm start`, and the shop you start with
 * `npm run demo`. Every step is a test, so what you read here is what happens.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Span, Trace } from '../../api/contract/traces.ts';
import { type Shop, startShop } from '../shop/shop.ts';
import { ask } from './ask.ts';
import { hasBrowser, openBrowser, type Visit } from './browser.ts';
import { runInstrumented } from './run-instrumented.ts';
import { type RunningSyntra, startSyntra } from './start-syntra.ts';

const startedMs = Date.now();
const params = { projectId: 'prj_default' };
/** From when the chapter began until a little after now. */
const sinceStart = () => ({ fromMs: startedMs, toMs: Date.now() + 60_000 });
/** What is sent is not there at once, but soon. */
const soon = { timeout: 60_000, interval: 100 };

let syntra: RunningSyntra;
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'syntra-chapter-1-'));
  syntra = await startSyntra({ dataDir });
});
afterAll(async () => {
  await syntra?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

describe('One span', () => {
  // One command starts all of it: the way in, the log, the stores, the processors and the way out. It prints three
  // addresses: one for you, two for your programs. (Yours are 3000, 4318 and 4317; here any free ports will do.)
  test('Syntra starts with one command and says where it listens', async () => {
    for (const url of [syntra.url, syntra.otlpHttpUrl, syntra.otlpGrpcUrl]) expect(syntra.output()).toContain(url);

    // Alive means that the process answers. Ready means that the log and both stores do.
    expect((await fetch(`${syntra.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${syntra.url}/readyz`)).status).toBe(200);
  });

  // Here is a program. It talks to OpenTelemetry's API and has never heard of Syntra.
  const program = `
    import { trace } from '@opentelemetry/api';
    trace.getTracer('chapter-1').startActiveSpan('say hello', (span) => {
      span.setAttribute('greeting.language', 'en');
      span.end();
      console.log(span.spanContext().traceId);
    });
  `;
  let traceId: string;
  let endedMs: number;

  // To be traced it needs a name and an address, in two variables that every OpenTelemetry SDK of every language reads.
  // The span leaves as protobuf over HTTP. The way in checks it, appends the very bytes to the log, and answers when
  // they are on the disk: from then on the program may forget them.
  test('a program sends a span when two variables say where', async () => {
    const printed = await runInstrumented(program, {
      OTEL_SERVICE_NAME: 'hello',
      OTEL_EXPORTER_OTLP_ENDPOINT: syntra.otlpHttpUrl,
    });
    endedMs = Date.now();
    traceId = printed.trim();
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  // Behind the log a sink reads the bytes, writes them into a table as rows, and commits its place. So the span can be
  // read a moment later, by its trace's id, as it was sent.
  test('and a moment later the span can be read', async () => {
    const { spans, resources, scopes } = await vi.waitFor(
      () => ask(syntra.url, 'getTrace', { params: { traceId } }),
      soon,
    );
    console.log(`      The span could be read ${Date.now() - endedMs} ms after its program had ended.`);

    expect(spans).toHaveLength(1);
    expect(spans[0]).toMatchObject({
      traceId,
      parentSpanId: '',
      service: 'hello',
      name: 'say hello',
      kind: 'internal',
      attributes: { 'greeting.language': 'en' },
    });
    expect(scopes[spans[0]!.scope]?.name).toBe('chapter-1');
    // Who sent it, in the SDK's own words.
    expect(resources[spans[0]!.resource]?.attributes).toMatchObject({
      'service.name': 'hello',
      'telemetry.sdk.name': 'opentelemetry',
      'telemetry.sdk.language': 'nodejs',
    });
  });

  // Nobody has told Syntra that there is a service called hello. That it sent something is enough.
  test('and its service is in the list', async () => {
    await vi.waitFor(async () => {
      const { services } = await ask(syntra.url, 'listServices', { params, query: sinceStart() });
      expect(services.map(({ name }) => name)).toContain('hello');
    }, soon);
  });
});

describe('A failing checkout', () => {
  // One span is a toy. The shop in ../shop has seven services, a database and a bank, each service a process of its own
  // under the official auto-instrumentation, with visitors who look, search and buy. Then one bank begins to restrict
  // its cards, and some checkouts fail. Somebody has to find out why, and knows nothing of what you have just read.
  let shop: Shop;
  let trace: Trace;
  let culprit: Span;

  beforeAll(async () => {
    shop = await startShop({ otlpHttpUrl: syntra.otlpHttpUrl, requestsPerSecond: 12 });
    shop.setFault('card-declined', true);
  });
  afterAll(() => shop?.stop());

  // First look: which service is in trouble? The list has a rate, an error rate and durations for each, counted over
  // the spans that enter the service and not over those that it makes for itself.
  test('the list of services shows who fails', async () => {
    await vi.waitFor(async () => {
      const { services } = await ask(syntra.url, 'listServices', { params, query: sinceStart() });
      const errorRates = Object.fromEntries(services.map(({ name, red }) => [name, red.errorRate]));
      expect(errorRates).toMatchObject({ auth: 0, 'catalog-search': 0, inventory: 0, 'orders-worker': 0 });
      for (const failing of ['edge-gateway', 'checkout-api', 'payments']) {
        expect(errorRates[failing], `errors of ${failing}`).toBeGreaterThan(0);
      }
    }, soon);
  });

  // Second: what fails in it? `POST /v1/orders`, and nothing else.
  test('the page of a service shows which operation fails', async () => {
    const { services } = await ask(syntra.url, 'listServices', { params, query: sinceStart() });
    const checkout = services.find(({ name }) => name === 'checkout-api')!;
    const { operations } = await ask(syntra.url, 'getService', {
      params: { serviceId: checkout.id },
      query: sinceStart(),
    });
    const failing = operations.filter(({ red, kind }) => kind === 'server' && red.errorRate > 0);
    expect(failing.map(({ name }) => name)).toEqual(['POST /v1/orders']);
    expect(checkout).toMatchObject({ version: '2.14.2', environment: 'production' });
  });

  // Third: one such checkout, whole. The trace goes through five processes and into PostgreSQL, and every span knows its
  // parent, although they were sent by different processes at different times.
  test('one failing checkout is one trace through all of the shop', async () => {
    await vi.waitFor(async () => {
      const { traces } = await ask(syntra.url, 'listTraces', {
        params,
        query: { ...sinceStart(), service: 'checkout-api', operation: 'POST /v1/orders', status: 'error' },
      });
      expect(traces.length).toBeGreaterThan(0);
      expect(traces[0]!.root).toMatchObject({ service: 'edge-gateway', name: 'POST /checkout', missing: false });
      trace = await ask(syntra.url, 'getTrace', { params: { traceId: traces[0]!.traceId } });
      const ids = new Set(trace.spans.map(({ spanId }) => spanId));
      const orphans = trace.spans.filter(({ parentSpanId }) => parentSpanId !== '' && !ids.has(parentSpanId));
      expect(orphans).toEqual([]);
    }, soon);

    const services = new Set(trace.spans.map(({ service }) => service));
    expect([...services].sort()).toEqual(['catalog-search', 'checkout-api', 'edge-gateway', 'inventory', 'payments']);
    const queries = trace.spans.filter(({ attributes }) => attributes['db.system.name'] === 'postgresql');
    expect(queries.map(({ attributes }) => attributes['db.query.text'])).toContain(
      'SELECT sku, quantity FROM cart_lines WHERE cart_id = $1',
    );
  });

  // Fourth: where did it begin? Errors spread upwards: the gateway failed because checkout failed because payments did.
  // The one whose own children are all well is where to look.
  test('the deepest failing span carries the exception', () => {
    const failing = trace.spans.filter(({ status }) => status.code === 'error');
    const withoutFailingChild = failing.filter(
      ({ spanId }) => !failing.some(({ parentSpanId }) => parentSpanId === spanId),
    );
    expect(withoutFailingChild).toHaveLength(1);
    culprit = withoutFailingChild[0]!;
    expect(culprit).toMatchObject({ service: 'payments', name: 'authorize payment' });
    expect(culprit.attributes).toMatchObject({
      'payment.card.issuer': 'Meridian Bank',
      'payment.response_code': '62',
      'order.id': expect.stringMatching(/^ord_/),
    });
    const exception = culprit.events.find(({ name }) => name === 'exception');
    expect(exception?.attributes).toMatchObject({
      'exception.type': 'CardDeclinedError',
      'exception.message': 'card declined: restricted card (code 62)',
      'exception.stacktrace': expect.stringContaining('at accept ('),
    });
  });

  // Fifth: why? Log lines know the span they were written in. The line that explains it all was written by somebody who
  // only called `log.error`, in the very span that failed.
  test('the log line of that span explains it', async () => {
    await vi.waitFor(async () => {
      const { lines } = await ask(syntra.url, 'listLogs', {
        params,
        query: { ...sinceStart(), traceId: trace.traceId, q: 'level:error service:payments "no rule"' },
      });
      expect(lines.map(({ body }) => body)).toEqual([
        'card declined by Meridian Bank: restricted card (code 62), no rule for this code',
      ]);
      expect(lines[0]).toMatchObject({ traceId: trace.traceId, spanId: culprit.spanId });
    }, soon);
  });

  // And how much of it is there? Metrics tell, which the same SDK sent along the same way.
  test('a metric tells how often', async () => {
    await vi.waitFor(async () => {
      const { series } = await ask(syntra.url, 'queryMetric', {
        params: { ...params, metric: 'shop.payments.authorizations' },
        query: { ...sinceStart(), aggregation: 'increase', groupBy: 'payment.response_code' },
      });
      const declined = series.find(({ labels }) => labels['payment.response_code'] === '62');
      expect(declined?.values.reduce<number>((sum, value) => sum + (value ?? 0), 0)).toBeGreaterThan(0);
    }, soon);
  });

  // Now the same with your eyes. The explorer is served by the same process, on the first of the three addresses, and
  // asks the API for what you have just read. Somebody opens it who knows only this: customers say they cannot pay.
  describe('on the screen', { skip: !hasBrowser() }, () => {
    let visit: Visit;
    beforeAll(async () => {
      visit = await openBrowser();
    });
    afterAll(() => visit?.close());

    test('the list of services: checkout-api has errors', async () => {
      const { page } = visit;
      await page.goto(syntra.url);
      await page.getByRole('heading', { name: 'Services', level: 1 }).waitFor();
      const row = page.getByRole('row', { name: /^checkout-api/ });
      await vi.waitFor(async () => expect(await errorsIn(row)).toBeGreaterThan(0), soon);
      await row.getByRole('link', { name: 'checkout-api' }).click();
    });

    test('the page of checkout-api: POST /v1/orders fails', async () => {
      const { page } = visit;
      await page.getByRole('heading', { name: 'checkout-api', level: 1 }).waitFor();
      const row = page.getByRole('row', { name: /^POST \/v1\/orders/ });
      expect(await errorsIn(row)).toBeGreaterThan(0);
      await row.getByRole('link').click();
    });

    test('its traces, only those that failed', async () => {
      const { page } = visit;
      await page.getByRole('radio', { name: 'Failed' }).click();
      await page.waitForURL(/status=error/);
      const row = page.getByRole('row', { name: /POST \/checkout failed/ }).first();
      expect(await row.textContent()).toContain('edge-gateway');
      await row.getByRole('link').click();
    });

    test('the waterfall: the exception is named where it was thrown', async () => {
      const { page } = visit;
      const spans = page.getByRole('tree', { name: 'Spans' }).getByRole('treeitem');
      await spans.first().waitFor();
      expect(await spans.count()).toBeGreaterThan(20);
      // Several spans failed, one of them because of itself.
      await spans.filter({ hasText: 'CardDeclinedError' }).click();
      const panel = page.getByRole('complementary', { name: 'Span authorize payment' });
      await panel.getByText('card declined: restricted card (code 62)').first().waitFor();
      await panel.getByRole('button', { name: 'Meridian Bank', exact: true }).waitFor();
    });

    test('and beside it the log line that explains it', async () => {
      const { page, complaints } = visit;
      const panel = page.getByRole('complementary', { name: 'Span authorize payment' });
      await panel.getByRole('tab', { name: /^Logs/ }).click();
      await panel
        .getByText('card declined by Meridian Bank: restricted card (code 62), no rule for this code')
        .waitFor();
      expect(complaints, 'what the pages complained about on the way').toEqual([]);
    });

    // The address holds the way: whoever gets the link sees the same span of the same trace.
    test('the address can be given to somebody else', async () => {
      const { page } = visit;
      const address = page.url();
      await page.goto('about:blank');
      await page.goto(address);
      const panel = page.getByRole('complementary', { name: 'Span authorize payment' });
      await panel.getByText('CardDeclinedError').first().waitFor();
    });
  });

  // The map has been drawn from the same spans: nobody configured it, and the bank is on it although it sends nothing.
  // (Only after a while: whoever was called might be a service whose own spans are still on their way.)
  test('the map shows who called whom', async () => {
    await vi.waitFor(async () => {
      const { nodes, edges } = await ask(syntra.url, 'getServiceMap', { params, query: sinceStart() });
      const calls = edges.map(({ source, target }) => `${source} → ${target}`);
      expect(calls).toEqual(
        expect.arrayContaining([
          'edge-gateway → auth',
          'edge-gateway → catalog-search',
          'edge-gateway → checkout-api',
          'checkout-api → catalog-search',
          'checkout-api → inventory',
          'checkout-api → payments',
        ]),
      );
      expect(nodes.filter(({ kind }) => kind === 'database')).not.toHaveLength(0);
      expect(nodes.filter(({ kind }) => kind === 'external')).not.toHaveLength(0);
    }, soon);
  });
});

/** The error rate that a row of a table shows, in percent. */
const errorsIn = async (row: Locator): Promise<number> => {
  await row.waitFor();
  const cells = await row.getByRole('cell').allTextContents();
  return Number.parseFloat(cells.find((cell) => cell.includes('%')) ?? 'nothing');
};

describe('The end', () => {
  // Asked to stop, Syntra lets nobody in, finishes what it has accepted, and leaves.
  test('SIGTERM drains', async () => {
    expect(await syntra.stop(), syntra.output()).toEqual({ code: 0, signal: null });
  });

  // What was there is there, when it starts again in the same directory.
  test('and what was stored is still there', async () => {
    syntra = await startSyntra({ dataDir });
    const { services } = await ask(syntra.url, 'listServices', { params, query: sinceStart() });
    expect(services.map(({ name }) => name)).toEqual(expect.arrayContaining(['hello', 'checkout-api']));
  });
});
