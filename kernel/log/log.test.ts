/**
 * The embedded log keeps what every log promises, and what it alone does: it compacts when it is told to, where Kafka's
 * broker does so in its own time, and it never deletes by age what has not been read, where Kafka does.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ingestKeysTopic, spansTopic } from '../topics.ts';
import { openEmbeddedLog } from './embedded.ts';
import type { Log, LogRecord, NewRecord, PartitionReader } from './log.ts';
import { describeLog } from './test-log-contract.ts';

const createPlace = (): Promise<string> => mkdtemp(join(tmpdir(), 'syntra-log-'));
const removePlace = (directory: string): Promise<void> => rm(directory, { recursive: true });

describeLog({
  name: 'embedded',
  createPlace,
  open: (directory, topics) => openEmbeddedLog({ directory, topics }),
  forget: (log, _place, topic) => log.retain(Date.now() + topic.retentionHours * 3_600_000 + 60_000),
  removePlace,
});

let directory: string;
let log: Log;
beforeEach(async () => {
  directory = await createPlace();
  log = await openEmbeddedLog({ directory });
});
afterEach(async () => {
  await log.close();
  await removePlace(directory);
});

const record = (text: string, key = ''): NewRecord => ({ key, headers: {}, value: Buffer.from(text) });
const textOf = (r: LogRecord): string => Buffer.from(r.value).toString();
const everything = { maxRecords: 10_000, maxBytes: 1e9 };

test('compacts: the newest record of each key stays, however old', async () => {
  for (const [key, text] of [
    ['a', '1'],
    ['b', '1'],
    ['a', '2'],
    ['a', '3'],
  ] as const) {
    await log.append(ingestKeysTopic.name, [record(text, key)]);
  }
  await log.retain(Date.now() + 1e12);
  const tail = await log.tail(ingestKeysTopic.name, 0, 'start');
  expect((await tail.next(everything)).map((r) => r.key + textOf(r))).toEqual(['b1', 'a3']);
});

test('never deletes by age what a joined group has still to read', async () => {
  const { endOffset: first } = await log.extentOf(spansTopic.name, 0);
  await log.append(spansTopic.name, [record('read'), record('unread')]);
  const { promise, resolve } = Promise.withResolvers<PartitionReader>();
  await log.join('g', [spansTopic.name], async (partition) => resolve(partition));
  const partition = await promise;
  await partition.commit(first + 1, '');
  await log.retain(Date.now() + spansTopic.retentionHours * 3_600_000 + 60_000);
  const { offset } = await partition.committed();
  expect((await partition.read(offset, everything)).map(textOf)).toEqual(['unread']);
});
