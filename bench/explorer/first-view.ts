/** The first view of a page with an empty cache: what it loads, when something is to be seen, and when the data. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { startVisit } from './chromium.ts';
import { type Figure, median } from './figures.ts';

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
): Promise<Figure[]> => {
  const all: Awaited<ReturnType<typeof visitOnce>>[] = [];
  for (let i = 0; i < visits; i++) all.push(await visitOnce(browser, `${url}${path}`, shownWhen));
  const middle = (read: (one: (typeof all)[number]) => number): number => median(all.map(read));
  const figure = (what: string, value: number, unit: string, target?: Figure['target']): Figure => ({
    name: `first_view.${name}.${what}`,
    value,
    unit,
    ...(target && { target }),
  });
  return [
    figure('script', middle(({ loaded }) => loaded.bytes.script) / 1000, 'kB compressed', { atMost: 200 }),
    figure('style', middle(({ loaded }) => loaded.bytes.style) / 1000, 'kB compressed'),
    figure('font', middle(({ loaded }) => loaded.bytes.font) / 1000, 'kB'),
    figure('api', middle(({ loaded }) => loaded.bytes.api) / 1000, 'kB compressed'),
    figure(
      'requests',
      middle(({ loaded }) => loaded.requests),
      'requests',
    ),
    figure(
      'first_paint',
      middle(({ seen }) => seen.firstPaintMs ?? Number.NaN),
      'ms',
    ),
    figure(
      'largest_paint',
      middle(({ seen }) => seen.largestPaintMs ?? Number.NaN),
      'ms',
    ),
    figure(
      'data_shown',
      middle(({ seen }) => seen.shownMs ?? Number.NaN),
      'ms',
      { atMost: 1500 },
    ),
    figure(
      'main_thread',
      middle(({ cpu }) => cpu.allMs),
      'ms CPU until data shown',
    ),
    figure(
      'blocked',
      middle(({ seen }) => blockedMs(seen.longTasks)),
      'ms beyond 50 of long tasks',
    ),
    figure(
      'shift',
      middle(({ seen }) => seen.shift),
      'cumulative layout shift',
      { atMost: 0.1 },
    ),
  ];
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
