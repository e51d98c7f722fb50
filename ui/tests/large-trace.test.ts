/** A trace too large to come whole: rows at once, and what spans carry when one looks at them or searches for it. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser, openBrowser, type Visit } from '../../docs/guide/browser.ts';
import { type RunningSyntra, startSyntra } from '../../docs/guide/start-syntra.ts';

const traceId = '7d1e03b5f2a94c6e8b40c1d2e3f4a5b6';
const spanCount = 300;

const spanId = (i: number): string => (i + 1).toString(16).padStart(16, '0');

/** A root and what it did one after the other, no two alike, a minute ago: nothing more of it is waited for. */
const send = async ({ otlpHttpUrl }: RunningSyntra): Promise<void> => {
  const startMs = Date.now() - 60_000;
  const nano = (ms: number): string => `${startMs + ms}000000`;
  const spans = Array.from({ length: spanCount }, (_, i) => ({
    traceId,
    spanId: spanId(i),
    parentSpanId: i === 0 ? '' : spanId(0),
    name: i === 0 ? 'import' : `step ${i}`,
    kind: 1,
    startTimeUnixNano: nano(i === 0 ? 0 : i * 10),
    endTimeUnixNano: nano(i === 0 ? spanCount * 10 : i * 10 + 9),
    attributes: [{ key: 'item.code', value: { stringValue: `code-${i * 7919}` } }],
    events: i === 250 ? [{ name: 'cache.miss', timeUnixNano: nano(2501), attributes: [] }] : [],
  }));
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'importer' } }] };
  const response = await fetch(`${otlpHttpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }),
  });
  expect(response.status).toBe(200);
};

describe.runIf(hasBrowser())('a trace of hundreds of spans', () => {
  let syntra: RunningSyntra;
  let visit: Visit;
  let page: Page;
  /** Whose details were asked for, one list for each request. */
  const asked: string[][] = [];
  /** Log lines are asked for between the start and the end that the trace was laid out to. */
  let timesLaidOut = 0;

  beforeAll(async () => {
    syntra = await startSyntra();
    visit = await openBrowser();
    page = visit.page;
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.pathname.endsWith('/spans')) asked.push(url.searchParams.get('ids')!.split(','));
      if (url.pathname.endsWith('/logs')) timesLaidOut += 1;
    });
    await send(syntra);
  });
  afterAll(async () => {
    await visit?.close();
    await syntra?.stop();
  });

  const row = (name: string) => page.getByRole('treeitem', { name: `${name}, importer` });
  const panel = (name: string) => page.getByRole('complementary', { name: `Span ${name}` });

  test('shows its rows, and asks for nothing that they do not tell', async () => {
    await page.goto(`${syntra.url}/traces/${traceId}`);
    await row('step 3').waitFor();
    await page.getByText(`${spanCount} rows of ${spanCount} spans`).waitFor();
    expect(asked).toEqual([]);
  });

  test('tells what a span carries when it is opened; of its neighbours that is known then', async () => {
    await row('step 3').click();
    await panel('step 3')
      .getByText(`code-${3 * 7919}`)
      .waitFor();
    expect(asked).toHaveLength(1);
    expect(asked[0]).toContain(spanId(4));
    await page.keyboard.press('j');
    await panel('step 4')
      .getByText(`code-${4 * 7919}`)
      .waitFor();
    expect(asked).toHaveLength(1);
    // Both selections are in the address by now, and the trace was not laid out again for either.
    await page.waitForURL((url) => url.searchParams.get('span') === spanId(4));
    expect(timesLaidOut).toBe(1);
  });

  test('finds what only the server has, also when Enter comes before the answer', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type(`item.code=code-${222 * 7919}`);
    await page.keyboard.press('Enter');
    await panel('step 222')
      .getByText(`code-${222 * 7919}`)
      .waitFor();
    await page.getByText('1 of 1', { exact: true }).waitFor();
    await page.getByRole('textbox', { name: 'Find a span or attribute' }).fill('cache.miss');
    await page.keyboard.press('Enter');
    await panel('step 250').getByRole('tab', { name: 'Events' }).waitFor();
    await page.getByRole('textbox', { name: 'Find a span or attribute' }).fill('nothing like it');
    await page.getByText('none', { exact: true }).waitFor();
  });

  test('opens at the span of a link', async () => {
    await page.goto(`${syntra.url}/traces/${traceId}?span=${spanId(199)}`);
    await panel('step 199')
      .getByText(`code-${199 * 7919}`)
      .waitFor();
    await row('step 199').waitFor();
  });
});
