/** What a telemetry store can do to those who write into it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../../../kernel/telemetry/test-clickhouse-faults.ts';
import { residentBytes } from '../resident-bytes.ts';
import type { Row } from '../row.ts';
import { until } from '../until.ts';

const down: Row = {
  name: 'ClickHouse down at full load, then back',
  modes: ['servers', 'distributed'],
  async run({ world, load, level }) {
    const server = world.stores.clickhouse!;
    const before = memoryOf(world.parts);
    await server.kill();
    load.setRate(level.name === 'full' ? 8_000 : 5_000);
    const acknowledged = load.ledger.acknowledgedCount;
    const ended = sleep(level.clickhouseDownMs);
    await load.acknowledges(5_000);
    await ended;
    const taken = load.ledger.acknowledgedCount - acknowledged;
    const after = memoryOf(world.parts);
    // The log grows, and memory does not.
    if (after - before > 512) throw new Error(`Memory grew from ${before} to ${after} MiB while ClickHouse was down.`);
    await server.restart();
    load.setRate(3_000);
    return `down for ${level.clickhouseDownMs / 1000} s, ${taken} records taken meanwhile, memory ${before} → ${after} MiB`;
  },
};

const paused: Row = {
  name: 'ClickHouse paused: connections open, no answer',
  modes: ['servers', 'distributed'],
  async run({ world, load, level }) {
    world.stores.clickhouse!.pause();
    const ended = sleep(level.otherOutageMs);
    await load.acknowledges(5_000);
    await ended;
    world.stores.clickhouse!.resume();
    return `paused for ${level.otherOutageMs / 1000} s`;
  },
};

const misbehaviours: readonly Fault[] = [
  { mode: 'slow', delayMs: 2_000, only: 'inserts' },
  { mode: 'half-answer', only: 'inserts' },
  { mode: 'exception-in-answer', only: 'inserts' },
  { mode: 'fail-after-insert' },
  { mode: 'fail-before-insert' },
  { mode: 'cut-after-insert' },
];

const misbehaving: Row = {
  name: 'ClickHouse answering slowly, half-answering, answering 500 after it has stored',
  modes: ['servers', 'distributed'],
  async run({ world, load, level, random }) {
    const server = world.stores.clickhouse!;
    const rounds = level.name === 'full' ? 5 : 1;
    let met = 0;
    for (let round = 0; round < rounds; round++) {
      for (const fault of misbehaviours) {
        const times = random.integer(2, 5);
        await server.fault({ ...fault, times });
        await until(`${times} inserts meet "${fault.mode}"`, async () => (await server.faultsMet()) >= times);
        met += times;
      }
      await server.fault({ mode: 'none' });
      await load.acknowledges(1_000);
    }
    return `${met} inserts met ${misbehaviours.length} kinds of trouble`;
  },
};

const memoryOf = (parts: readonly { readonly pid: number }[]): number =>
  Math.round(parts.reduce((sum, { pid }) => sum + residentBytes(pid), 0) / 2 ** 20);

export const rows: readonly Row[] = [misbehaving, down, paused];
