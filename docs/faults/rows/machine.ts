/** What machines do to programs: clocks that are set, disks that are full. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isReady } from '../part.ts';
import type { Row } from '../row.ts';
import { openSmallDisk, type SmallDisk } from '../small-disk.ts';
import { until } from '../until.ts';

const hourMs = 3_600_000;

const clockSteppedBack: Row = {
  name: 'clock stepped back an hour',
  modes: ['embedded', 'distributed'],
  world: async () => ({ env: { SYNTRA_FAULT_CLOCK_STEP_MS: String(-hourMs) } }),
  async run({ world, load }) {
    for (const part of world.parts) part.signal('SIGUSR2');
    await load.acknowledges(5_000);
    const broker = world.stores.kafka?.broker(0);
    if (broker !== undefined) {
      // Whatever waits for an answer now measures how long with a clock that has gone back.
      broker.pause();
      const before = unanswered(load.outcomes);
      await until('requests are refused', () => unanswered(load.outcomes) >= before + 5);
      broker.resume();
      for (const part of world.parts) await until(`${part.name} is ready again`, () => isReady(part.url));
      await load.acknowledges(2_000);
    }
    // Started again it has the true time, and so the clock steps forward too.
    for (const part of world.parts) {
      await part.kill();
      await part.start();
    }
    await load.acknowledges(2_000);
    return 'the clock of every process back by an hour, then forward';
  },
  async look(inspect) {
    const [row] = await inspect<{ seconds: number }>(
      'SELECT toUInt32(dateDiff(second, min(received_at), max(received_at))) AS seconds FROM spans',
    );
    if (row!.seconds < 3_500) throw new Error(`The clock did not step: all came within ${row!.seconds} s.`);
  },
};

const unanswered = (outcomes: { readonly retry: number; readonly 'no answer': number }): number =>
  outcomes.retry + outcomes['no answer'];

/** Disks by the directory of the installation that they are for. */
const disks = new Map<string, SmallDisk>();

/** An installation that has a small disk under one of its directories. */
const onSmallDisk = (below: string, sizeMiB: number) => async () => {
  const directory = await mkdtemp(join(tmpdir(), 'syntra-fault-disk-'));
  const disk = await openSmallDisk(join(directory, below), sizeMiB);
  disks.set(directory, disk);
  return {
    directory,
    onClose: async () => {
      disks.delete(directory);
      await disk.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
};

const logDiskFull: Row = {
  name: 'disk full under the embedded log',
  modes: ['embedded'],
  needs: ['root'],
  world: onSmallDisk('.', 384),
  async run({ world, load, level }) {
    const disk = disks.get(world.directory)!;
    const rounds = level.name === 'full' ? 10 : 2;
    for (let round = 0; round < rounds; round++) {
      await disk.fill();
      const refused = load.outcomes.retry;
      await until('requests are refused', () => load.outcomes.retry >= refused + 50);
      // Every other time the process dies of something else before there is room again.
      if (round % 2 === 1) await world.parts[0]!.kill();
      await disk.free();
      await world.startAll();
      await load.acknowledges(2_000);
    }
    return `full ${rounds} times`;
  },
};

const telemetryDiskFull: Row = {
  name: 'disk full under chDB',
  modes: ['embedded'],
  needs: ['root'],
  world: onSmallDisk('chdb', 256),
  async run({ world, load, level }) {
    const disk = disks.get(world.directory)!;
    const rounds = level.name === 'full' ? 10 : 2;
    for (let round = 0; round < rounds; round++) {
      await disk.fill();
      // The log is on another disk: what is sent is taken, and waits.
      await load.acknowledges(5_000);
      await until('what was taken waits', async () => (await backlogOf(world)) > 0);
      if (round % 2 === 1) await world.parts[0]!.kill();
      await disk.free();
      await world.startAll();
      await load.acknowledges(2_000);
    }
    return `full ${rounds} times`;
  },
};

const backlogOf = async (world: { ask<Answer>(path: string): Promise<Answer> }): Promise<number> =>
  (await world.ask<{ backlog: number }>('/projects/prj_default/ingest')).backlog;

export const rows: readonly Row[] = [clockSteppedBack, logDiskFull, telemetryDiskFull];
