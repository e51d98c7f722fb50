/** Debian's Chromium, driven: a window of its own for every visit, so that each finds an empty cache. */
import { join } from 'node:path';
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';

export const chromiumPath = process.env.CHROMIUM_PATH || '/usr/bin/chromium';

/** It runs as whoever runs the benchmark, often root in a container, and talks to nobody but us. */
export const chromiumFlags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** What `in-page.js` remembers. */
export interface Seen {
  readonly firstPaintMs: number | null;
  readonly largestPaintMs: number | null;
  readonly shownMs: number | null;
  /** Cumulative layout shift. */
  readonly shift: number;
  readonly longTasks: readonly { readonly startMs: number; readonly ms: number }[];
  readonly inputs: readonly { readonly name: string; readonly ms: number }[];
}

export interface Loaded {
  readonly requests: number;
  readonly bytes: Readonly<Record<'script' | 'style' | 'font' | 'api' | 'other', number>>;
}

export interface Cpu {
  /** CPU milliseconds of the page's main thread. */
  readonly allMs: number;
  readonly scriptMs: number;
  readonly layoutMs: number;
  readonly heapBytes: number;
}

export interface Visit {
  readonly page: Page;
  /** `shownMs` will be when an element that matches `selector` was first on the screen. */
  open(url: string, selector: string): Promise<void>;
  seen(): Promise<Seen>;
  loaded(): Promise<Loaded>;
  cpu(): Promise<Cpu>;
  readonly devtools: CDPSession;
  /** The value of an expression in the page, awaited. By DevTools, since the page's policy forbids it to evaluate text. */
  ask<Value>(expression: string): Promise<Value>;
  close(): Promise<void>;
}

export const launch = (): Promise<Browser> => chromium.launch({ executablePath: chromiumPath, args: chromiumFlags });

export const startVisit = async (browser: Browser): Promise<Visit> => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  // CPU time of the thread, not of the clock on the wall: the machine has other work.
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const ask = async <Value>(expression: string): Promise<Value> => {
    const { result, exceptionDetails } = await devtools.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined)
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value as Value;
  };
  return {
    page,
    devtools,
    ask,
    async open(url, selector) {
      await page.addInitScript(`window.wantedSelector = ${JSON.stringify(selector)}`);
      await page.addInitScript({ path: join(import.meta.dirname, 'in-page.js') });
      await page.goto(url, { waitUntil: 'commit' });
      await ask('Promise.race([window.bench.shown, new Promise((_, reject) => setTimeout(reject, 60000))])');
    },
    seen: () => ask('window.bench.seen'),
    loaded: () => ask('window.bench.loaded()'),
    async cpu() {
      const { metrics } = await devtools.send('Performance.getMetrics');
      const value = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? 0;
      return {
        allMs: value('TaskDuration') * 1000,
        scriptMs: value('ScriptDuration') * 1000,
        layoutMs: (value('LayoutDuration') + value('RecalcStyleDuration')) * 1000,
        heapBytes: value('JSHeapUsedSize'),
      };
    },
    close: () => context.close(),
  };
};
