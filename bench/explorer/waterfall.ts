/**
 * A trace of many spans: how soon its first rows are there, by address and by click, how soon a span tells what it carries,
 * and how its list scrolls.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { treeCpuSeconds } from '../process-tree.ts';
import { startVisit, type Visit } from './chromium.ts';
import { quantile, reportOf } from './figures.ts';

const row = '[role="treeitem"]';
const list = '[role="tree"]';
/** In the panel of a span of `large-trace.ts`. */
const attribute = 'aside dt[title="http.route"]';
const scrollMs = 3000;
/** Rows are 24 px high: five new ones every frame. */
const pxPerSecond = 7200;
/** Of 60 a second. */
const frameMs = 1000 / 60;

/** Those of the page's main thread, and those of all the server's threads and its PostgreSQL. */
interface Spent {
  readonly pageMs: number;
  readonly serverMs: number;
}

/** @param serverPid of the process behind `url` */
export const measureWaterfall = async (
  browser: Browser,
  { url, pid: serverPid }: { readonly url: string; readonly pid: number },
  traceId: string,
  visits: number,
): Promise<void> => {
  const byAddress: { shownMs: number; cpuMs: number; apiBytes: number }[] = [];
  const byClick: Awaited<ReturnType<typeof openByClick>>[] = [];
  const spans: Awaited<ReturnType<typeof openSpan>>[] = [];
  const scrolls: Awaited<ReturnType<typeof scroll>>[] = [];
  const spentBy = (visit: Visit) => async (): Promise<Spent> => ({
    pageMs: (await visit.cpu()).allMs,
    serverMs: treeCpuSeconds(serverPid) * 1000,
  });
  const inVisit = async (work: (visit: Visit) => Promise<void>): Promise<void> => {
    const visit = await startVisit(browser);
    try {
      await work(visit);
    } finally {
      await visit.close();
    }
  };
  for (let i = 0; i < visits; i++) {
    await inVisit(async (visit) => {
      await visit.open(`${url}/traces/${traceId}`, row);
      const [seen, cpu, loaded] = [await visit.seen(), await visit.cpu(), await visit.loaded()];
      byAddress.push({ shownMs: seen.shownMs!, cpuMs: cpu.allMs, apiBytes: loaded.bytes.api });
      await sleep(1000);
      scrolls.push(await scroll(visit));
    });
    // In one that has not seen the trace yet, nor the code of its page.
    await inVisit(async (visit) => {
      byClick.push(await openByClick(visit, url, traceId, spentBy(visit)));
      spans.push(await openSpan(visit, spentBy(visit)));
    });
  }
  const report = reportOf('waterfall');
  const each = <One>(all: readonly One[], read: (one: One) => number): number[] => all.map(read);
  const ofPage = 'ms of CPU of the page until then';
  const ofServer = 'ms of CPU of the server until then';
  const shown = 'ms until rows are shown';
  report(
    'open_by_click',
    each(byClick, (one) => one.shownMs),
    shown,
    { atMost: 500 },
  );
  report(
    'open_by_click.main_thread',
    each(byClick, (one) => one.pageMs),
    ofPage,
  );
  report(
    'open_by_click.server',
    each(byClick, (one) => one.serverMs),
    ofServer,
  );
  report(
    'open_by_address',
    each(byAddress, (one) => one.shownMs),
    shown,
    { atMost: 1500 },
  );
  report(
    'open_by_address.main_thread',
    each(byAddress, (one) => one.cpuMs),
    ofPage,
  );
  report(
    'answer',
    each(byAddress, (one) => one.apiBytes / 1000),
    'kB compressed',
  );
  report(
    'open_span',
    each(spans, (one) => one.shownMs),
    'ms from the click on a row until its attributes are shown',
  );
  report(
    'open_span.main_thread',
    each(spans, (one) => one.pageMs),
    ofPage,
  );
  report(
    'open_span.server',
    each(spans, (one) => one.serverMs),
    ofServer,
  );
  report(
    'scroll.frames',
    each(scrolls, (one) => one.framesPerSecond),
    'frames/s',
    { atLeast: 59 },
  );
  report(
    'scroll.frame.p95',
    each(scrolls, (one) => one.p95Ms),
    'ms',
  );
  report(
    'scroll.longest_frame',
    each(scrolls, (one) => one.longestMs),
    'ms',
  );
  report(
    'scroll.dropped',
    each(scrolls, (one) => one.dropped),
    'frames of 180',
  );
  report(
    'scroll.main_thread',
    each(scrolls, (one) => one.cpuMsPerFrame),
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
    p95Ms: quantile(frames, 0.95),
    longestMs: quantile(frames, 1),
    cpuMsPerFrame: (after.allMs - before.allMs) / frames.length,
  };
};

/** From the list of traces, the slowest first: as one gets to such a trace. The pointer comes to rest on it, as people's do. */
const openByClick = async (visit: Visit, url: string, traceId: string, spent: () => Promise<Spent>) => {
  const link = `a[href*="${traceId}"]`;
  await visit.open(`${url}/traces?order=slowest`, link);
  await sleep(1000);
  await visit.page.locator(link).first().hover();
  await sleep(300);
  return click(visit, row, spent);
};

/** Any row but the one that is open, none of whose neighbours was looked at: what it carries has to be asked for. */
const openSpan = async (visit: Visit, spent: () => Promise<Spent>) => {
  await sleep(1000);
  await visit.page.locator(row).nth(5).hover();
  await sleep(300);
  return click(visit, attribute, spent);
};

/** Where the pointer is. From when the button goes down until what `wanted` selects is on the screen. */
const click = async (visit: Visit, wanted: string, spent: () => Promise<Spent>) => {
  await visit.ask(`window.bench.watch(${JSON.stringify(wanted)})`);
  const before = await spent();
  await visit.page.mouse.down();
  await visit.page.mouse.up();
  await visit.ask('window.bench.shown');
  const after = await spent();
  const pressedMs = await visit.ask<number>('window.bench.pressedMs');
  return {
    shownMs: (await visit.seen()).shownMs! - pressedMs,
    pageMs: after.pageMs - before.pageMs,
    serverMs: after.serverMs - before.serverMs,
  };
};
