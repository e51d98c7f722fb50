/** The Logs page while many lines a second arrive: does it keep up, does it answer the keyboard, does it grow. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { startVisit, type Visit } from './chromium.ts';
import { quantile, reportOf } from './figures.ts';
import { startLiveLines } from './live-lines.ts';

export const linesPerSecond = 2000;

const line = '[role="row"][data-id]';
const warmUpMs = 4000;
const everyMs = 250;

export const measureLiveTail = async (
  browser: Browser,
  url: string,
  otlpHttpUrl: string,
  seconds: number,
): Promise<void> => {
  const visit = await startVisit(browser);
  const { page, devtools } = visit;
  const received = countLines(visit);
  const sending = startLiveLines(otlpHttpUrl, linesPerSecond);
  try {
    await devtools.send('Network.enable');
    await visit.open(`${url}/logs`, line);
    await sleep(warmUpMs);
    const heapBefore = await heapAfterGc(visit);
    const [cpuBefore, linesBefore, sentBefore] = [await visit.cpu(), received.lines, sending.sent];
    const startedMs = await visit.ask<number>('performance.now()');
    const behind: number[] = [];
    for (let i = 0; i * everyMs < seconds * 1000; i++) {
      // The list of keys opens and closes: a keystroke that draws.
      await page.keyboard.press(i % 2 === 0 ? '?' : 'Escape');
      const first = String(await page.locator(`${line} .text`).first().textContent());
      behind.push((sending.sent - Number.parseInt(first, 10)) / linesPerSecond);
      await sleep(everyMs);
    }
    const passedMs = (await visit.ask<number>('performance.now()')) - startedMs;
    const [cpu, seen] = [await visit.cpu(), await visit.seen()];
    const heap = await heapAfterGc(visit);
    const tasks = seen.longTasks.filter((task) => task.startMs >= startedMs).map(({ ms }) => ms);
    const keys = seen.inputs.filter(({ name }) => name === 'keydown').map(({ ms }) => ms);
    const perSecond = (count: number): number => (count / passedMs) * 1000;
    const report = reportOf('live_tail');
    report('sent', perSecond(sending.sent - sentBefore), 'lines/s');
    report('shown', perSecond(received.lines - linesBefore), 'lines/s', { atLeast: linesPerSecond * 0.98 });
    report('behind', quantile(behind, 0.95), 's behind what is acknowledged, p95');
    report('longest_block', quantile(tasks, 1), 'ms, longest task', { atMost: 200 });
    report('key', Math.max(16, quantile(keys, 0.95)), 'ms from key to frame, p95', { atMost: 200 });
    report('main_thread', (cpu.allMs - cpuBefore.allMs) / (passedMs / 1000), 'ms CPU a second', { atMost: 500 });
    report('heap', heap / 2 ** 20, 'MiB after collection');
    report('heap_growth', (heap - heapBefore) / 2 ** 20, 'MiB', { atMost: 20 });
  } finally {
    await sending.stop().finally(() => visit.close());
  }
};

/** Those that reached the page; it shows whatever reaches it. */
const countLines = ({ devtools }: Visit): { lines: number } => {
  const received = { lines: 0 };
  devtools.on('Network.webSocketFrameReceived', ({ response }) => {
    const message = JSON.parse(response.payloadData) as { type: string; lines?: unknown[] };
    if (message.type === 'lines') received.lines += message.lines!.length;
  });
  return received;
};

const heapAfterGc = async (visit: Visit): Promise<number> => {
  await visit.devtools.send('HeapProfiler.collectGarbage');
  return (await visit.cpu()).heapBytes;
};
