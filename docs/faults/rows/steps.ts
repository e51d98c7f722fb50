/** Processes killed with SIGKILL where a crash is most dangerous: between every two steps of a batch. */
import type { Step } from '../../../kernel/steps.ts';
import type { Row } from '../row.ts';

const ofSinks: readonly Step[] = [
  'ingest: request read',
  'ingest: appended',
  'log: records written',
  'log: committed',
  'sink: batch read',
  'sink: extent noted',
  'sink: rows sent',
  'sink: rows inserted',
  'sink: rows stored',
  'sink: dead letters appended',
  'sink: place moved',
];

const ofDeciders: readonly Step[] = [
  'decider: batch read',
  'decider: place moved',
  'decider: states saved',
  'decider: outbox saved',
  'decider: committed',
  'decider: outbox appended',
  'decider: outbox emptied',
  'decider: place noted',
];

const killAt = (whose: string, steps: readonly Step[]): Row => ({
  name: `kill -9 between every two steps ${whose}`,
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
});

export const sinks: readonly Row[] = [killAt('of taking data in and storing it', ofSinks)];
export const deciders: readonly Row[] = [killAt('of a decision', ofDeciders)];
