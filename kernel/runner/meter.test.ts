import { expect, test } from 'vitest';
import { countingMeter } from './meter.ts';

const batch = { token: 't', topic: 'otlp.spans', partition: 0, records: [] };

test('tells of an outage once, and of the next one again although it looks the same', () => {
  const reports: string[] = [];
  const { meter, figures } = countingMeter('store', (message) => reports.push(message));
  const away = new Error('the store is away');
  meter.failed(away);
  meter.failed(away);
  expect(reports).toEqual(['store failed and will try again: the store is away']);
  meter.wrote(batch, [], 1);
  meter.failed(away);
  expect(reports).toHaveLength(2);
  expect(figures).toMatchObject({ failures: 3, lastError: 'the store is away' });
});
