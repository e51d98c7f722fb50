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

test('one that takes too long keeps nobody else from work, and the next pause waits for it, too', async () => {
  const processors = pausable(log);
  const done: string[] = [];
  const began = Promise.withResolvers<void>();
  const mayEnd = Promise.withResolvers<void>();
  const leaveSlow = await processors.log.join(
    'slow',
    [topic],
    reader(async (text) => {
      began.resolve();
      await mayEnd.promise;
      done.push(`slow ${text}`);
    }),
  );
  const leaveQuick = await processors.log.join(
    'quick',
    [topic],
    reader(async (text) => void done.push(`quick ${text}`)),
  );
  await append('a');
  await began.promise;
  await expect(processors.pause(1)).rejects.toThrow(/took more than/);
  await append('b');
  await expect.poll(() => done).toEqual(['quick a', 'quick b']);

  const pausing = processors.pause(10_000);
  mayEnd.resolve();
  const resume = await pausing;
  const atRest = [...done];
  expect(atRest).toEqual(expect.arrayContaining(['slow a', 'quick b']));
  const seen: string[] = [];
  const leaveOther = await log.join(
    'other',
    [topic],
    reader(async (text) => void seen.push(text)),
  );
  await append('c');
  await expect.poll(() => seen).toEqual(['a', 'b', 'c']);
  expect(done).toEqual(atRest);
  await resume();
  await expect.poll(() => done).toEqual(expect.arrayContaining(['slow c', 'quick c']));
  expect(done.toSorted()).toEqual(['quick a', 'quick b', 'quick c', 'slow a', 'slow b', 'slow c']);
  await Promise.all([leaveSlow(), leaveQuick(), leaveOther()]);
});

test('a pause that is called off ends at once, and work goes on', async () => {
  const processors = pausable(log);
  const done: string[] = [];
  const began = Promise.withResolvers<void>();
  const mayEnd = Promise.withResolvers<void>();
  const leave = await processors.log.join(
    'g',
    [topic],
    reader(async (text) => {
      began.resolve();
      await mayEnd.promise;
      done.push(text);
    }),
  );
  await append('a');
  await began.promise;
  const calling = new AbortController();
  const pausing = processors.pause(3_600_000, calling.signal);
  calling.abort(new Error('No more of it.'));
  await expect(pausing).rejects.toThrow('No more of it.');
  mayEnd.resolve();
  await append('b');
  await expect.poll(() => done).toEqual(['a', 'b']);
  await leave();
});

test('who is told to leave has left when its batch is at its end, also in a pause', async () => {
  const processors = pausable(log);
  const done: string[] = [];
  const began = Promise.withResolvers<void>();
  const mayEnd = Promise.withResolvers<void>();
  const leave = await processors.log.join(
    'g',
    [topic],
    reader(async (text) => {
      began.resolve();
      await mayEnd.promise;
      done.push(text);
    }),
  );
  await append('a');
  await began.promise;
  const pausing = processors.pause(10_000);
  // So that the pause has told it to leave already.
  await new Promise((resolve) => setImmediate(resolve));
  const leaving = leave().then(() => [...done]);
  await new Promise((resolve) => setImmediate(resolve));
  mayEnd.resolve();
  expect(await leaving).toEqual(['a']);
  await (await pausing)();
});
