/** The pages about the pipeline itself, in a real browser: what is seen of a fault, and dead letters that are decided on. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Pipeline } from '../../api/contract/pipeline.ts';
import { hasBrowser, openBrowser, type Visit } from '../../docs/guide/browser.ts';
import { type RunningSyntra, startSyntra } from '../../docs/guide/start-syntra.ts';
import { openEmbeddedLog } from '../../kernel/log/embedded.ts';
import { spansTopic, zstdRequestHeaders } from '../../kernel/topics.ts';

const poisoned = 5;

/** Records that nobody can process lie on the log before Syntra starts on it. */
const poison = async (directory: string): Promise<void> => {
  const log = await openEmbeddedLog({ directory });
  const headers = zstdRequestHeaders({
    org: 'org_default',
    project: 'prj_default',
    receivedAtMs: Date.now(),
    retentionDays: 30,
    records: 40,
  });
  for (let i = 0; i < poisoned; i++) {
    await log.append(spansTopic.name, [{ key: '', headers, value: Buffer.from(`no zstd ${i}`) }]);
  }
  await log.close();
};

const letterRows = (page: Page) => page.getByRole('table', { name: 'Records that were set aside' }).locator('tbody tr');
const panelOf = (page: Page) => page.getByRole('complementary', { name: 'Selected record' });
const sentence = (page: Page) => page.getByRole('region', { name: 'State' }).getByRole('heading');

