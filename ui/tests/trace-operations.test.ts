/** What a trace is made of: its spans by service and operation, one of them alone, the whole of it as a file. */
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser, openBrowser, type Visit } from '../../docs/guide/browser.ts';
import { type RunningSyntra, startSyntra } from '../../docs/guide/start-syntra.ts';

const traceId = '3c9a51e0d7b84f26a1b2c3d4e5f60718';
const startMs = Date.now() - 60_000;
const nano = (ms: number): string => `${startMs + ms}000000`;
const longText = 'What the model was told. '.repeat(2000);

interface Sent {
  readonly id: number;
  readonly parent?: number;
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly failed?: boolean;
  readonly text?: string;
}

const texts = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));
const spanId = (id: number): string => id.toString(16).padStart(16, '0');

const from = (resource: Readonly<Record<string, string>>, spans: readonly Sent[]) => ({
  resource: { attributes: texts(resource) },
  scopeSpans: [
    {
      spans: spans.map(({ id, parent, name, from, to, failed, text }) => ({
        traceId,
        spanId: spanId(id),
        parentSpanId: parent === undefined ? '' : spanId(parent),
        name,
        kind: 1,
        startTimeUnixNano: nano(from),
        endTimeUnixNano: nano(to),
        status: failed ? { code: 2 } : {},
        attributes: text === undefined ? [] : texts({ 'gen_ai.input.messages': text }),
      })),
    },
  ],
});

const host = { 'host.name': 'fsn1-app-2', 'k8s.pod.name': 'shop-7f9c' };

