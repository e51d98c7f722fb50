/** A real Chromium for the chapters that look at the screen, which remembers whatever a page complains about. */
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

/** `npm test` finds or installs one and says so in CHROMIUM_PATH. */
const executablePath = process.env.CHROMIUM_PATH || '/usr/bin/chromium';

/**
 * False when this machine has no Chromium: said aloud, so that a skipped test is never a silent one.
 * @throws Error where CI is set: there everything has to run.
 */
export const hasBrowser = (): boolean => {
  if (existsSync(executablePath)) return true;
  const sentence = `Chromium is missing at ${executablePath}: install it, or set CHROMIUM_PATH.`;
  if (process.env.CI) throw new Error(sentence);
  console.error(`\n⚠ SKIPPED: ${sentence}\n`);
  return false;
};

export interface Visit {
  readonly page: Page;
  /** Errors of scripts, of the console and of requests, one sentence each. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** A window of 1280 by 800 that shows nothing yet. */
export const openBrowser = async (): Promise<Visit> => {
  const browser: Browser = await chromium.launch({ executablePath, args: quietly });
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} for ${response.url()}`);
  });
  return { page, complaints, close: () => browser.close() };
};

/** It runs as whoever runs the tests, often root in a container, and talks to nobody but us. */
const quietly = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
