/** A trace of many spans: how soon its first rows are there, by address and by click, and how its list scrolls. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { startVisit, type Visit } from './chromium.ts';
import { quantile, reportOf } from './figures.ts';

const row = '[role="treeitem"]';
const list = '[role="tree"]';
const scrollMs = 3000;
/** Rows are 24 px high: five new ones every frame. */
const pxPerSecond = 7200;
/** Of 60 a second. */
const frameMs = 1000 / 60;

export const measureWaterfall = async (
  browser: Browser,
  url: string,
  traceId: string,
  visits: number,
): Promise<void> => {
  const byAddress: { shownMs: number; cpuMs: number; apiBytes: number }[] = [];
  const byClick: Awaited<ReturnType<typeof openByClick>>[] = [];
  const scrolls: Awaited<ReturnType<typeof scroll>>[] = [];
  for (let i = 0; i < visits; i++) {
    const visit = await startVisit(browser);
    try {
      await visit.open(`${url}/traces/${traceId}`, row);
      const [seen, cpu, loaded] = [await visit.seen(), await visit.cpu(), await visit.loaded()];
      byAddress.push({ shownMs: seen.shownMs!, cpuMs: cpu.allMs, apiBytes: loaded.bytes.api });
      await sleep(1000);
      scrolls.push(await scroll(visit));
      byClick.push(await openByClick(visit, url, traceId));
    } finally {
      await visit.close();
    }
  }
  const report = reportOf('waterfall');
  report(
    'open_by_click',
    byClick.map(({ shownMs }) => shownMs),
    'ms until rows are shown',
    { atMost: 500 },
  );
  report(
    'open_by_click.main_thread',
    byClick.map(({ cpuMs }) => cpuMs),
    'ms of CPU',
  );
  report(
    'open_by_address',
    byAddress.map(({ shownMs }) => shownMs),
    'ms until rows are shown',
    { atMost: 1500 },
  );
  report(
    'open_by_address.main_thread',
    byAddress.map(({ cpuMs }) => cpuMs),
    'ms of CPU',
  );
  report(
    'answer',
    byAddress.map(({ apiBytes }) => apiBytes / 1000),
    'kB compressed',
  );
  report(
    'scroll.frames',
    scrolls.map(({ framesPerSecond }) => framesPerSecond),
    'frames/s',
    { atLeast: 59 },
  );
  report(
    'scroll.dropped',
    scrolls.map(({ dropped }) => dropped),
    'frames of 180',
  );
  report(
    'scroll.longest_frame',
    scrolls.map(({ longestMs }) => longestMs),
    'ms',
  );
  report(
    'scroll.main_thread',
    scrolls.map(({ cpuMsPerFrame }) => cpuMsPerFrame),
    'ms of CPU a frame',
    { atMost: 16 },
  );
};

const scroll = async (visit: Visit) => {
  const before = await visit.cpu();
  const box = (await visit.page.locator(list).boundingBox())!;
  // As a wheel does: the browser moves what is drawn, and the page draws what comes into view.
  const [frames] = await Promise.all([
    visit.ask<number[]>(`window.bench.frames(${scrollMs})`),
    visit.devtools.send('Input.synthesizeScrollGesture', {
      x: box.x + box.width / 2,
      y: box.y + box.height / 2,
      yDistance: -(pxPerSecond * scrollMs) / 1000,
      speed: pxPerSecond,
      gestureSourceType: 'mouse',
    }),
  ]);
  const after = await visit.cpu();
  const totalMs = frames.reduce((sum, ms) => sum + ms, 0);
  return {
    framesPerSecond: (frames.length / totalMs) * 1000,
    dropped: frames.reduce((sum, ms) => sum + Math.max(0, Math.round(ms / frameMs) - 1), 0),
    longestMs: quantile(frames, 1),
    cpuMsPerFrame: (after.allMs - before.allMs) / frames.length,
  };
};

/** From the list of traces, the slowest first: as one gets to such a trace. */
const openByClick = async (visit: Visit, url: string, traceId: string) => {
  const { page } = visit;
  await page.goto(`${url}/traces?order=slowest`);
  const link = page.locator(`a[href*="${traceId}"]`).first();
  await link.waitFor();
  await sleep(1000);
  await link.hover();
  await sleep(300);
  await visit.ask(`window.bench.watch(${JSON.stringify(row)})`);
  const before = await visit.cpu();
  await page.mouse.down();
  await page.mouse.up();
  await visit.ask('window.bench.shown');
  const after = await visit.cpu();
  const pressedMs = await visit.ask<number>('window.bench.pressedMs');
  return { shownMs: (await visit.seen()).shownMs! - pressedMs, cpuMs: after.allMs - before.allMs };
};
