/** What README.md claims is what was recorded. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { growthPlots } from './growth-plots.ts';
import { drawPlot, kneeOf } from './plot.ts';
import { type Result, readResults } from './results.ts';
import { fillTables } from './write-readme.ts';

const machine = { cpus: 2, memoryGiB: 24, node: 'v24.21.0' };
const result = (fields: Partial<Result>): Result => ({
  at: '2026-11-21T10:00:00.000Z',
  commit: 'aaaaaaa',
  machine,
  name: 'ingest.spans',
  value: 1,
  unit: 'spans/s',
  ...fields,
});
const readme = 'Words.\n<!-- figures: ingest -->\n<!-- end -->\nMore words.\n';

test('its tables are those of results.jsonl: node bench/write-readme.ts', () => {
  const written = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
  expect(written).toBe(fillTables(written, readResults()));
  expect(written).toContain('| `ingest.');
});

test('figures of the newest commit count, the median of their runs with the whole spread', () => {
  const filled = fillTables(readme, [
    result({ value: 7, commit: 'older' }),
    result({ value: 90_000, min: 85_000, max: 99_000, runs: 3 }),
    result({ value: 110_000, min: 104_000, max: 120_000, runs: 3, target: { atLeast: 100_000 } }),
    result({ name: 'ingest.cpu', value: 25, unit: 's', target: { atMost: 20 } }),
  ]);
  expect(filled).toContain('Commit aaaaaaa, 2026-11-21, 2 cores, 24 GiB, Node v24.21.0.');
  expect(filled).toContain('| `ingest.spans` | 100,000 | 85,000 to 120,000, 6 runs | spans/s | at least 100,000 ✓ |');
  expect(filled).toContain('| `ingest.cpu` | 25 |  | s | at most 20 ✗ |');
  expect(filled).not.toContain('| 7 |');
  expect(fillTables(filled, [])).toContain('*Not recorded yet.*');
});

test('a run whose tree was changed meanwhile is shown as a whole, and marked', () => {
  const filled = fillTables(readme, [
    result({ run: 'first', value: 7 }),
    result({ run: 'second', value: 100_000 }),
    result({ run: 'second', name: 'ingest.lost', value: 0, unit: 'records' }),
    result({ run: 'second', name: 'ingest.cpu', value: 25, unit: 's', commit: 'aaaaaaa-dirty', note: 'cut off' }),
  ]);
  expect(filled).toContain('Commit aaaaaaa-dirty, ');
  expect(filled).toContain('| `ingest.spans` | 100,000 |');
  expect(filled).toContain('| `ingest.lost` | 0 |');
  expect(filled).toContain('| `ingest.cpu` | 25 |  | s; cut off |  |');
});

test('no figure is left out for want of a place', () => {
  expect(() => fillTables(readme, [result({ name: 'queries.trace.p95' })])).toThrow('<!-- figures: queries -->');
});

test('growth is drawn, and the knee is named', () => {
  const memory = { 10: 400, 100: 410, 1000: 420, 10000: 900 };
  const results = Object.entries(memory).map(([services, value]) =>
    result({ name: `growth.services.${services}.memory`, value, unit: 'MB' }),
  );
  const filled = fillTables('<!-- plots -->\n<!-- end -->\n<!-- figures: growth -->\n<!-- end -->', results);
  expect(filled).toContain('![Memory by services](plots/growth-services.svg)');
  expect(filled).toContain('Memory by services: the knee is at 1,000 services (420).');
  const [plot] = growthPlots(results);
  const svg = drawPlot(plot!);
  expect(svg.match(/<circle cx="[\d.]+" cy="[\d.]+" r="3"/g)).toHaveLength(4);
  expect(svg).not.toContain('NaN');
  expect(kneeOf([1, 2, 4].map((x) => ({ x, y: Math.log(x) })))).toBeUndefined();
});
