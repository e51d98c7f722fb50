/**
 * Lighthouse, by npx: 180 MB that nothing else needs. Twice a page: `desktop`, whose performance is the target, and
 * `mobile`, a slow phone on a slow line, simulated from the same load. Its simulation counts CPU as observed, so other
 * work of the machine lowers the score.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { chromiumFlags, chromiumPath } from './chromium.ts';
import { reportOf } from './figures.ts';
import type { PageUnderTest } from './first-view.ts';

const version = '13.5.0';
const categories = ['performance', 'accessibility', 'best-practices'] as const;
export type Preset = 'desktop' | 'mobile';

interface Report {
  readonly categories: Readonly<
    Record<
      string,
      { readonly score: number | null; readonly auditRefs: readonly { readonly id: string; readonly weight: number }[] }
    >
  >;
  readonly audits: Readonly<
    Record<string, { readonly title: string; readonly score: number | null; readonly displayValue?: string }>
  >;
}

/** @returns what cost points, a sentence each. @throws Error when it cannot be run */
export const judge = async (url: string, { name, path }: PageUnderTest, preset: Preset): Promise<string[]> => {
  const address = `${url}${path}`;
  // Where the machine is busy it sometimes misses the beginning of a page load.
  const { categories: scored, audits } = await run(address, preset).catch(() => run(address, preset));
  const report = reportOf(`lighthouse.${preset}.${name}`);
  for (const category of categories) {
    const isTarget = category === 'accessibility' || (category === 'performance' && preset === 'desktop');
    const points = Math.round((scored[category]?.score ?? 0) * 100);
    report(category.replace('-', '_'), points, 'of 100', isTarget ? { atLeast: 95 } : undefined);
  }
  return categories.flatMap((category) =>
    (scored[category]?.auditRefs ?? [])
      .filter(({ id, weight }) => weight > 0 && (audits[id]?.score ?? 1) < 0.9)
      .map(({ id }) => `${preset} ${name}: ${category}: ${audits[id]!.title} (${audits[id]!.displayValue ?? id})`),
  );
};

const run = async (address: string, preset: Preset): Promise<Report> => {
  const args = [
    '--yes',
    `lighthouse@${version}`,
    address,
    '--output=json',
    '--quiet',
    `--only-categories=${categories.join(',')}`,
    `--chrome-flags=${chromiumFlags.join(' ')}`,
    ...(preset === 'desktop' ? ['--preset=desktop'] : []),
  ];
  const child = spawn('npx', args, {
    env: { ...process.env, CHROME_PATH: chromiumPath, PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [printed, complaints, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  if (code !== 0) throw new Error(`Lighthouse ended with ${code}: ${complaints.slice(-2000)}`);
  return JSON.parse(printed) as Report;
};
