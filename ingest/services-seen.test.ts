import { expect, test } from 'vitest';
import type { NewRecord } from '../kernel/log/log.ts';
import { announceServicesTo } from './services-seen.ts';

const tenant = { org: 'org_a', project: 'prj_a', retentionDays: 1 };
const names = (records: readonly NewRecord[]): string[] =>
  records.map(({ value }) => JSON.parse(Buffer.from(value).toString()).service);

test('what could not be announced is announced with the next data', async () => {
  const appended: string[] = [];
  let isFull = true;
  const announce = announceServicesTo({
    append: async (_, records) => {
      if (isFull) throw new Error('full');
      appended.push(...names(records));
    },
  });
  await announce(tenant, ['shop', 'cart'], 1000);
  isFull = false;
  await announce(tenant, ['shop'], 2000);
  await announce(tenant, ['shop', 'cart'], 3000);
  expect(appended).toEqual(['shop', 'cart']);
});

test('remembers so many and no more: the one announced longest ago is announced again', async () => {
  const appended: string[] = [];
  const announce = announceServicesTo({ append: async (_, records) => void appended.push(...names(records)) });
  const services = Array.from({ length: 50_001 }, (_, i) => `service-${i}`);
  for (let at = 0; at < services.length; at += 1000) await announce(tenant, services.slice(at, at + 1000), 1000);
  expect(appended.length).toBe(50_001);
  await announce(tenant, ['service-1', 'service-0', 'service-50000'], 1000);
  expect(appended.slice(50_001)).toEqual(['service-0']);
});

test('the same name in another project is another service', async () => {
  const appended: NewRecord[] = [];
  const announce = announceServicesTo({ append: async (_, records) => void appended.push(...records) });
  await announce(tenant, ['shop'], 1000);
  await announce({ ...tenant, project: 'prj_b' }, ['shop'], 1000);
  await announce({ ...tenant, org: 'org_b' }, ['shop'], 1000);
  expect(appended.map(({ key }) => key)).toEqual(['prj_a', 'prj_b', 'prj_a']);
});