describe.runIf(hasBrowser())('the pages about the pipeline', () => {
  let dataDir: string;
  let syntra: RunningSyntra;
  let visit: Visit;
  let page: Page;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'syntra-pipeline-'));
    await poison(dataDir);
    syntra = await startSyntra({ dataDir });
    visit = await openBrowser();
    page = visit.page;
  });
  afterAll(async () => {
    await visit?.close();
    await syntra?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  afterEach(() => page.unrouteAll({ behavior: 'ignoreErrors' }));

  /** Resolves when the page has been told how the pipeline is. */
  const openTold = async (path: string): Promise<void> => {
    const told = page.waitForResponse('**/api/v1/pipeline');
    await page.goto(`${syntra.url}${path}`);
    await told;
    await page.getByRole('heading', { level: 1 }).waitFor();
  };

  /** The pipeline as it is, but for what `change` does to it. */
  const pretend = (change: (pipeline: Pipeline) => void) =>
    page.route('**/api/v1/pipeline', async (route) => {
      const body = (await (await route.fetch()).json()) as { data: Pipeline };
      change(body.data);
      await route.fulfill({ json: body });
    });

  test('say in a sentence how it is, and how far each processor is in each partition', async () => {
    await page.goto(`${syntra.url}/services`);
    await page.getByRole('heading', { level: 1, name: 'Services' }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('p');
    await page.waitForURL(/\/pipeline/);
    await expect.poll(() => sentence(page).textContent()).toMatch(/everything (that|else)/i);
    for (const store of ['SQLite', 'chDB', 'private PostgreSQL']) {
      await page.getByRole('listitem').filter({ hasText: store }).getByText('Answers in').first().waitFor();
    }
    await page.getByRole('button', { name: 'store-spans' }).click();
    const partitions = page.getByRole('table', { name: 'Partitions that store-spans reads' });
    await partitions.getByText('otlp.spans').first().waitFor();
    expect(new URL(page.url()).searchParams.get('open')).toBe('store-spans');
    await page.getByText('It cannot be unpacked').first().waitFor();
  });

  test('say which store does not answer and what fails for it; other pages do once it lasts', async () => {
    await pretend(({ stores, processors, atMs }) => {
      const telemetry = stores.find(({ name }) => name === 'telemetry')!;
      Object.assign(telemetry, { engine: 'ClickHouse', answers: false, error: 'Nothing listens at its address.' });
      const spans = processors.find(({ name }) => name === 'store-spans')!;
      Object.assign(spans, { failing: true, failingSinceMs: atMs - 30_000, lag: 1_200_000, lastError: 'refused' });
    });
    await page.goto(`${syntra.url}/pipeline`);
    await expect.poll(() => sentence(page).textContent()).toMatch(/Failing: store-spans is 1.2 M requests behind/);
    await page.getByText('ClickHouse does not answer.').waitFor();
    await page.getByText('Nothing listens at its address.').waitFor();
    await page
      .getByRole('row', { name: 'store-spans' })
      .getByRole('cell', { name: /^Failing since/ })
      .waitFor();

    const banner = page.getByRole('link', { name: 'Open Pipeline' });
    await openTold('/logs');
    expect(await banner.count()).toBe(0);

    await page.unrouteAll();
    await pretend(({ processors, atMs }) => {
      const spans = processors.find(({ name }) => name === 'store-spans')!;
      Object.assign(spans, { failing: true, failingSinceMs: atMs - 120_000, lastError: 'refused' });
    });
    await page.reload();
    await page.getByRole('status').getByText('store-spans fails.').waitFor();
    await banner.click();
    await page.waitForURL(/\/pipeline/);
    await page.unrouteAll();
    await expect.poll(() => sentence(page).textContent()).toMatch(/everything (that|else)/i);
    await openTold('/logs');
    expect(await banner.count()).toBe(0);
  });

  test('show nothing as known before anybody has reported', async () => {
    await pretend((pipeline) => {
      pipeline.instances = [];
      pipeline.processors = [];
      pipeline.stores = [];
      pipeline.disks = [];
      pipeline.openDeadLetters = null;
    });
    await page.goto(`${syntra.url}/pipeline`);
    await page.getByRole('heading', { name: 'No process has reported yet' }).waitFor();
    const way = page.getByRole('list', { name: 'The way of the data' });
    expect(await way.textContent()).not.toMatch(/\d/);
  });

  test('list what was set aside, each with its reason and bytes', async () => {
    await page.goto(`${syntra.url}/pipeline`);
    await page.getByRole('link', { name: /^(?:Decide on them|5 records are set aside)$/ }).click();
    await expect.poll(() => letterRows(page).count()).toBe(poisoned);
    await page.getByRole('button', { name: 'store-spans It cannot be unpacked' }).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    const panel = panelOf(page);
    await panel.getByText('it cannot be unpacked: ').first().waitFor();
    await panel.getByText(/6e 6f 20 7a 73 74 64 20/).waitFor();
    await panel.getByText('dead-letter-reason').waitFor();
    const download = page.waitForEvent('download');
    await panel.getByRole('button', { name: 'Download' }).click();
    expect((await download).suggestedFilename()).toMatch(/^dlt_\w+\.bin$/);
  });

  test('put one back, and lead to what it became when it failed again', async () => {
    const id = new URL(page.url()).searchParams.get('letter')!;
    await page.keyboard.press('r');
    await page.getByText('1 put back.').waitFor();
    await page.locator(`tr[data-id="${id}"]`).waitFor({ state: 'detached' });
    const panel = panelOf(page);
    await panel.getByText('Put back', { exact: true }).waitFor();
    // Its bytes are what they were: it comes back as another.
    await expect
      .poll(async () => {
        // Another click before the answer came would begin anew.
        const answered = page.waitForResponse(/\/dead-letters/);
        await page.getByRole('button', { name: 'Refresh' }).click();
        await (await answered).finished();
        return page.getByText('Failed again').count();
      })
      .toBe(1);
    await page.reload();
    await panel.getByRole('link', { name: 'The record it became' }).click();
    await panel.getByRole('link', { name: 'The record it was before' }).waitFor();
    expect(new URL(page.url()).searchParams.get('letter')).not.toBe(id);
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
  });

  test('give up those that are selected, after asking; and say of each that cannot be decided on why', async () => {
    await page.goto(`${syntra.url}/pipeline/dead-letters`);
    await expect.poll(() => letterRows(page).count()).toBe(poisoned);
    for (const key of ['j', 'x', 'j', 'x', 'd']) await page.keyboard.press(key);
    const dialog = page.getByRole('alertdialog', { name: 'Discard 2 records with 80 spans?' });
    await dialog.getByText('This cannot be undone').waitFor();
    await dialog.getByRole('button', { name: 'Keep them' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await letterRows(page).count()).toBe(poisoned);
    await page.getByRole('button', { name: 'Discard 2…' }).click();
    await dialog.getByRole('button', { name: 'Discard 2 records' }).click();
    await page.getByText('2 discarded.').waitFor();
    await expect.poll(() => letterRows(page).count()).toBe(poisoned - 2);

    await page.getByRole('radio', { name: /^Discarded/ }).click();
    await expect.poll(() => letterRows(page).count()).toBe(2);
    await page.keyboard.press('j');
    await page.keyboard.press('r');
    await page.getByText('0 put back, 1 left as it was.').waitFor();
    await page.getByText('It was given up.').waitFor();
  });

  test('reassure where nothing was set aside', async () => {
    await page.goto(`${syntra.url}/pipeline/dead-letters?project=prj_syntra`);
    await page.getByText('No record has been set aside.').waitFor();
  });

  test.each([1280, 390])('never scroll sideways at %i pixels', async (width) => {
    await page.setViewportSize({ width, height: 800 });
    for (const path of ['/pipeline?open=store-spans', '/pipeline/dead-letters']) {
      await page.goto(`${syntra.url}${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.getByText('store-spans').first().waitFor();
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(wider, path).toBeLessThanOrEqual(0);
    }
  });

  test('and no page complained on the way', () => {
    expect(visit.complaints).toEqual([]);
  });
});
