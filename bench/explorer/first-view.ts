/** The first view of a page with an empty cache: what it loads, when something is to be seen, and when the data. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { type Loaded, startVisit } from './chromium.ts';
import { reportOf } from './figures.ts';

export interface PageUnderTest {
  /** As in the names of the figures. */
  readonly name: string;
  readonly path: string;
  /** What is there as soon as the data is. */
  readonly shownWhen: string;
}

/** What comes after the data, an icon say, still belongs to the first view. */
const settleMs = 1000;
const longTaskMs = 50;

export const measureFirstView = async (
  browser: Browser,
  url: string,
  { name, path, shownWhen }: PageUnderTest,
  visits: number,
): Promise<void> => {
  const all: Awaited<ReturnType<typeof visitOnce>>[] = [];
  for (let i = 0; i < visits; i++) all.push(await visitOnce(browser, `${url}${path}`, shownWhen));
  const each = (read: (one: (typeof all)[number]) => number | null): number[] =>
    all.map((one) => read(one) ?? Number.NaN);
  const kilobytes = (kind: keyof Loaded['bytes']): number[] => each(({ loaded }) => loaded.bytes[kind] / 1000);
  const report = reportOf(`first_view.${name}`);
  report('script', kilobytes('script'), 'kB compressed', { atMost: 200 });
  report('style', kilobytes('style'), 'kB compressed, besides what is in the page');
  report('font', kilobytes('font'), 'kB');
  report('api', kilobytes('api'), 'kB compressed');
  report(
    'requests',
    each(({ loaded }) => loaded.requests),
    'requests',
  );
  report(
    'first_paint',
    each(({ seen }) => seen.firstPaintMs),
    'ms',
  );
  report(
    'largest_paint',
    each(({ seen }) => seen.largestPaintMs),
    'ms',
  );
  report(
    'data_shown',
    each(({ seen }) => seen.shownMs),
    'ms',
    { atMost: 1500 },
  );
  report(
    'main_thread',
    each(({ cpu }) => cpu.allMs),
    'ms of CPU until data is shown',
  );
  report(
    'blocked',
    each(({ seen }) => blockedMs(seen.longTasks)),
    'ms, what tasks took beyond 50',
  );
  report(
    'shift',
    each(({ seen }) => seen.shift),
    'cumulative layout shift',
    { atMost: 0.1 },
  );
};

const visitOnce = async (browser: Browser, url: string, shownWhen: string) => {
  const visit = await startVisit(browser);
  try {
    await visit.open(url, shownWhen);
    const cpu = await visit.cpu();
    await sleep(settleMs);
    return { cpu, seen: await visit.seen(), loaded: await visit.loaded() };
  } finally {
    await visit.close();
  }
};

const blockedMs = (tasks: readonly { readonly ms: number }[]): number =>
  tasks.reduce((sum, { ms }) => sum + Math.max(0, ms - longTaskMs), 0);
