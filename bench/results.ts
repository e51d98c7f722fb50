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
}

/** Each bench takes both: `--quick` shows within seconds that it works, and its figures are worth nothing. */
export const isQuick = process.argv.includes('--quick');
const isRecorded = process.argv.includes('--record');
if (isQuick && isRecorded) throw new Error('--quick figures are not worth recording: leave one of the two out.');

/** Of several values, the median is the figure. @throws Error when there is none, or one that is not a number */
export const report = ({ name, values, unit, target, measured = everything }: Figure): void => {
  const sorted = (typeof values === 'number' ? [values] : values).map(rounded).sort((a, b) => a - b);
  if (sorted.length === 0 || !sorted.every(Number.isFinite)) throw new Error(`${name} is ${String(values)}`);
  const value = medianOf(sorted);
  const spread = { min: sorted[0]!, max: sorted.at(-1)!, runs: sorted.length };
  const of = sorted.length === 1 ? '' : ` (${show(spread.min)} to ${show(spread.max)} in ${sorted.length} runs)`;
  const goal = target === undefined ? '' : `, target ${showTarget(target)}`;
  console.log(`${name.padEnd(36)} ${show(value).padStart(11)} ${unit}${of}${goal}`);
  if (!isRecorded) return;
  const commit = commitOf(measured);
  append({
    at: new Date().toISOString(),
    run,
    commit,
    machine,
    name,
    value,
    ...spread,
    unit,
    ...(target && { target }),
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

const git = (...args: string[]): string =>
  execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();

/** What runs was loaded when the bench began: whatever is committed later is not in its figures. */
const head = isRecorded ? git('rev-parse', '--short', 'HEAD') : '';

/** The commit, marked when what is measured differs from it. */
const commitOf = (measured: readonly string[]): string => {
  const paths = [...measured.map((path) => `:/${path}`), ':!/bench/results.jsonl', ':!/bench/README.md'];
  return head + (git('status', '--porcelain', '--', ...paths) === '' ? '' : '-dirty');
};
