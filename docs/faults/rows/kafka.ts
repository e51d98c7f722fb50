/** Brokers that die and brokers that do not answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '../row.ts';
import { until } from '../until.ts';

const threeBrokers = async () => ({ stores: { brokers: 3 as const } });

const leaderKilled: Row = {
  name: 'leader broker killed',
  modes: ['distributed'],
  world: threeBrokers,
  async run({ world, load, level, random }) {
    const kafka = world.stores.kafka!;
    const rounds = level.name === 'full' ? 5 : 1;
    // Each leads some of the partitions, coordinates some of the groups, and one leads the cluster.
    for (let round = 0; round < rounds; round++) {
      for (const index of [0, 1, 2]) {
        await sleep(random.between(0, 1_000));
        await kafka.broker(index).kill();
        await load.acknowledges(2_000);
        await kafka.broker(index).restart();
        await load.acknowledges(1_000);
      }
    }
    return `each of three brokers killed ${rounds} times`;
  },
};

const twoKilled: Row = {
  name: 'two of three brokers killed and restored',
  modes: ['distributed'],
  world: threeBrokers,
  timeoutMs: 5_000,
  async run({ world, load, level, random }) {
    const kafka = world.stores.kafka!;
    const rounds = level.name === 'full' ? 5 : 1;
    for (let round = 0; round < rounds; round++) {
      const survivor = random.integer(0, 3);
      const victims = [0, 1, 2].filter((index) => index !== survivor).map((index) => kafka.broker(index));
      const before = troubled(load.outcomes);
      await Promise.all(victims.map((broker) => broker.kill()));
      // One copy is not enough for a promise, so nothing is acknowledged.
      await until('requests are refused', () => troubled(load.outcomes) >= before + 5);
      await Promise.all(victims.map((broker) => broker.restart()));
      await load.acknowledges(2_000);
    }
    return `two brokers killed at once, ${rounds} times`;
  },
};

const brokerPaused: Row = {
  name: 'broker paused',
  modes: ['distributed'],
  world: threeBrokers,
  timeoutMs: 5_000,
  async run({ world, load, level, random }) {
    const broker = world.stores.kafka!.broker(random.integer(0, 3));
    broker.pause();
    const ended = sleep(level.brokerPauseMs);
    await load.acknowledges(2_000);
    await ended;
    broker.resume();
    return `for ${level.brokerPauseMs / 1000} s`;
  },
};

const troubled = (outcomes: { readonly retry: number; readonly 'no answer': number }): number =>
  outcomes.retry + outcomes['no answer'];

export const rows: readonly Row[] = [leaderKilled, twoKilled, brokerPaused];
