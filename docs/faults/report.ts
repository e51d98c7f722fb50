/** How the rows of a family become tests, and what they say when they are through. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { level } from './level.ts';
import { type Need, type Result, type Row, runRow } from './row.ts';
import type { Mode } from './world.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** Of a row, for the total at the end. */
    figures?: { readonly acknowledged: number; readonly missing: number; readonly double: number };
  }
}

/** One test for each mode that a row applies to. SYNTRA_FAULT_SEED repeats a run; otherwise every run has its own. */
export const testRows = (rows: readonly Row[]): void => {
  for (const row of rows) {
    for (const mode of modesOf(row)) {
      const needs = needsOf(row, mode);
      const lacking = level.name === 'quick' ? needs : needs.filter((need) => !isThere(need));
      // Where everything is meant to be there, a row that cannot be run is a failure.
      const skip = lacking.length > 0 && (level.name === 'quick' || process.env.CI === undefined);
      const because = level.name === 'quick' ? 'no part of the quick look: it needs' : 'needs';
      const why = skip ? ` (${because} ${lacking.map((need) => needed[need]).join(' and ')})` : '';
      test(`${row.name} · ${mode}${why}`, { timeout: timeoutMs }, async (context) => {
        context.skip(skip);
        expect(lacking.map((need) => needed[need])).toEqual([]);
        const result = await runRow(row, mode, chooseSeed(), level);
        const { acknowledged, missing, double } = result;
        context.task.meta.figures = { acknowledged, missing: missing.length, double: double.length };
        console.log(`${row.name} · ${mode} · ${tell(result)}`);
        expectNothingLost(result);
      });
    }
  }
};

/**
 * A quick look takes what npm has installed and nothing else, and sees each row once. The bounded form sees servers in
 * the distributed mode.
 */
const modesOf = (row: Row): readonly Mode[] => {
  const byNeeds = row.modes.toSorted((a, b) => needsOf(row, a).length - needsOf(row, b).length);
  if (level.name === 'quick') return byNeeds.slice(0, 1);
  return level.name === 'full' ? row.modes : row.modes.filter((mode) => mode !== 'servers');
};

const needsOf = (row: Row, mode: Mode): readonly Need[] => [
  ...(mode === 'distributed' ? (['java'] as const) : []),
  ...(row.needs ?? []),
];

/** The promise itself. */
export const expectNothingLost = ({ seed, acknowledged, missing, double, disagreements, outcomes }: Result): void => {
  const seen = { seed, missing: missing.slice(0, 20), double: double.slice(0, 20), disagreements };
  expect(seen).toEqual({ seed, missing: [], double: [], disagreements: [] });
  expect(acknowledged).toBeGreaterThan(1_000);
  expect(outcomes.dropped, 'answers that make a client drop its data').toBe(0);
};

export const tell = ({
  seed,
  acknowledged,
  missing,
  double,
  deeds,
  outcomes,
  unacknowledgedButStored,
}: Result): string =>
  `seed ${seed}: acknowledged ${acknowledged}, missing ${missing.length}, double ${double.length} ` +
  `(${deeds}; not acknowledged: ${outcomes.retry + outcomes['no answer']} requests; stored all the same: ${unacknowledgedButStored} records)`;

export const chooseSeed = (): number => Number(process.env.SYNTRA_FAULT_SEED ?? Math.floor(Math.random() * 1e6));

const timeoutMs = 60 * 60_000;

const needed: Readonly<Record<Need, string>> = {
  java: 'Java 17 and Maven, for a Kafka of its own',
  root: 'root on Linux, for network namespaces and small disks',
};

const isThere = (need: Need): boolean =>
  need === 'root'
    ? process.platform === 'linux' && process.getuid?.() === 0
    : ['java', 'mvn'].every((command) => spawnSync(command, ['-version']).status === 0);
