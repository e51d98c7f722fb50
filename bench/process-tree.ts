/** Memory and CPU of a process together with those that it started, from Linux's /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** The process itself first. Those that end meanwhile are left out. */
export const processTree = (pid: number): readonly number[] => {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = statOf(Number(name))?.parent;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const tree = [pid];
  for (let i = 0; i < tree.length; i++) tree.push(...(children.get(tree[i]!) ?? []));
  return tree;
};

/** Of all its threads, ended ones included, since it started. 0 when it is gone. */
export const cpuSecondsOf = (pid: number): number => statOf(pid)?.cpuSeconds ?? 0;

/** 0 when it is gone. */
export const residentBytesOf = (pid: number): number => {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
};

export const treeCpuSeconds = (pid: number): number => sum(processTree(pid).map(cpuSecondsOf));
export const treeResidentBytes = (pid: number): number => sum(processTree(pid).map(residentBytesOf));

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** proc(5): the name is in parentheses and may hold anything; after it, the parent is the second field, utime and stime the twelfth and thirteenth. */
const statOf = (pid: number): { parent: number; cpuSeconds: number } | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond };
  } catch {
    return undefined;
  }
};

const ticksPerSecond = 100;
