/**
 * The disk of the embedded tables becomes full in the middle of inserts, again and again, and the rows come again until
 * they are taken: tables and views hold each once.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openEmbeddedTelemetry } from '../../kernel/telemetry/embedded.ts';
import { migrateTelemetry } from '../../kernel/telemetry/migrate.ts';
import { blockOf } from '../../kernel/telemetry/test-block.ts';
import { level } from './level.ts';
import { type Random, randomOf } from './random.ts';
import { chooseSeed } from './report.ts';
import { openSmallDisk } from './small-disk.ts';

const types = {
  org: 'String',
  project: 'String',
  received_at: 'DateTime64(3)',
  start_time: 'DateTime64(3)',
  retention_days: 'UInt16',
  service: 'String',
  name: 'String',
  kind: 'String',
} as const;

const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
const rounds = level.name === 'full' ? 300 : 40;

test('rows inserted while the disk becomes full are there once', { timeout: 60 * 60_000 }, async ({ skip }) => {
  skip(!isRoot || level.name === 'quick');
  const seed = chooseSeed();
  const random = randomOf(seed);
  const directory = await mkdtemp(join(tmpdir(), 'syntra-full-disk-'));
  const disk = await openSmallDisk(join(directory, 'chdb'), 256);
  const said: string[] = [];
  const telemetry = await openEmbeddedTelemetry({ directory, report: (sentence) => said.push(sentence) });
  let failures = 0;
  try {
    await migrateTelemetry(telemetry);
    let sent = 0;
    const send = async (spans: ReturnType<typeof spansOf>, token: string, onFailure: () => Promise<void>) => {
      for (;;) {
        try {
          await telemetry.insert({ table: 'spans', ...spans, token });
          sent += spans.rowCount;
          return;
        } catch {
          failures++;
          await onFailure();
        }
      }
    };
    for (let round = 0; round < rounds; round++) {
      await disk.fillTo(24 * 2 ** 20);
      const fullForMs = random.between(1_100, 1_500);
      const freed = sleep(random.between(0, 90))
        .then(() => disk.fill())
        .then(() => sleep(fullForMs))
        .then(() => disk.free());
      await send(spansOf(random), `round ${round}`, () => sleep(100));
      await freed;
      await send(spansOf(random), `after round ${round}`, () => sleep(100));
      expect(await telemetry.inspect(countsSql), `seed ${seed}, round ${round}\n${said.join('\n')}`).toEqual([
        { spans: sent, traces: sent, red: sent, rollups: sent, services: sent },
      ]);
    }
  } finally {
    await telemetry.close();
    await disk.close();
    await rm(directory, { recursive: true });
  }
  console.log(`seed ${seed}: ${rounds} rounds, ${failures} inserts failed, and the engine said ${said.length} things`);
  expect(failures).toBeGreaterThan(rounds / 10);
});

const spansOf = (random: Random) => {
  const nowMs = Date.now();
  return blockOf(
    types,
    Array.from({ length: random.integer(50, 3_000) }, () => [
      'o',
      'p',
      nowMs,
      nowMs - random.integer(0, 3_600_000),
      30,
      `service${random.integer(0, 10)}`,
      `operation${random.integer(0, 100)}`,
      'server',
    ]),
  );
};

const countsSql = `SELECT (SELECT count() FROM spans) AS spans, (SELECT sum(span_count) FROM traces) AS traces,
  (SELECT sum(calls) FROM red) AS red, (SELECT sum(calls) FROM red_rollups WHERE grain_minutes = 60) AS rollups,
  (SELECT sum(calls) FROM red_services WHERE grain_minutes = 60) AS services`;
