/** What the kernel keeps of files in memory, which makes a second start read nothing from the disk. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

/** Lets the kernel forget it, of all files of the machine. @returns whether that is permitted here: to root, outside of most containers */
export const dropPageCache = (): boolean => {
  try {
    // What is not written yet cannot be dropped.
    execFileSync('sync');
    writeFileSync('/proc/sys/vm/drop_caches', '3\n');
    return true;
  } catch {
    return false;
  }
};
