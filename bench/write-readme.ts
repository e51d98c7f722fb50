/**
 * Fills the tables of bench/README.md from results.jsonl and draws its plots: `node bench/write-readme.ts`. The words around
 * them are written by hand; a table stands between `<!-- figures: <bench> -->` and `<!-- end -->`, all plots between
 * `<!-- plots -->` and `<!-- end -->`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchOf, tableOf } from './figures.ts';
import { growthPlots } from './growth-plots.ts';
import { drawPlot } from './plot.ts';
import { type Result, readResults } from './results.ts';

const path = join(import.meta.dirname, 'README.md');

/** @throws Error when figures of a bench have no place */
export const fillTables = (readme: string, results: readonly Result[]): string => {
  const places = /<!-- figures: (\S+) -->\n[\s\S]*?<!-- end -->/g;
  const placed = new Set([...readme.matchAll(places)].map(([, bench]) => bench));
  const lost = results.map(({ name }) => benchOf(name)).find((bench) => !placed.has(bench));
  if (lost !== undefined) throw new Error(`bench/README.md has no place for ${lost}: write <!-- figures: ${lost} -->`);
  const plots = growthPlots(results).map(
    ({ title, file, words }) => `![${title}](plots/${file})\n\n${title}: ${words}.\n\n`,
  );
  return readme
    .replaceAll(
      places,
      (_, bench: string) => `<!-- figures: ${bench} -->\n\n${tableOf(bench, results)}\n\n<!-- end -->`,
    )
    .replace(/<!-- plots -->\n[\s\S]*?<!-- end -->/, `<!-- plots -->\n\n${plots.join('')}<!-- end -->`);
};

if (import.meta.main) {
  const results = readResults();
  writeFileSync(path, fillTables(readFileSync(path, 'utf8'), results));
  const directory = join(import.meta.dirname, 'plots');
  mkdirSync(directory, { recursive: true });
  for (const plot of growthPlots(results)) writeFileSync(join(directory, plot.file), drawPlot(plot));
}
