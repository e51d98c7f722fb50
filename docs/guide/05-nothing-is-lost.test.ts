/**
 * # 5. Nothing is lost
 *
 * When Syntra has acknowledged a record, its sender forgets it. So from then on it must be stored: once, not twice,
 * whatever is killed, cut off or filled up meanwhile. This chapter shows how that is proved.
 *
 * Eight senders speak OTLP over HTTP and gRPC, in protobuf and JSON, and give every record a number. They keep the list
 * of the numbers that were acknowledged. While they send, harm is done to real processes and real stores. In the end the
 * tables are read past the product, and every number is looked up:
 *
 * - acknowledged and not there is **missing**,
 * - there more than once is **double**, acknowledged or not,
 * - and every view (trace summaries, RED figures, counts of log lines, facets, metric series) must say of the rows what
 *   the rows themselves say.
 *
 * A request that got no answer proves nothing about its records, so they are counted as not acknowledged, and what is
 * sent instead has new numbers. That is how a real exporter behaves, too: it sends again, and OTLP promises no more than
 * that. What Syntra adds is that one attempt is stored once at most.
 *
 *     npm run test:faults                all of it, with 50 kills of each role and minutes of outage; hours
 *     npm run test:faults -- --bounded   every row, for moments: what runs before every change is taken
 *     npm run test:faults -- --quick     one look at what needs nothing beyond npm, in two minutes
 *
 * Each run chooses its moments by chance and prints the seed; SYNTRA_FAULT_SEED=… has the same moments again.
 */
import { describe, expect, test } from 'vitest';
import { levels } from '../faults/level.ts';
import { expectNothingLost, tell } from '../faults/report.ts';
import { type Row, runRow } from '../faults/row.ts';
import { rows as backups } from '../faults/rows/backup.ts';
import { rows as clickhouse } from '../faults/rows/clickhouse.ts';
import { rows as kafka } from '../faults/rows/kafka.ts';
import { rows as kills } from '../faults/rows/kills.ts';
import { rows as machine } from '../faults/rows/machine.ts';
import { rows as network } from '../faults/rows/network.ts';
import { rows as poison } from '../faults/rows/poison.ts';
import { rows as postgres } from '../faults/rows/postgres.ts';
import { rows as scaling } from '../faults/rows/scaling.ts';
import { deciders, sinks } from '../faults/rows/steps.ts';

/** Any number is a seed; this one is nothing special. */
const seed = 20_261_120;

const prove = async (row: Row): Promise<void> => {
  const result = await runRow(row, 'embedded', seed, levels.quick);
  console.log(`${row.name}: ${tell(result)}`);
  expectNothingLost(result);
};

describe('One row in the open', () => {
  // The most dangerous moment there is: a sink has stored a batch, and has not said so yet. Whoever comes after it finds
  // the batch's extent noted on the log, reads exactly these records again, and sends them under the same token. The
  // store knows the token, and ignores them; so do all of its views.
  //
  // The program names its steps (`kernel/steps.ts`). The suite preloads a listener that sends SIGKILL at one of them, so
  // no part of the program knows that it is being tested.
  test('killed between storing a batch and saying so, three times over', async () => {
    const killedAfterStoring: Row = {
      name: 'kill -9 after "sink: rows stored"',
      modes: ['embedded'],
      async run({ world }) {
        const [syntra] = world.parts;
        for (const times of [1, 2, 3]) {
          await syntra!.kill();
          await syntra!.start({ SYNTRA_FAULT_KILL_AT: 'sink: rows stored', SYNTRA_FAULT_KILL_COUNT: String(times) });
          expect(await syntra!.exited).toEqual({ code: null, signal: 'SIGKILL' });
        }
        await syntra!.start();
        return 'killed at the 1st, the 2nd and the 3rd batch of a life';
      },
    };
    await prove(killedAfterStoring);
  });

  // Steps are where we know that it is dangerous. Chance finds where we did not know.
  test('killed at random moments, also while it starts', () => prove(kills[0]!));

  // A record that nobody can read becomes a dead letter, with the reason and its bytes. Those before and after it, in the
  // same batch, are stored as if it were not there.
  test('records that cannot be processed stop nobody', () => prove(poison[0]!));
});

/** Every row, and where it applies: `embedded` is one process, `distributed` a process or more for each role. */
const table = `
| what is done | embedded | distributed |
| --- | --- | --- |
| kill -9 of each role at random moments | yes | yes |
| kill -9 between every two steps of taking data in and storing it | yes | yes |
| kill -9 between every two steps of a decision | yes | yes |
| leader broker killed | | yes |
| two of three brokers killed and restored | | yes |
| broker paused | | yes |
| PostgreSQL killed and restarted | yes | yes |
| PostgreSQL paused | yes | yes |
| ClickHouse answering slowly, half-answering, answering 500 after it has stored | | yes |
| ClickHouse down at full load, then back | | yes |
| ClickHouse paused: connections open, no answer | | yes |
| network between senders and ingest cut | yes | yes |
| network between ingest and the log cut | | yes |
| network between one of two processors and all stores cut | | yes |
| disk full under the embedded log | yes | |
| disk full under chDB | yes | |
| clock stepped back an hour | yes | yes |
| consumer group scaled 1 → 4 → 1 | | yes |
| poison messages among the others | yes | yes |
| rolling restart of the whole with zero failed requests | | yes |
| data directory restored from a backup taken under load | yes | |
`;

describe('The table', () => {
  // It is this chapter's, and the suite's: neither has a row that the other has not.
  test('names every row there is', () => {
    const all = [
      kills,
      sinks,
      deciders,
      kafka,
      postgres,
      clickhouse,
      network,
      machine,
      scaling,
      poison,
      backups,
    ].flat();
    const lines = all.map(({ name, modes }) => {
      const cell = (mode: 'embedded' | 'distributed'): string => (modes.includes(mode) ? ' yes |' : ' |');
      return `| ${name} |${cell('embedded')}${cell('distributed')}`;
    });
    const told = table.trim().split('\n').slice(2);
    expect(told.toSorted()).toEqual(lines.toSorted());
  });
});
