/** The explorer's own manners, in a real browser: the first run, keys, time, addresses that can be shared, sign-in. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser, openBrowser, type Visit } from '../../docs/guide/browser.ts';
import { type RunningSyntra, startSyntra } from '../../docs/guide/start-syntra.ts';

const traceId = '4f2a91d07be34c6c8c07e1f2a4b94d10';

/** One span of a service that ended just now, as OTLP/JSON. */
const send = async ({ otlpHttpUrl }: RunningSyntra, service: string): Promise<void> => {
  const nowNano = BigInt(Date.now()) * 1_000_000n;
  const span = {
    traceId,
    spanId: service
      .padEnd(8, '.')
      .slice(0, 8)
      .replace(/./gs, (c) => c.charCodeAt(0).toString(16).padStart(2, '0')),
    name: `GET /${service}`,
    kind: 2,
    startTimeUnixNano: String(nowNano - 25_000_000n),
    endTimeUnixNano: String(nowNano),
  };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
  const response = await fetch(`${otlpHttpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }),
  });
  expect(response.status).toBe(200);
};

const rowOf = (page: Page, service: string) => page.getByRole('row', { name: service });
const search = (page: Page): Record<string, string> => Object.fromEntries(new URL(page.url()).searchParams);

describe.runIf(hasBrowser())('an explorer that anyone on this machine may open', () => {
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

  test('shows a newcomer the lines to send with, and turns to data by itself', async () => {
    await page.goto(syntra.url);
    await page.getByText('Waiting for the first span').waitFor();
    const lines = page.getByRole('tabpanel', { name: 'Node.js' });
    expect(await lines.textContent()).toContain(syntra.otlpHttpUrl);
    expect(await lines.textContent()).toMatch(/x-syntra-key=syn_\w+/);

    await send(syntra, 'checkout');
    await rowOf(page, 'checkout').waitFor();
    expect(new URL(page.url()).pathname).toBe('/services');
  });

  test('goes through the list and into a service without a mouse, and back', async () => {
    await send(syntra, 'payments');
    await rowOf(page, 'payments').waitFor();
    await page.keyboard.press('j');
    const name = (await page.locator('tr[aria-selected="true"] a').first().textContent())!.trim();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name }).waitFor();
    await page.getByRole('link', { name: `GET /${name}` }).waitFor();
    await page.goBack();
    await rowOf(page, 'payments').waitFor();
  });

  test('filters while one types, and keeps the filter in the address', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('pay');
    await rowOf(page, 'checkout').waitFor({ state: 'detached' });
    expect(search(page)).toMatchObject({ q: 'pay' });
    await page.reload();
    await rowOf(page, 'payments').waitFor();
    expect(await rowOf(page, 'checkout').count()).toBe(0);
    await page.keyboard.press('/');
    await page.keyboard.press('Escape');
    await rowOf(page, 'checkout').waitFor();
  });

  test('zooms where one drags over a chart; Backspace undoes it', async () => {
    const before = search(page);
    const box = (await page.getByRole('application', { name: /^Requests/ }).boundingBox())!;
    await page.mouse.move(box.x + 100, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + 200, box.y + 50, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/from=\d+&to=\d+/);
    const { from, to } = search(page);
    expect(Number(to) - Number(from)).toBeLessThan(15 * 60_000);
    await page.keyboard.press('Backspace');
    await page.waitForURL((url) => !url.searchParams.has('from'));
    expect(search(page)).toEqual(before);
  });

  test('understands a range as people say it', async () => {
    await page.keyboard.press('t');
    const box = page.getByRole('textbox', { name: 'Time range' });
    await box.fill('14:61..15:00');
    await page.getByText('is not a time').waitFor();
    await box.fill('last 3 hours');
    await box.press('Enter');
    await page.waitForURL(/range=3h/);
  });

  test('jumps to a pasted trace, and to a service by a part of its name', async () => {
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: /Jump|place/i }).fill(`trace_id=${traceId}`);
    await page.keyboard.press('Enter');
    await page.waitForURL(new RegExp(`/traces/${traceId}\\?range=3h`));

    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: /Jump|place/i }).fill('check');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'checkout' }).waitFor();
  });

  test('lists the keys that work here', async () => {
    await page.keyboard.press('?');
    const list = page.getByRole('dialog', { name: 'Keys' });
    await list.getByText('Copy a link to this view').waitFor();
    await page.keyboard.press('Escape');
    await list.waitFor({ state: 'detached' });
  });

  test('keeps a chosen theme over a reload, before the first paint', async () => {
    await page.goto(`${syntra.url}/settings/sending-data`);
    await page.getByRole('radio', { name: 'Dark' }).click();
    await page.reload({ waitUntil: 'commit' });
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
    await page.getByRole('radio', { name: 'System' }).click();
  });

  test('says so when there is nothing at an address', async () => {
    await page.goto(`${syntra.url}/nowhere`);
    await page.getByText('There is no page at /nowhere').waitFor();
  });

  test.each([1280, 390])('never scrolls sideways at %i pixels', async (width) => {
    await page.setViewportSize({ width, height: 800 });
    for (const path of ['/services', '/services?view=map', '/traces', '/logs', '/metrics', '/settings/sending-data']) {
      await page.goto(`${syntra.url}${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(wider, path).toBeLessThanOrEqual(0);
    }
  });

  test('and no page complained on the way', () => {
    expect(visit.complaints).toEqual([]);
  });
});

describe.runIf(hasBrowser())('an explorer that asks for a token', () => {
  const token = 'a-token-of-enough-characters';
  let syntra: RunningSyntra;
  let visit: Visit;

  beforeAll(async () => {
    syntra = await startSyntra({ env: { SYNTRA_ADMIN_TOKEN: token } });
    visit = await openBrowser();
  });
  afterAll(async () => {
    await visit?.close();
    await syntra?.stop();
  });

  test('lets in who has it, to the page that was asked for', async () => {
    const { page } = visit;
    await page.goto(`${syntra.url}/settings/sending-data`);
    await page.getByLabel('Access token').fill('not-the-token');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('not the token of this installation').waitFor();
    await page.getByLabel('Access token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(/\/settings\/sending-data/);
    await page.getByText(syntra.otlpHttpUrl).first().waitFor();
  });

  test('and out again', async () => {
    const { page } = visit;
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Access token').waitFor();
    await page.goto(`${syntra.url}/services`);
    await page.waitForURL(/\/sign-in\?next=/);
  });
});
