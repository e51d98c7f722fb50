/** Which of the recorded figures are true now: for each bench, those of the newest commit at which it was recorded. */
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
}

/** @returns a Markdown table, or a sentence when this bench has not been recorded */
export const tableOf = (bench: string, results: readonly Result[]): string => {
  const last = results.findLast(({ name }) => benchOf(name) === bench);
  if (last === undefined) return '*Not recorded yet.*';
  const { cpus, memoryGiB, node } = last.machine;
  const rows = currentOf(bench, results).map(
    ({ name, value, min, max, runs, unit, target }) =>
      `| \`${name}\` | ${show(value)} | ${runs === 1 ? '' : `${show(min)} to ${show(max)}, ${runs} runs`} | ${unit} | ${goal(value, target)} |`,
  );
  return [
    `Commit ${last.commit}, ${last.at.slice(0, 10)}, ${cpus} cores, ${memoryGiB} GiB, Node ${node}.`,
    '',
    '| figure | median | spread | unit | target |',
    '| --- | ---: | --- | --- | --- |',
    ...rows,
  ].join('\n');
};

export const benchOf = (name: string): string => name.split('.')[0]!;

/** What a table shows: the figures of a bench at the newest commit at which it was recorded. */
export const currentOf = (bench: string, results: readonly Result[]): Standing[] => {
  const own = results.filter(({ name }) => benchOf(name) === bench);
  const current = own.filter(({ commit }) => commit === own.at(-1)?.commit);
  return [...Map.groupBy(current, ({ name }) => name)].map(([name, lines]) => {
    const { unit, target } = lines.at(-1)!;
    return {
      name,
      value: medianOf(lines.map(({ value }) => value).sort((a, b) => a - b)),
      min: Math.min(...lines.map(({ min, value }) => min ?? value)),
      max: Math.max(...lines.map(({ max, value }) => max ?? value)),
      runs: lines.reduce((sum, { runs = 1 }) => sum + runs, 0),
      unit,
      target,
    };
  });
};

const goal = (value: number, target: Target | undefined): string => {
  if (target === undefined) return '';
  const isMet = 'atLeast' in target ? value >= target.atLeast : value <= target.atMost;
  return `${showTarget(target)} ${isMet ? '✓' : '✗'}`;
};
