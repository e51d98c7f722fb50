/**
 * Fills the tables of bench/README.md from results.jsonl: `node bench/write-readme.ts`. The words around them are written
 * by hand; a table stands between `<!-- figures: <bench> -->` and `<!-- end -->`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchOf, tableOf } from './figures.ts';
import { type Result, readResults } from './results.ts';

const path = join(import.meta.dirname, 'README.md');

/** @throws Error when figures of a bench have no place */
export const fillTables = (readme: string, results: readonly Result[]): string => {
  const places = /<!-- figures: (\S+) -->\n[\s\S]*?<!-- end -->/g;
  const placed = new Set([...readme.matchAll(places)].map(([, bench]) => bench));
  const lost = results.map(({ name }) => benchOf(name)).find((bench) => !placed.has(bench));
  if (lost !== undefined) throw new Error(`bench/README.md has no place for ${lost}: write <!-- figures: ${lost} -->`);
  return readme.replaceAll(
    places,
    (_, bench: string) => `<!-- figures: ${bench} -->\n\n${tableOf(bench, results)}\n\n<!-- end -->`,
  );
};

if (import.meta.main) writeFileSync(path, fillTables(readFileSync(path, 'utf8'), readResults()));
