/**
 * How the explorer feels: what a first view loads and when it shows data, a trace of 10,000 spans, a live tail of 2,000
 * lines a second, and what Lighthouse says. `node bench/explorer.ts [--quick] [--only waterfall] [--record]`, after
 * `npm run build -w ui`. A real Syntra, a real Chromium without a GPU, both on one machine: milliseconds of CPU are of
 * the page's main thread unless they are the server's, all others are of the clock and grow with whatever else the machine
 * does.
 */
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import { type RunningSyntra, startSyntra } from '../docs/guide/start-syntra.ts';
import { launch } from './explorer/chromium.ts';
import { measureFirstView, type PageUnderTest } from './explorer/first-view.ts';
import { sendLargeTrace } from './explorer/large-trace.ts';
import { judge } from './explorer/lighthouse.ts';
import { measureLiveTail } from './explorer/live-tail.ts';
import { sendShopData } from './explorer/shop-data.ts';
import { measureWaterfall } from './explorer/waterfall.ts';
import { isQuick } from './results.ts';

const parts = ['first-views', 'waterfall', 'live-tail', 'lighthouse'] as const;
type Part = (typeof parts)[number];

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
  },
});

const visits = isQuick ? 1 : 5;
const tailSeconds = isQuick ? 3 : 10;
const tailVisits = isQuick ? 1 : 3;
const largeTraceSpans = 10_000;
const shopTraces = 1500;

const main = async (): Promise<void> => {
  const wanted = wantedParts();
  const syntra = await startSyntra();
  try {
    await sendShopData(syntra.otlpHttpUrl, shopTraces);
    const traceId = await sendLargeTrace(syntra.otlpHttpUrl, largeTraceSpans);
    await untilStored(syntra, traceId);
    await withBrowser((browser) => measure(browser, syntra, traceId, wanted));
    if (wanted.has('lighthouse')) await judgeAll(syntra, traceId);
  } finally {
    await syntra.stop();
  }
};

/** @throws Error naming the parts there are */
const wantedParts = (): ReadonlySet<Part> => {
  const unknown = options.only.find((name) => !(parts as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(`There is no part "${unknown}": ${parts.join(', ')}.`);
  if (options.only.length > 0) return new Set(options.only as Part[]);
  // Lighthouse is fetched first, and takes its time.
  return new Set(isQuick ? parts.filter((part) => part !== 'lighthouse') : parts);
};

const withBrowser = async (work: (browser: Browser) => Promise<void>): Promise<void> => {
  const browser = await launch();
  try {
    await work(browser);
  } finally {
    await browser.close();
  }
};

const measure = async (
  browser: Browser,
  syntra: RunningSyntra,
  traceId: string,
  wanted: ReadonlySet<Part>,
): Promise<void> => {
  const { url, otlpHttpUrl } = syntra;
  if (wanted.has('first-views')) {
    for (const page of pages(traceId)) await measureFirstView(browser, url, page, visits);
  }
  if (wanted.has('waterfall')) await measureWaterfall(browser, syntra, traceId, visits);
  if (wanted.has('live-tail')) await measureLiveTail(browser, url, otlpHttpUrl, tailSeconds, tailVisits);
};

const judgeAll = async ({ url }: RunningSyntra, traceId: string): Promise<void> => {
  const failed: string[] = [];
  for (const page of pages(traceId)) {
    for (const preset of ['desktop', 'mobile'] as const) failed.push(...(await judge(url, page, preset)));
  }
  for (const sentence of failed) console.log(sentence);
};

/** The places of the navigation, and one trace. */
const pages = (traceId: string): PageUnderTest[] => [
  { name: 'services', path: '/services', shownWhen: 'tbody tr[data-id]' },
  { name: 'traces', path: '/traces', shownWhen: 'tbody tr[aria-selected]' },
  { name: 'trace', path: `/traces/${traceId}`, shownWhen: '[role="treeitem"]' },
  { name: 'logs', path: '/logs', shownWhen: '[role="row"][data-id]' },
  { name: 'metrics', path: '/metrics', shownWhen: 'main canvas' },
  { name: 'pipeline', path: '/pipeline', shownWhen: 'main table tbody tr' },
];

/** @throws Error when the trace is not whole within a minute */
const untilStored = async ({ url }: RunningSyntra, traceId: string): Promise<void> => {
  for (const untilMs = Date.now() + 60_000; Date.now() < untilMs; ) {
    const response = await fetch(`${url}/api/v1/traces/${traceId}/outline`);
    const body = (await response.json()) as { data?: { spans: { spanId: string[] } } };
    if (body.data?.spans.spanId.length === largeTraceSpans) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error('The large trace was not stored within a minute.');
};

await main();
