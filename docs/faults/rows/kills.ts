/** Processes killed with SIGKILL at any moment. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '../row.ts';

const killAtRandom: Row = {
  name: 'kill -9 of each role at random moments',
  modes: ['embedded', 'distributed'],
  async run({ world, load, random, level }) {
    for (const part of world.parts) {
      for (let i = 0; i < level.kills; i++) {
        await sleep(random.between(0, 1_500));
        await part.kill();
        // Every other time it is killed once more while it starts.
        if (i % 2 === 1) {
          const starting = part.start();
          await sleep(random.between(0, 1_500));
          await part.kill();
          await starting;
        }
        const how = await part.start();
        if (how !== 'ready') throw new Error(`${part.name} did not start again: ${JSON.stringify(how)}`);
        if (part.roles.length === 0 || part.roles.includes('ingest')) await load.acknowledges(1);
      }
    }
    return `${level.kills} kills of each of ${world.parts.length} processes`;
  },
};

export const rows: readonly Row[] = [killAtRandom];
