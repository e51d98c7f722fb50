/** Processes that come and go as planned. */
import type { Row } from '../row.ts';

const groupScaled: Row = {
  name: 'consumer group scaled 1 → 4 → 1',
  modes: ['distributed'],
  async run({ world, load, level }) {
    const rounds = level.name === 'full' ? 5 : 1;
    const [first] = world.withRole('processors');
    const others = [
      await world.add('processors'),
      await world.add('processors'),
      await world.add('processors'),
    ] as const;
    for (let round = 0; round < rounds; round++) {
      await Promise.all(others.map((part) => part.start()));
      await load.acknowledges(5_000);
      // One in order, one by force, one that only stops answering for a while, before it ends too.
      await others[0].stop();
      await others[1].kill();
      others[2].signal('SIGSTOP');
      await load.acknowledges(3_000);
      others[2].signal('SIGCONT');
      await load.acknowledges(1_000);
      await others[2].stop();
      await load.acknowledges(1_000);
    }
    if (!first!.isRunning) throw new Error('The one that was to stay has ended.');
    return `${rounds} times: three started, one stopped, one killed, one paused and stopped`;
  },
};

const rollingRestart: Row = {
  name: 'rolling restart of the whole with zero failed requests',
  modes: ['distributed'],
  balanced: true,
  // Long enough for it to notice that one is about to end, also on a machine that is busy.
  world: async () => ({ layout: { ingest: 2, processors: 2, api: 2 }, env: { SYNTRA_DRAIN_DELAY_SECONDS: '3' } }),
  async run({ world, load, level }) {
    const rounds = level.name === 'full' ? 5 : 1;
    for (let round = 0; round < rounds; round++) {
      for (const part of world.parts) {
        await part.stop();
        const how = await part.start();
        if (how !== 'ready') throw new Error(`${part.name} did not start again: ${JSON.stringify(how)}`);
        await load.acknowledges(500);
      }
    }
    const { retry, dropped, 'no answer': cut } = load.outcomes;
    if (retry + dropped + cut > 0) {
      throw new Error(`${retry + dropped + cut} requests of clients failed:\n${load.complaints.join('\n')}`);
    }
    return `${rounds * world.parts.length} processes restarted one at a time, 0 failed requests of ${load.outcomes.acknowledged}`;
  },
};

export const rows: readonly Row[] = [groupScaled, rollingRestart];
