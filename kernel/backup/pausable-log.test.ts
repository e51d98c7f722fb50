import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEmbeddedLog } from '../log/embedded.ts';
import type { Log, PartitionReader } from '../log/log.ts';
import { logsTopic } from '../topics.ts';
import { pausable } from './pausable-log.ts';

let directory: string;
let log: Log;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-pausable-'));
  log = await openEmbeddedLog({ directory });
});
afterEach(async () => {
  await log.close();
  await rm(directory, { recursive: true });
});

const topic = logsTopic.name;
const append = (text: string) => log.append(topic, [{ key: '', headers: {}, value: Buffer.from(text) }]);

/** Takes one record after the other; `work` is what it does with each. */
const reader = (work: (text: string) => Promise<void>) => async (partition: PartitionReader) => {
  while (!partition.signal.aborted) {
    const { offset } = await partition.committed();
    await partition.waitFor(offset, 1000);
    if (partition.signal.aborted) return;
    const [record] = await partition.read(offset, { maxRecords: 1, maxBytes: 1e6 });
    if (!record) continue;
    await work(Buffer.from(record.value).toString());
    await partition.commit(offset + 1, '');
  }
};

test('a pause waits for the batch in hand, none begins in it, and then it goes on where it was', async () => {
  const processors = pausable(log);
  const done: string[] = [];
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
  const leave = await processors.log.join(
    'g',
    [topic],
    reader(async (text) => {
      if (text === 'slow') await mayEnd;
      done.push(text);
    }),
  );
  await append('slow');
  await expect.poll(async () => (await log.lagOf('g', [topic]))[0]!.lag).toBe(1);
  const pausing = processors.pause(10_000);
  await append('later');
  end();
  const resume = await pausing;
  expect(done).toEqual(['slow']);
  expect(await processors.unreadFrom()).toEqual({ [topic]: 2 });
  await resume();
  await expect.poll(() => done).toEqual(['slow', 'later']);
  await leave();
});

test('a batch that takes too long ends the pause, and work goes on', async () => {
  const processors = pausable(log);
  const done: string[] = [];
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
  const { promise: began, resolve: begin } = Promise.withResolvers<void>();
  const leave = await processors.log.join(
    'g',
    [topic],
    reader(async (text) => {
      begin();
      await mayEnd;
      done.push(text);
    }),
  );
  await append('a');
  await began;
  await expect(processors.pause(1)).rejects.toThrow(/took more than/);
  end();
  await append('b');
  await expect.poll(() => done).toEqual(['a', 'b']);
  await leave();
});

test('who leaves in a pause does not come back, and who joins in one begins after it', async () => {
  const processors = pausable(log);
  const done: string[] = [];
  const leave = await processors.log.join(
    'g',
    [topic],
    reader(async (text) => void done.push(`g ${text}`)),
  );
  const resume = await processors.pause(10_000);
  await leave();
  const joining = processors.log.join(
    'h',
    [topic],
    reader(async (text) => void done.push(`h ${text}`)),
  );
  await append('a');
  await resume();
  const leaveSecond = await joining;
  await expect.poll(() => done).toEqual(['h a']);
  await leaveSecond();
});
