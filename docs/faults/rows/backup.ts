/** A data directory that is lost, and comes back from a backup that was taken while everything was busy. */
import { execFile } from 'node:child_process';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Row } from '../row.ts';

const main = join(import.meta.dirname, '../../../main.ts');
const syntra = (...args: string[]) => promisify(execFile)(process.execPath, [main, ...args], { timeout: 300_000 });

const restored: Row = {
  name: 'data directory restored from a backup taken under load',
  modes: ['embedded'],
  logBeginsAnew: true,
  async run({ world, load, level }) {
    const rounds = level.name === 'full' ? 5 : 1;
    const [part] = world.parts;
    for (let round = 0; round < rounds; round++) {
      const backup = `${world.directory}-backup-${round}`;
      const lost = `${world.directory}-lost-${round}`;
      try {
        // What was acknowledged before it began is in it.
        const goBack = load.remember();
        await syntra('backup', '--data-dir', world.directory, '--to', backup);
        await load.acknowledges(2_000);
        const resume = await load.pause();
        await part!.kill();
        await rename(world.directory, lost);
        await syntra('restore', '--from', backup, '--to', world.directory);
        goBack();
        await part!.start();
        resume();
        await load.acknowledges(2_000);
      } finally {
        await rm(backup, { recursive: true, force: true });
        await rm(lost, { recursive: true, force: true });
      }
    }
    return `backed up under load, lost and restored ${rounds} times`;
  },
};

export const rows: readonly Row[] = [restored];
