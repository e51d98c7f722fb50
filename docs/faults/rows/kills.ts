/** Processes killed with SIGKILL: at any moment, and between every two steps of a batch. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Step } from '../../../kernel/steps.ts';
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
        await part.start();
        if (part.roles.length === 0 || part.roles.includes('ingest')) await load.acknowledges(1);
      }
    }
    return `${level.kills} kills of each of ${world.parts.length} processes`;
  },
};

const steps: readonly Step[] = [
  'ingest: request read',
  'ingest: appended',
  'log: records written',
  'log: committed',
  'sink: batch read',
  'sink: extent noted',
  'sink: rows sent',
  'sink: rows stored',
  'sink: dead letters appended',
  'sink: place moved',
  'decider: batch read',
  'decider: place moved',
  'decider: states saved',
  'decider: outbox saved',
  'decider: committed',
  'decider: outbox appended',
  'decider: outbox emptied',
  'decider: place noted',
];

const killAtSteps: Row = {
  name: 'kill -9 between every two steps of a batch',
  modes: ['embedded', 'distributed'],
  async run({ world, level }) {
    // Kafka takes the steps of its log itself.
    const taken = steps.filter((step) => world.mode !== 'distributed' || !step.startsWith('log:'));
    let kills = 0;
    for (const count of level.timesOfStep) {
      for (const step of taken) {
        const part = world.withRole(step.startsWith('ingest:') ? 'ingest' : 'processors')[0]!;
        await part.kill();
        // The one that died at the last step may have been another.
        for (const other of world.parts) if (other !== part && !other.isRunning) await other.start();
        await part.start({ SYNTRA_FAULT_KILL_AT: step, SYNTRA_FAULT_KILL_COUNT: String(count) });
        const late = new Promise<never>((_, reject) =>
          setTimeout(() => reject(new Error(`"${step}" was not taken ${count} times within a minute`)), 60_000).unref(),
        );
        const { signal } = await Promise.race([part.exited, late]);
        if (signal !== 'SIGKILL') throw new Error(`At "${step}" it ended by itself, with ${signal}.`);
        kills++;
      }
    }
    await world.startAll();
    return `${kills} kills at ${taken.length} steps`;
  },
};

export const rows: readonly Row[] = [killAtRandom, killAtSteps];
