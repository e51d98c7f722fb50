/** A disk that is soon full: a tmpfs over a directory. What is written to it costs memory. Needs root. */
import { execFile } from 'node:child_process';
import { appendFile, mkdir, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface SmallDisk {
  readonly directory: string;
  /** Leaves no byte free. */
  fill(): Promise<void>;
  /** Leaves about so many bytes free, if there are. */
  fillTo(freeBytes: number): Promise<void>;
  free(): Promise<void>;
  close(): Promise<void>;
}

const run = promisify(execFile);

/** @param directory made when missing; everybody may pass, as the server of the state store runs as another user */
export const openSmallDisk = async (directory: string, sizeMiB: number): Promise<SmallDisk> => {
  await mkdir(directory, { recursive: true });
  await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m,mode=0755`, 'syntra-fault', directory]);
  const ballast = join(directory, 'ballast');
  return {
    directory,
    async fill() {
      const file = await open(ballast, 'a');
      try {
        for (let size = 2 ** 20; size >= 4096; ) {
          try {
            const { bytesWritten } = await file.write(Buffer.alloc(size));
            if (bytesWritten < size) size /= 2;
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
            size /= 2;
          }
        }
      } finally {
        await file.close();
      }
    },
    async fillTo(freeBytes) {
      const { bavail, bsize } = await statfs(directory);
      await appendFile(ballast, Buffer.alloc(Math.max(0, bavail * bsize - freeBytes)));
    },
    free: () => rm(ballast, { force: true }),
    async close() {
      // Lazily: a process that is just ending may still have a file open.
      await run('umount', ['-l', directory]);
    },
  };
};
