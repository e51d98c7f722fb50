/**
 * Which of the recorded figures are true now: for each bench, those of the newest commit at which it was recorded. A run
 * belongs to one commit as a whole, so that none of its figures is missing when the tree is changed meanwhile.
 */
import { medianOf, type Result, show, showTarget, type Target } from './results.ts';

/** A figure over all of its runs at one commit. */
export interface Standing {
  readonly name: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
  readonly unit: string;
  readonly target: Target | undefined;
  /** What was noted with any of them. */
  readonly notes: readonly string[];
}

/** @returns a Markdown table, or a sentence when this bench has not been recorded */
export const tableOf = (bench: string, results: readonly Result[]): string => {
  const newest = newestOf(bench, results);
  if (newest === undefined) return '*Not recorded yet.*';
  const { commit, lines } = newest;
  const last = lines.at(-1)!;
  const { cpus, memoryGiB, node } = last.machine;
  const rows = standingsOf(lines).map(
    ({ name, value, min, max, runs, unit, target, notes }) =>
      `| \`${name}\` | ${show(value)} | ${runs === 1 ? '' : `${show(min)} to ${show(max)}, ${runs} runs`} | ${[unit, ...notes].join('; ')} | ${goal(value, target)} |`,
  );
  return [
    `Commit ${commit}, ${last.at.slice(0, 10)}, ${cpus} cores, ${memoryGiB} GiB, Node ${node}.`,
    '',
    '| figure | median | spread | unit | target |',
    '| --- | ---: | --- | --- | --- |',
    ...rows,
  ].join('\n');
};

export const benchOf = (name: string): string => name.split('.')[0]!;

/** What a table shows: the figures of a bench at the newest commit at which it was recorded. */
export const currentOf = (bench: string, results: readonly Result[]): Standing[] =>
  standingsOf(newestOf(bench, results)?.lines ?? []);

/** The lines of all runs at the newest commit. */
const newestOf = (
  bench: string,
  results: readonly Result[],
): { readonly commit: string; readonly lines: readonly Result[] } | undefined => {
  const own = results.filter(({ name }) => benchOf(name) === bench);
  // Lines from before runs had names.
  const runs = [...Map.groupBy(own, ({ run, commit }) => run ?? commit).values()];
  const newest = runs.find((lines) => lines.includes(own.at(-1)!));
  if (newest === undefined) return undefined;
  const commit = commitOf(newest);
  return { commit, lines: runs.filter((lines) => commitOf(lines) === commit).flat() };
};

/** The newest of a run's, marked when any of its figures is of something else. */
const commitOf = (run: readonly Result[]): string => {
  const newest = run.at(-1)!.commit.replace(dirty, '');
  return run.every(({ commit }) => commit === newest) ? newest : newest + dirty;
};

const dirty = '-dirty';

const standingsOf = (current: readonly Result[]): Standing[] =>
  [...Map.groupBy(current, ({ name }) => name)].map(([name, lines]) => {
    const { unit, target } = lines.at(-1)!;
    return {
      name,
      value: medianOf(lines.map(({ value }) => value).sort((a, b) => a - b)),
      min: Math.min(...lines.map(({ min, value }) => min ?? value)),
      max: Math.max(...lines.map(({ max, value }) => max ?? value)),
      runs: lines.reduce((sum, { runs = 1 }) => sum + runs, 0),
      unit,
      target,
      notes: [...new Set(lines.flatMap(({ note }) => note ?? []))],
    };
  });

const goal = (value: number, target: Target | undefined): string => {
  if (target === undefined) return '';
  const isMet = 'atLeast' in target ? value >= target.atLeast : value <= target.atMost;
  return `${showTarget(target)} ${isMet ? '✓' : '✗'}`;
};
