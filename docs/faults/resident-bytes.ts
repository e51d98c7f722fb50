/** How much memory a process has, from Linux's /proc; 0 where there is none. */
import { readFileSync } from 'node:fs';

export const residentBytes = (pid: number): number => {
  try {
    const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kibibytes ?? 0) * 1024;
  } catch {
    return 0;
  }
};
