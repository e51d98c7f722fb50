/** A ClickHouse server that dies in the middle of an insert has stored some of its tables and not the others. */
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { migrateTelemetry } from './migrate.ts';
import { openTelemetryServer } from './server.ts';
import { blockOf, spanTypes } from './test-block.ts';
import { startClickHouse } from './test-clickhouse.ts';

const rowsPerBatch = 5_000;

/** A table and four that views fill, two of them from a view's. Each must hold every row once. */
const counts = [
  'SELECT count() AS n FROM spans',
  'SELECT sum(span_count) AS n FROM traces',
  'SELECT sum(calls) AS n FROM red',
  'SELECT sum(calls) AS n FROM red_services WHERE grain_minutes = 60',
  'SELECT sum(calls) AS n FROM red_rollups WHERE grain_minutes = 60',
];

test('a batch whose insert was killed is completed by the next one, in every table', async () => {
  const server = await startClickHouse();
  const config = { url: server.url, username: 'default', password: '', database: 'killed' };
  const telemetry = await openTelemetryServer(config);
  await migrateTelemetry(telemetry);
  const kills = 20;
  const delaysMs: number[] = [];
  let interrupted = 0;
  for (let i = 0; i < kills; i++) {
    const spans = Array.from({ length: rowsPerBatch }, () => ['org', 'prj', Date.now(), 30, `service-${i}`]);
    const insert = { table: 'spans', ...blockOf(spanTypes, spans), token: `batch ${i}` };
    const going = telemetry.insert(insert).then(
      () => true,
      () => false,
    );
    delaysMs.push(randomInt(700));
    await sleep(delaysMs.at(-1));
    await server.kill();
    if (!(await going)) interrupted++;
    await server.restart();
    await telemetry.insert(insert);
    await telemetry.insert(insert);
  }
  for (const sql of counts) {
    const [found] = await telemetry.inspect<{ n: string | number }>(sql);
    expect(Number(found!.n), `${sql}, killed after ${delaysMs.join(', ')} ms`).toBe(kills * rowsPerBatch);
  }
  expect(interrupted, `killed after ${delaysMs.join(', ')} ms`).toBeGreaterThan(0);
  await telemetry.close();
  await server.stop();
});
