import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { openEmbeddedLog } from '../kernel/log/embedded.ts';
import { runDecider } from '../kernel/runner/decider.ts';
import { countingMeter } from '../kernel/runner/meter.ts';
import { openDatabase } from '../kernel/state/database.ts';
import { startEmbeddedPostgres } from '../kernel/state/embedded.ts';
import { openProjects } from '../kernel/state/projects.ts';
import { servicesSeenTopic } from '../kernel/topics.ts';
import { registerServices } from './register-services.ts';

test('services that ingest saw are found by the API, with the same colours after a restart', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'syntra-register-'));
  const postgres = await startEmbeddedPostgres({ dataDir: directory });
  const database = await openDatabase(postgres.connection);
  const log = await openEmbeddedLog({ directory });
  const meter = countingMeter(registerServices, () => {});
  const tenant = { org: 'org_a', project: 'prj_a' };
  const see = (...services: string[]) =>
    log.append(
      servicesSeenTopic.name,
      services.map((service) => ({
        key: tenant.project,
        headers: {},
        value: Buffer.from(JSON.stringify({ ...tenant, service, atMs: 1_700_000_000_000 })),
      })),
    );
  const runUntil = async (records: number): Promise<void> => {
    const stop = await runDecider({ decider: registerServices, log, database, meter });
    await vi.waitFor(() => expect(meter.report().batchRecords.sum).toBe(records), 20_000);
    await stop();
  };
  try {
    const projects = openProjects(database.queries, undefined);
    await see('checkout', 'cart', 'zero \0 byte');
    await runUntil(3);
    const before = await projects.services(tenant);
    expect(before.map(({ service }) => service)).toEqual(['cart', 'checkout']);
    await see('payment', 'checkout');
    await runUntil(5);
    const after = await projects.services(tenant);
    expect(after.filter(({ service }) => service !== 'payment')).toEqual(before);
    expect(new Set(after.map(({ slot }) => slot)).size).toBe(3);
    const { serviceId } = after.find(({ service }) => service === 'payment')!;
    expect(await projects.ofService(serviceId)).toEqual({ tenant, service: 'payment' });
    expect(meter.report()).toMatchObject({
      kept: 4,
      dropped: { 'the service name has a zero byte in it': 1 },
      deadLettered: {},
      failures: 0,
    });
  } finally {
    await database.close();
    await log.close();
    await postgres.stop();
    await rm(directory, { recursive: true });
  }
});
