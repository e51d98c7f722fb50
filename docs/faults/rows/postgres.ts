/** A state store that goes away in the middle of a decision. */
import { setTimeout as sleep } from 'node:timers/promises';
import { privatePostgres } from '../private-postgres.ts';
import type { Row } from '../row.ts';
import type { World } from '../world.ts';

interface Server {
  pause(): Promise<void>;
  resume(): Promise<void>;
  kill(): Promise<void>;
  restart(): Promise<void>;
}

const serverOf = (world: World): Server => world.stores.postgres ?? privatePostgres(world.directory);

const restarted: Row = {
  name: 'PostgreSQL killed and restarted',
  modes: ['embedded', 'servers', 'distributed'],
  async run({ world, load, level, random }) {
    const server = serverOf(world);
    const rounds = { full: 20, bounded: 2, quick: 1 }[level.name];
    for (let round = 0; round < rounds; round++) {
      await server.kill();
      await sleep(random.between(0, 1_000));
      await load.acknowledges(1_000);
      await server.restart();
      await load.acknowledges(1_000);
      // And in order, while it is busy.
      await server.restart();
      await sleep(random.between(0, 1_000));
    }
    return `killed ${rounds} times, restarted in order as often`;
  },
};

const paused: Row = {
  name: 'PostgreSQL paused',
  modes: ['servers', 'embedded', 'distributed'],
  async run({ world, load, level }) {
    const server = serverOf(world);
    for (const pauseMs of [level.otherOutageMs / 2, level.otherOutageMs]) {
      await server.pause();
      const ended = sleep(pauseMs);
      await load.acknowledges(2_000);
      await ended;
      await server.resume();
      await load.acknowledges(1_000);
    }
    return `paused twice, for ${level.otherOutageMs / 1000} s at most`;
  },
};

export const rows: readonly Row[] = [restarted, paused];
