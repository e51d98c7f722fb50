/** The Logs page while many lines a second arrive: does it show them all, does it answer the keyboard, does it grow. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { startVisit, type Visit } from './chromium.ts';
import { quantile, reportOf } from './figures.ts';
import { type LiveLines, startLiveLines } from './live-lines.ts';

export const linesPerSecond = 2000;

const list = '[role="grid"]';
const line = '[role="row"][data-id]';
const text = `${line} .text`;
const warmUpMs = 4000;
const everyMs = 250;
/** At the end of each visit, so many seconds of lines are counted one by one: the list keeps the last 2.5. */
const countedSeconds = 2.2;

/** @param seconds of each visit, warm-up and counting aside */
export const measureLiveTail = async (
  browser: Browser,
  url: string,
  otlpHttpUrl: string,
  seconds: number,
  visits: number,
): Promise<void> => {
  const all: Awaited<ReturnType<typeof follow>>[] = [];
  for (let i = 0; i < visits; i++) all.push(await visitOnce(browser, url, otlpHttpUrl, seconds));
  const each = (read: (one: (typeof all)[number]) => number): number[] => all.map(read);
  const report = reportOf('live_tail');
  report(
    'sent',
    each(({ sent }) => sent),
    'lines/s',
  );
  report(
    'shown',
    each(({ shown }) => shown),
    'lines/s in the list',
    { atLeast: linesPerSecond * 0.98 },
  );
  report(
    'behind',
    each(({ behindMs }) => behindMs),
    'ms that the newest line shown is old, p95',
    { atMost: 2000 },
  );
  report(
    'longest_frame',
    each(({ longestFrameMs }) => longestFrameMs),
    'ms without a frame',
    { atMost: 200 },
  );
  report(
    'longest_block',
    each(({ longestTaskMs }) => longestTaskMs),
    'ms, longest task',
    { atMost: 200 },
  );
  report(
    'key',
    each(({ keyMs }) => keyMs),
    'ms from key to frame, p95',
    { atMost: 200 },
  );
  report(
    'main_thread',
    each(({ cpuMs }) => cpuMs),
    'ms CPU a second',
    { atMost: 500 },
  );
  report(
    'heap',
    each(({ heapBytes }) => heapBytes / 2 ** 20),
    'MiB after collection',
  );
  report(
    'heap_growth',
    each(({ heapGrowthBytes }) => heapGrowthBytes / 2 ** 20),
    'MiB',
    { atMost: 20 },
  );
};

const visitOnce = async (browser: Browser, url: string, otlpHttpUrl: string, seconds: number) => {
  const visit = await startVisit(browser);
  const sending = startLiveLines(otlpHttpUrl, linesPerSecond);
  try {
    await visit.open(`${url}/logs`, line);
    await sleep(warmUpMs);
    return await follow(visit, sending, seconds);
  } finally {
    await sending.stop().finally(() => visit.close());
  }
};

interface Watched {
  /** Numbers of the first line, each from when it was there: in milliseconds since 1970. */
  readonly tops: readonly { readonly number: number; readonly ms: number }[];
  readonly longestFrameMs: number;
}

const follow = async (visit: Visit, sending: LiveLines, seconds: number) => {
  const heapBefore = await heapAfterGc(visit);
  const [cpuBefore, sentBefore] = [await visit.cpu(), sending.sent];
  const startedMs = await visit.ask<number>('performance.now()');
  await visit.ask(`window.bench.watchTop(${JSON.stringify(text)})`);
  for (let i = 0; i * everyMs < seconds * 1000; i++) {
    // The list of keys opens and closes: a keystroke that draws.
    await visit.page.keyboard.press(i % 2 === 0 ? '?' : 'Escape');
    await sleep(everyMs);
  }
  const [cpu, seen] = [await visit.cpu(), await visit.seen()];
  const passedMs = (await visit.ask<number>('performance.now()')) - startedMs;
  const sent = sending.sent - sentBefore;
  const watched = await visit.ask<Watched>('(window.bench.watched.stop(), window.bench.watched)');
  const shown = await countShown(visit, watched);
  const heap = await heapAfterGc(visit);
  const perSecond = (count: number): number => (count / passedMs) * 1000;
  return {
    sent: perSecond(sent),
    shown,
    behindMs: quantile(agesOf(watched, sending), 0.95),
    longestFrameMs: watched.longestFrameMs,
    longestTaskMs: quantile(
      seen.longTasks.filter((task) => task.startMs >= startedMs).map(({ ms }) => ms),
      1,
    ),
    keyMs: Math.max(
      16,
      quantile(
        seen.inputs.filter(({ name }) => name === 'keydown').map(({ ms }) => ms),
        0.95,
      ),
    ),
    cpuMs: perSecond(cpu.allMs - cpuBefore.allMs),
    heapBytes: heap,
    heapGrowthBytes: heap - heapBefore,
  };
};

/**
 * Lines that came into the list in its last seconds, a second: scrolled through and counted by their numbers. Scrolling lets
 * what comes after wait, so the list stands still.
 * @throws Error when the list has not moved since
 */
const countShown = async (visit: Visit, { tops }: Watched): Promise<number> => {
  const last = tops.at(-1);
  const first = tops.find(({ ms }) => last !== undefined && ms >= last.ms - countedSeconds * 1000);
  if (last === undefined || first === undefined || first === last) throw new Error('The live tail shows nothing new.');
  const range = [list, text].map((selector) => JSON.stringify(selector)).join(', ');
  const numbers = await visit.ask<number[]>(`window.bench.numbersDownTo(${range}, ${first.number})`);
  const came = numbers.filter((number) => number > first.number && number <= last.number).length;
  return (came / (last.ms - first.ms)) * 1000;
};

/** How old each first line was when another took its place: it is oldest then. */
const agesOf = ({ tops }: Watched, sending: LiveLines): number[] =>
  tops.slice(1).map(({ ms }, i) => ms - sending.dueMs(tops[i]!.number));

const heapAfterGc = async (visit: Visit): Promise<number> => {
  await visit.devtools.send('HeapProfiler.collectGarbage');
  return (await visit.cpu()).heapBytes;
};
