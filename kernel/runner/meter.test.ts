import { DrizzleQueryError } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { LogRecord } from '../log/log.ts';
import type { Batch, Outcome } from '../processor.ts';
import { ownTenant } from '../tenants.ts';
import { otlpHeaders, spansTopic } from '../topics.ts';
import { countingMeter } from './meter.ts';

const measure = () => {
  const told: string[] = [];
  const processor = { kind: 'sink', name: 'store', reads: spansTopic } as const;
  return { told, meter: countingMeter(processor, (message) => told.push(message)) };
};
const record = (offset: number, project = 'p'): LogRecord => ({
  offset,
  timestampMs: 0,
  key: '',
  headers: { [otlpHeaders.project]: project },
  value: Buffer.from('12345'),
});
const batch = (...records: LogRecord[]): Batch => ({ token: 't', topic: 'otlp.spans', partition: 0, records });
const deadLetter = (offset: number, reason: string): Outcome => ({ kind: 'dead-letter', offset, reason });

test('tells of an outage once, and of the next one again although it looks the same', () => {
  const { told, meter } = measure();
  const away = new Error('the store is away');
  meter.failed(away);
  meter.failed(away);
  expect(told).toEqual(['store failed and will try again: the store is away']);
  meter.wrote(batch(), [], 1);
  meter.failed(away);
  expect(told).toHaveLength(2);
  const { failures, lastError, lastErrorAtMs } = meter.report();
  expect({ failures, lastError }).toEqual({ failures: 3, lastError: 'the store is away' });
  expect(Math.abs(lastErrorAtMs - Date.now())).toBeLessThan(60_000);
});

test('counts records, bytes, batches and what was not kept by reason', () => {
  const { meter } = measure();
  meter.wrote(batch(record(1), record(2), record(3)), [{ kind: 'dropped', offset: 2, reason: 'too old' }], 3);
  meter.wrote(batch(record(4)), [deadLetter(4, 'it is not protobuf: field 3 at byte 17')], 100_000);
  const report = meter.report();
  expect(report).toMatchObject({
    name: 'store',
    kind: 'sink',
    topics: ['otlp.spans'],
    kept: 2,
    dropped: { 'too old': 1 },
    deadLettered: { 'it is not protobuf': 1 },
    bytes: 20,
  });
  expect(report.batchRecords).toMatchObject({ sum: 4 });
  expect(report.batchRecords.counts.slice(0, 3)).toEqual([1, 0, 1]);
  expect(report.batchMs.counts.at(-1)).toBe(1);
});

test('keeps fifty reasons apart, and counts further ones together', () => {
  const { meter } = measure();
  const records = Array.from({ length: 60 }, (_, i) => record(i));
  meter.wrote(
    batch(...records),
    records.map(({ offset }) => deadLetter(offset, `reason ${offset}`)),
    1,
  );
  const { deadLettered } = meter.report();
  expect(Object.keys(deadLettered)).toHaveLength(51);
  expect(deadLettered.other).toBe(10);
});

test('what our own telemetry comes to is counted and not told, or the telling would be next', () => {
  const { told, meter } = measure();
  const records = [record(1, ownTenant.project), record(2), record(3)];
  meter.wrote(batch(...records), [deadLetter(1, 'bad')], 1);
  expect(told).toEqual([]);
  meter.wrote(batch(...records), [deadLetter(1, 'bad'), deadLetter(3, 'worse: much')], 1);
  expect(told).toEqual(['store set aside or dropped 1 of 3 records, the first because: worse: much']);
  expect(meter.report().deadLettered).toEqual({ bad: 2, worse: 1 });
});

test('of a query that failed it tells why, and nothing of what was in it', () => {
  const { told, meter } = measure();
  const cause = new Error('connect ECONNREFUSED 127.0.0.1:5432');
  meter.failed(new DrizzleQueryError('insert into outbox values ($1)', ['a customer’s bytes'], cause));
  expect(told).toEqual(['store failed and will try again: connect ECONNREFUSED 127.0.0.1:5432']);
  expect(meter.report().lastError).toBe('connect ECONNREFUSED 127.0.0.1:5432');
});

test('what the log deleted unread is counted, and told once for as long as it goes on', () => {
  const { told, meter } = measure();
  const sentence = (records: number) =>
    `store lost ${records} records of otlp.spans: the log had deleted them before they were read`;
  meter.lost('otlp.spans', 0);
  meter.wrote(batch(record(1)), [], 1);
  for (const records of [50, 20, 30]) {
    meter.lost('otlp.spans', records);
    meter.wrote(batch(record(1)), [], 1);
  }
  expect(told).toEqual([sentence(50)]);
  meter.wrote(batch(record(2)), [], 1);
  meter.lost('otlp.spans', 7);
  expect(told).toEqual([sentence(50), sentence(7)]);
  expect(meter.report()).toMatchObject({ kept: 5, dropped: { 'deleted before it was read': 107 } });
});

test('tells the beginning of a reason, however long it is', () => {
  const { told, meter } = measure();
  meter.wrote(batch(record(1)), [deadLetter(1, 'x'.repeat(10_000))], 1);
  expect(told[0]!.length).toBeLessThan(400);
});
