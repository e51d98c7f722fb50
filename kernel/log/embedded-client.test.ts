import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { topics } from '../topics.ts';
import { startLogThread } from './embedded-client.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-log-client-'));
});
afterEach(() => rm(directory, { recursive: true }));

const start = (onDeath: (error: Error) => void) => startLogThread({ path: join(directory, 'log.db'), topics }, onDeath);

test('tells when the thread dies, and rejects what was asked and what is asked from then on', async () => {
  const deaths: Error[] = [];
  const thread = await start((error) => deaths.push(error));
  // No request of ours: it takes the thread down.
  await expect(thread.ask({ do: 'append', append: undefined as never })).rejects.toThrow();
  expect(deaths).toHaveLength(1);
  await expect(thread.ask({ do: 'ping' })).rejects.toThrow(deaths[0]!.message);
  await thread.close();
  expect(deaths).toHaveLength(1);
});

test('takes being closed for no death', async () => {
  const deaths: Error[] = [];
  const thread = await start((error) => deaths.push(error));
  await thread.close();
  expect(deaths).toEqual([]);
});

test('says in a sentence why a file cannot be opened', async () => {
  await expect(startLogThread({ path: join(directory, 'missing', 'log.db'), topics }, () => {})).rejects.toThrow(
    /The log .*log\.db cannot be opened/,
  );
});
