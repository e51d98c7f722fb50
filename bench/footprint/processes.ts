/** A process and all that it has started, as Linux's /proc knows them: CPU by process and kind of thread, and memory. */
import { readdirSync, readFileSync } from 'node:fs';
import { processTree } from '../process-tree.ts';

export interface ProcessFigures {
  readonly pid: number;
  readonly name: string;
  /** Of it and of children that have ended. */
  readonly cpuSeconds: number;
  /** By kind of thread, of those that live. */
  readonly threads: Readonly<Record<string, number>>;
  /** RSS: a page that several processes share counts in each of them. */
  readonly residentBytes: number;
  /** PSS: each page divided by the number of processes that map it. */
  readonly sharedOutBytes: number;
  /** What is no part of a file. */
  readonly ownBytes: number;
}

/** `root` first. Those that end meanwhile are left out. */
export const readProcesses = (root: number): readonly ProcessFigures[] =>
  processTree(root).flatMap((pid) => figuresOf(pid) ?? []);

/** CPU seconds between two looks: Syntra's own by kind of thread, PostgreSQL's as one. */
export const cpuSince = (
  before: readonly ProcessFigures[],
  after: readonly ProcessFigures[],
): Record<string, number> => {
  const [from, to] = [cpuOf(before), cpuOf(after)];
  return Object.fromEntries(Object.entries(to).map(([group, of]) => [group, Math.max(0, of - (from[group] ?? 0))]));
};

const cpuOf = ([syntra, ...postgres]: readonly ProcessFigures[]): Record<string, number> => {
  const { threads, cpuSeconds } = syntra!;
  const living = Object.values(threads).reduce((sum, of) => sum + of, 0);
  return {
    ...threads,
    // Threads that have ended are the engine's, which alone ends any.
    engine: (threads.engine ?? 0) + Math.max(0, cpuSeconds - living),
    postgres: postgres.reduce((sum, process) => sum + process.cpuSeconds, 0),
  };
};

export const residentBytes = (processes: readonly ProcessFigures[]): number =>
  processes.reduce((sum, process) => sum + process.residentBytes, 0);

export const sharedOutBytes = (processes: readonly ProcessFigures[]): number =>
  processes.reduce((sum, process) => sum + process.sharedOutBytes, 0);

const ticksPerSecond = 100;

const figuresOf = (pid: number): ProcessFigures | undefined => {
  const stat = tryRead(`/proc/${pid}/stat`);
  const memory = tryRead(`/proc/${pid}/smaps_rollup`);
  if (stat === undefined || memory === undefined) return undefined;
  // proc(5): utime, stime, cutime and cstime are fields 14 to 17.
  const ticks = fieldsOf(stat)
    .slice(11, 15)
    .reduce((sum, field) => sum + Number(field), 0);
  const bytesOf = (key: string): number =>
    Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(memory)?.[1] ?? 0) * 1024;
  return {
    pid,
    name: tryRead(`/proc/${pid}/comm`)?.trim() ?? '',
    cpuSeconds: ticks / ticksPerSecond,
    threads: threadsOf(pid),
    residentBytes: bytesOf('Rss'),
    sharedOutBytes: bytesOf('Pss'),
    ownBytes: bytesOf('Anonymous'),
  };
};

/** By the first number of schedstat, nanoseconds on a CPU: ticks are too coarse for what sleeps most of the time. */
const threadsOf = (pid: number): Record<string, number> => {
  const seconds: Record<string, number> = {};
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const name = tryRead(`/proc/${pid}/task/${thread}/comm`)?.trim();
    const spent = tryRead(`/proc/${pid}/task/${thread}/schedstat`);
    if (name === undefined || spent === undefined) continue;
    const kind = Number(thread) === pid ? 'main' : kindOf(name);
    seconds[kind] = (seconds[kind] ?? 0) + Number(spent.split(' ', 1)[0]) / 1e9;
  }
  return seconds;
};

const kindOf = (name: string): string => {
  if (name === 'log') return 'log';
  return /^(V8Worker|DelayedTask|SignalInspector|libuv-worker|MainThread|node)/.test(name) ? 'node' : 'engine';
};

/** From the third on: the second is a name in parentheses, which may hold anything. */
const fieldsOf = (stat: string): string[] => stat.slice(stat.lastIndexOf(')') + 2).split(' ');

/** What has ended meanwhile is nothing. */
const tryRead = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};
