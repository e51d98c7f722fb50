/** Our record batches against the library's: each reads what the other wrote. */
import { randomBytes } from 'node:crypto';
import { createRecordsBatch, Reader, readRecordsBatch } from '@platformatic/kafka';
import { expect, test } from 'vitest';
import { decodeBatches, encodeBatch } from './kafka-records.ts';
import type { NewRecord } from './log.ts';

const origin = { producerId: 7n, epoch: 3, sequence: 41 };
const records: NewRecord[] = [
  { key: '', headers: {}, value: new Uint8Array() },
  { key: 'schlüssel', headers: { a: '', ü: 'ß' }, value: randomBytes(70_000) },
  { key: 'k', headers: { [`${'h'.repeat(200)}`]: 'v'.repeat(300) }, value: Buffer.from('text '.repeat(5000)) },
];

test('writes what the library reads, compressed and not', () => {
  const inZstd = { key: '', headers: {}, value: Buffer.concat([Buffer.from('28b52ffd', 'hex'), randomBytes(2000)]) };
  for (const [written, compression] of [
    [records, 4],
    [[inZstd, ...records], 0],
  ] as const) {
    const batch = readRecordsBatch(Reader.from(encodeBatch(written, origin)));
    expect(batch).toMatchObject({ attributes: compression, producerId: 7n, producerEpoch: 3, firstSequence: 41 });
    const read = batch.records.map(({ offsetDelta, key, value, headers }) => ({
      offsetDelta,
      key: key?.toString() ?? '',
      value: [...(value ?? [])],
      headers: Object.fromEntries(headers.map(([name, text]) => [name!.toString(), text!.toString()])),
    }));
    const given = written.map((record, offsetDelta) => ({ ...record, offsetDelta, value: [...record.value] }));
    expect(read).toEqual(given);
  }
});

test('reads what the library writes, with the time of each record', () => {
  const at = 1_700_000_000_000n;
  const messages = records.map(({ key, headers, value }, i) => ({
    topic: 't',
    key: Buffer.from(key),
    value: Buffer.from(value),
    headers: new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
    timestamp: at + BigInt(i * 2 ** 24),
  }));
  for (const compression of ['none', 'zstd', 'gzip', 'lz4', 'snappy'] as const) {
    const set = createRecordsBatch(messages, { compression, producerId: 1n, producerEpoch: 0 }).buffer;
    const [batch] = [...decodeBatches(set)];
    expect(batch!.nextOffset).toBe(3);
    expect(batch!.records.map((record) => ({ ...record, value: [...record.value] }))).toEqual(
      records.map((record, i) => ({
        ...record,
        value: [...record.value],
        offset: i,
        timestampMs: Number(at) + i * 2 ** 24,
      })),
    );
  }
});

test('stops before a batch that was cut off, and refuses one that was changed', () => {
  const set = Buffer.concat([encodeBatch(records, origin), encodeBatch(records, origin)]);
  expect([...decodeBatches(set.subarray(0, set.byteLength - 1))]).toHaveLength(1);
  set[set.byteLength - 1]! ^= 1;
  expect(() => [...decodeBatches(set)]).toThrow(/wrong checksum/);
});
