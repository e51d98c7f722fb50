/** What a process has cost so far, of all its threads, from Linux's /proc. */
import { readFileSync } from 'node:fs';

const ticksPerSecond = 100;

/** User and system time: proc(5), fields 14 and 15. */
export const readCpuSeconds = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
};

/** The most that was ever resident, in MiB. */
export const readPeakMemoryMib = (pid: number): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
