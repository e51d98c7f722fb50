/**
 * What a bench has to say: `report` prints a figure and, when the bench was called with `--record`, adds it to
 * results.jsonl, with the commit and the machine it is true of. README.md's tables are made of these lines.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';

export interface Figure {
  /** `<bench>.<what>`: the first part is the bench that measured it. */
  readonly name: string;
  /** One, or one for each run: then their median counts, and the least and the most are kept. */
  readonly values: number | readonly number[];
  readonly unit: string;
  readonly target?: Target;
  /** What has to be known with the figure, in a few words: it is printed, recorded and shown with it. */
  readonly note?: string | undefined;
  /** What the figure depends on, as paths from the root. Default: everything that runs. */
  readonly measured?: readonly string[];
}

export type Target = { readonly atLeast: number } | { readonly atMost: number };

/** A line of results.jsonl. */
export interface Result {
  readonly at: string;
  /** Of one call: `npm run bench` gives all that it starts the same. */
  readonly run?: string;
  readonly commit: string;
  readonly machine: { readonly cpus: number; readonly memoryGiB: number; readonly node: string };
  readonly name: string;
  readonly value: number;
  readonly min?: number;
  readonly max?: number;
  readonly runs?: number;
  readonly unit: string;
  readonly target?: Target;
  readonly note?: string;
}

/** Each bench takes both: `--quick` shows within seconds that it works, and its figures are worth nothing. */
export const isQuick = process.argv.includes('--quick');
const isRecorded = process.argv.includes('--record');
if (isQuick && isRecorded) throw new Error('--quick figures are not worth recording: leave one of the two out.');

/** Of several values, the median is the figure. @throws Error when there is none, or one that is not a number */
export const report = ({ name, values, unit, target, note, measured = everything }: Figure): void => {
  const sorted = (typeof values === 'number' ? [values] : values).map(rounded).sort((a, b) => a - b);
  if (sorted.length === 0 || !sorted.every(Number.isFinite)) throw new Error(`${name} is ${String(values)}`);
  const value = medianOf(sorted);
  const spread = { min: sorted[0]!, max: sorted.at(-1)!, runs: sorted.length };
  const of = sorted.length === 1 ? '' : ` (${show(spread.min)} to ${show(spread.max)} in ${sorted.length} runs)`;
  const goal = target === undefined ? '' : `, target ${showTarget(target)}`;
  const remark = note === undefined ? '' : `; ${note}`;
  console.log(`${name.padEnd(36)} ${show(value).padStart(11)} ${unit}${of}${goal}${remark}`);
  if (!isRecorded) return;
  append({
    at: new Date().toISOString(),
    run,
    commit: commitOf(measured),
    machine,
    name,
    value,
    ...spread,
    unit,
    ...(target && { target }),
    ...(note !== undefined && { note }),
  });
};

/** All that was ever recorded, oldest first. */
export const readResults = (): Result[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Result);

/** Of numbers in order; of an even number of them, the mean of the middle two. */
export const medianOf = (sorted: readonly number[]): number =>
  rounded((sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2);

export const show = (value: number): string => value.toLocaleString('en', { maximumSignificantDigits: 6 });

export const showTarget = (target: Target): string =>
  'atLeast' in target ? `at least ${show(target.atLeast)}` : `at most ${show(target.atMost)}`;

const append = (result: Result): void => appendFileSync(file, `${JSON.stringify(result)}\n`);

/** Whole above a thousand, three digits that mean something below. */
const rounded = (value: number): number => (Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3)));

const file = join(import.meta.dirname, 'results.jsonl');
const run = process.env.BENCH_RUN ?? randomBytes(4).toString('hex');
const machine = {
  cpus: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
};
const everything = [
  'kernel',
  'ingest',
  'processors',
  'api',
  'ui/src',
  'bench',
  'docs/shop',
  'main.ts',
  'syntra.ts',
  'package-lock.json',
];

/** What recording itself writes. */
const made = [':!/bench/results.jsonl', ':!/bench/README.md', ':!/bench/plots'];

const git = (...args: string[]): string =>
  execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trimEnd();

/** What runs was loaded when the bench began: whatever is committed or changed later is not in its figures. */
const head = isRecorded ? git('rev-parse', '--short', 'HEAD') : '';
/** From the root. A line has two letters and a space before the path. */
const changed = isRecorded
  ? git('status', '--porcelain', '--no-renames', '--untracked-files=all', '--', ':/', ...made)
      .split('\n')
      .map((line) => line.slice(3))
  : [];

/** The commit, marked when what is measured differed from it. */
const commitOf = (measured: readonly string[]): string =>
  head +
  (changed.some((path) => measured.some((each) => path === each || path.startsWith(`${each}/`))) ? '-dirty' : '');
