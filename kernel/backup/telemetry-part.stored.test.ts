/** Freezing, again and again: what goes wrong in one of fifteen does so at night. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { collectStops } from '../stops.ts';
import { openEmbeddedTelemetry } from '../telemetry/embedded.ts';
import { migrateTelemetry } from '../telemetry/migrate.ts';
import { openTelemetryPart } from './telemetry-part.ts';

test('every table is frozen, a hundred times in a row', async ({ onTestFinished }) => {
  const stops = collectStops();
  onTestFinished(stops.run);
  const dataDir = await mkdtemp(join(tmpdir(), 'syntra-freeze-'));
  stops.add(() => rm(dataDir, { recursive: true }));
  const telemetry = await openEmbeddedTelemetry({ directory: dataDir });
  stops.add(() => telemetry.close());
  await migrateTelemetry(telemetry);
  const [tables] = await telemetry.inspect<{ number: number }>(
    `SELECT toUInt32(count()) AS number FROM system.tables
     WHERE database = currentDatabase() AND engine LIKE '%MergeTree'`,
  );
  const part = openTelemetryPart(dataDir, telemetry);
  const frozen = new Set<number>();
  for (let i = 0; i < 100; i++) {
    await part.take();
    // Where the engine counts what it froze.
    frozen.add(Number(await readFile(join(dataDir, 'chdb/shadow/increment.txt'), 'utf8')));
    await part.close();
  }
  expect(tables!.number).toBeGreaterThan(10);
  expect([...frozen]).toEqual([tables!.number]);
});