const send = async ({ otlpHttpUrl }: RunningSyntra): Promise<void> => {
  const post = async (path: string, body: unknown): Promise<void> => {
    const response = await fetch(`${otlpHttpUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status, path).toBe(200);
  };
  await post('/v1/traces', {
    resourceSpans: [
      from({ 'service.name': 'edge' }, [{ id: 1, name: 'POST /checkout', from: 0, to: 200 }]),
      from({ 'service.name': 'shop', ...host }, [
        { id: 2, parent: 1, name: 'load cart', from: 10, to: 60 },
        { id: 3, parent: 1, name: 'ask model', from: 60, to: 160, failed: true, text: longText },
        { id: 4, parent: 1, name: 'ask model', from: 160, to: 190, text: longText },
      ]),
      from({ 'service.name': 'db' }, [{ id: 5, parent: 2, name: 'SELECT carts', from: 20, to: 50 }]),
    ],
  });
  const point = { timeUnixNano: nano(0), asDouble: 0.5, attributes: [] };
  const metric = (name: string) => ({ name, unit: '1', gauge: { dataPoints: [point] } });
  const metricsOf = (resource: Readonly<Record<string, string>>, name: string) => ({
    resource: { attributes: texts(resource) },
    scopeMetrics: [{ metrics: [metric(name)] }],
  });
  await post('/v1/metrics', {
    resourceMetrics: [
      metricsOf({ 'service.name': 'collector', ...host }, 'system.cpu.utilization'),
      metricsOf({ 'service.name': 'edge', 'host.name': 'another' }, 'edge.queue.length'),
    ],
  });
};

describe.runIf(hasBrowser())('a trace of three services', () => {
  let syntra: RunningSyntra;
  let visit: Visit;
  let page: Page;

  beforeAll(async () => {
    syntra = await startSyntra();
    visit = await openBrowser();
    page = visit.page;
  });
  afterAll(async () => {
    await visit?.close();
    await syntra?.stop();
  });

  const row = (name: string) => page.getByRole('treeitem', { name });
  const names = () =>
    page.getByRole('treeitem').evaluateAll((rows) => rows.map((one) => one.getAttribute('aria-label')!.split(',')[0]));
  const line = (name: string) => page.getByRole('row').filter({ has: page.getByRole('button', { name, exact: true }) });
  const cells = (name: string) => line(name).getByRole('cell').allTextContents();

  test('lists operations by service, those with the most time of their own first', async () => {
    await send(syntra);
    // A page that looks before the spans are stored is answered with 404, and the browser complains of it.
    await expect.poll(async () => (await fetch(`${syntra.url}/api/v1/traces/${traceId}`)).status).toBe(200);
    await page.goto(`${syntra.url}/traces/${traceId}`);
    await row('load cart, shop').waitFor();
    await page.getByRole('radio', { name: 'Operations' }).click();
    await page.waitForURL(/view=operations/);
    await page.getByRole('table', { name: 'Spans by service and operation' }).waitFor();
    expect(await page.locator('tbody button').evaluateAll((all) => all.map((one) => one.textContent!.trim()))).toEqual([
      'shop',
      'ask model',
      'load cart',
      'db',
      'SELECT carts',
      'edge',
      'POST /checkout',
    ]);
    expect((await cells('Show ask model of shop')).map((text) => text.replace(/\s+/g, ' ').trim()).slice(1, 6)).toEqual(
      ['2', '1', '100ms', '130ms65.0 %', '130ms65.0 %'],
    );
    await page.getByRole('button', { name: 'Operation', exact: true }).click();
    await page.waitForURL(/by=name/);
    expect((await page.locator('tbody button').first().textContent())!.trim()).toBe('db');
  });

  test('shows an operation alone in the waterfall, by keys as well; Back leads to the list, and a button to all spans', async () => {
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await row('SELECT carts, db').waitFor();
    expect(await names()).toEqual(['POST /checkout', 'load cart', 'SELECT carts']);
    await page.goBack();
    await page.getByRole('button', { name: 'Show ask model of shop' }).click();
    await row('ask model, shop').first().waitFor();
    expect(await names()).toEqual(['POST /checkout', 'ask model', 'ask model']);
    await page.reload();
    await row('ask model, shop').first().waitFor();
    expect(await names()).toHaveLength(3);
    await page.getByRole('button', { name: 'Only shop ask model: show all spans' }).click();
    await row('SELECT carts, db').waitFor();
    expect(await names()).toHaveLength(5);
  });

  test('shows a service alone; a search that leads elsewhere shows all again', async () => {
    const service = page.getByRole('group', { name: /self time per service/ }).getByRole('button', { name: /^shop/ });
    await service.click();
    await row('SELECT carts, db').waitFor({ state: 'detached' });
    expect(await names()).toEqual(['POST /checkout', 'load cart', 'ask model', 'ask model']);
    expect(await service.getAttribute('aria-pressed')).toBe('true');
    await page.getByRole('button', { name: 'Errors only' }).click();
    await row('load cart, shop').waitFor({ state: 'detached' });
    expect(await names()).toEqual(['POST /checkout', 'ask model']);
    await page.getByRole('textbox', { name: 'Find a span or attribute' }).fill('carts');
    await page.keyboard.press('Enter');
    await row('SELECT carts, db').waitFor();
    expect(await names()).toHaveLength(5);
    await page.waitForURL((url) => !url.searchParams.has('service') && !url.searchParams.has('errors'));
  });

  test('says so where nothing is left to show', async () => {
    await page.goto(`${syntra.url}/traces/${traceId}?service=gone`);
    await page.getByText('There is no such span in this trace').waitFor();
    expect(await page.getByRole('treeitem').count()).toBe(0);
    await page.getByRole('button', { name: 'Show all spans', exact: true }).click();
    await row('SELECT carts, db').waitFor();
  });

  test('cuts long texts until one wants them, and finds a span by the pod it ran in', async () => {
    const find = page.getByRole('textbox', { name: 'Find a span or attribute' });
    await find.fill('k8s.pod.name=shop-7f9c');
    await page.getByText('3', { exact: true }).waitFor();
    await row('ask model, shop').first().click();
    const panel = page.getByRole('complementary', { name: 'Span ask model' });
    const all = panel.getByRole('button', { name: 'Show all of gen_ai.input.messages' });
    await all.waitFor();
    expect((await panel.textContent())!.length).toBeLessThan(2000);
    await all.click();
    await all.waitFor({ state: 'detached' });
    expect((await panel.textContent())!.length).toBeGreaterThan(longText.length);
  });

  test('leads to what was measured then on the host of a span', async () => {
    await page.getByRole('link', { name: 'Metrics of host fsn1-app-2' }).click();
    await page.getByText('1 metric of').waitFor();
    const { searchParams } = new URL(page.url());
    expect(searchParams.get('q')).toBe('host.name:fsn1-app-2');
    expect(Number(searchParams.get('from'))).toBeLessThan(startMs);
    expect(Number(searchParams.get('to'))).toBeGreaterThan(startMs + 200);
    const list = page.getByRole('complementary', { name: 'Metrics' });
    await list.getByText('system.cpu.utilization').waitFor();
    expect(await list.getByText('edge.queue.length').count()).toBe(0);
    await list.getByText('system.cpu.utilization').click();
    await page.waitForURL(/m=system\.cpu\.utilization/);
    expect(new URL(page.url()).searchParams.get('q')).toBe('host.name:fsn1-app-2');
  });

  test('gives the whole trace as a file', async () => {
    await page.goto(`${syntra.url}/traces/${traceId}`);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download JSON' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(`trace-${traceId}.json`);
    const { data } = JSON.parse(await readFile(await download.path(), 'utf8'));
    expect(data.spans.map(({ name }: { name: string }) => name).toSorted()).toEqual(
      ['POST /checkout', 'load cart', 'ask model', 'ask model', 'SELECT carts'].toSorted(),
    );
    await download.delete();
  });

  test('on a phone the same list is one choice away', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByRole('button', { name: 'View: Waterfall' }).click();
    await page.getByRole('menuitem', { name: 'Operations' }).click();
    await page.getByRole('button', { name: 'Show db alone' }).click();
    await row('SELECT carts, db').waitFor();
    expect(await names()).toEqual(['POST /checkout', 'load cart', 'SELECT carts']);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });

  test('and nothing complained', () => {
    expect(visit.complaints).toEqual([]);
  });
});
