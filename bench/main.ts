/**
 * `npm run bench`: every bench, one after the other; hours. `-- --quick`: each for a moment, several at a time, to see that
 * they work; under three minutes. `-- ingest peers`: these alone, and what else is said is passed on. `-- --record` adds
 * the figures to results.jsonl and fills the tables of README.md. Fails when a bench does, which no time makes it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Bench, benches } from './list.ts';

const args = process.argv.slice(2);
const isQuick = args.includes('--quick');
const named = benches.filter(({ name }) => args.includes(name));
const passedOn = args.filter((arg) => !benches.some(({ name }) => name === arg));

const main = async (): Promise<void> => {
  const startedMs = performance.now();
  const wanted = named.length > 0 ? [...named] : [...benches];
  // The longest stand at the end: begun first, they are not waited for alone.
  if (isQuick) wanted.reverse();
  const failed: string[] = [];
  const work = async (): Promise<void> => {
    for (let bench = wanted.shift(); bench !== undefined; bench = wanted.shift()) {
      if (!(await runBench(bench))) failed.push(bench.name);
    }
  };
  // What is quick mostly waits; what counts has the machine to itself.
  await Promise.all(Array.from({ length: isQuick ? availableParallelism() + 1 : 1 }, work));
  if (args.includes('--record') && !(await call(['write-readme.ts']))) failed.push('README.md');
  const minutes = ((performance.now() - startedMs) / 60_000).toFixed(1);
  console.log(`\n${minutes} minutes, ${failed.length === 0 ? 'all of them work' : `failed: ${failed.join(', ')}`}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
};

/** @returns whether it worked, or could not be run here, which it says */
const runBench = async (bench: Bench): Promise<boolean> => {
  const missing = bench.prepare?.();
  if (missing !== undefined) {
    console.log(`\n${bench.name} is left out: ${missing}`);
    return true;
  }
  for (const [script, ...ownArgs] of callsOf(bench)) {
    if (!(await call([script, ...ownArgs, ...passedOn.filter((arg) => !ownArgs.includes(arg))]))) return false;
  }
  return true;
};

const callsOf = ({ calls, quickCalls }: Bench): Bench['calls'] => (isQuick ? (quickCalls ?? calls.slice(-1)) : calls);

const run = randomBytes(4).toString('hex');
const children = new Set<ChildProcess>();

const call = async ([script, ...scriptArgs]: readonly [string, ...string[]]): Promise<boolean> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, script), ...scriptArgs], {
    env: { ...process.env, BENCH_RUN: run },
    // Those that run at a time are heard one after the other.
    stdio: ['ignore', isQuick ? 'pipe' : 'inherit', isQuick ? 'pipe' : 'inherit'],
  });
  children.add(child);
  const printed: string[] = [`\n${script} ${scriptArgs.join(' ')}\n`];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => printed.push(text));
  }
  if (!isQuick) process.stdout.write(printed.splice(0).join(''));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  children.delete(child);
  process.stdout.write(printed.join(''));
  if (code !== 0) console.log(`${script} ended with ${signal ?? code}`);
  return code === 0;
};

// Those that were started end first, with what they have started.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    for (const child of children) child.kill(signal);
    process.exit(1);
  });
}

await main();
