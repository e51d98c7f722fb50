/**
 * CPU time of one process of the product, thread by thread, from Linux's /proc: the only place that tells the engine's
 * threads from ours. Threads are named: the log's by us, the engine's by ClickHouse.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { cpuSecondsOf, processTree } from './process-tree.ts';

/** Parts of the program that have threads of their own, or a process: PostgreSQL. */
export type Part = 'main' | 'log' | 'clickhouse' | 'node' | 'postgres';
export type CpuByPart = Readonly<Record<Part, number>>;

const ticksPerSecond = 100;

/** CPU seconds since the process started. Threads that have ended are counted under `clickhouse`, which alone ends any. */
export const readThreadCpu = (pid: number): CpuByPart => {
  const seconds: Record<Part, number> = { main: 0, log: 0, clickhouse: 0, node: 0, postgres: 0 };
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      const { name, cpuSeconds } = parseStat(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8'));
      seconds[Number(thread) === pid ? 'main' : partOf(name)] += cpuSeconds;
    } catch {
      // It ended while we looked.
    }
  }
  const living = seconds.main + seconds.log + seconds.clickhouse + seconds.node;
  seconds.clickhouse += Math.max(0, cpuSecondsOf(pid) - living);
  for (const child of processTree(pid).slice(1)) seconds.postgres += cpuSecondsOf(child);
  return seconds;
};

const partOf = (name: string): Part => {
  if (name === 'log') return 'log';
  return /^(V8Worker|DelayedTask|SignalInspector|libuv-worker|node)/.test(name) ? 'node' : 'clickhouse';
};

/** proc(5): the name is in parentheses and may hold anything; utime and stime are fields 14 and 15. */
const parseStat = (stat: string): { name: string; cpuSeconds: number } => {
  const open = stat.indexOf('(');
  const close = stat.lastIndexOf(')');
  const fields = stat.slice(close + 2).split(' ');
  return {
    name: stat.slice(open + 1, close),
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
  };
};
