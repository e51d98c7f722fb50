import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEmbeddedLog } from '../log/embedded.ts';
import type { Log } from '../log/log.ts';
import { logsTopic } from '../topics.ts';
import { openLogPart } from './log-part.ts';

let directory: string;
let log: Log;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syntra-log-part-'));
  log = await openEmbeddedLog({ directory });
  await log.append(logsTopic.name, [{ key: '', headers: {}, value: Buffer.from('a record') }]);
});
afterEach(async () => {
  await log.close();
  await rm(directory, { recursive: true });
});

test('is not written to its end when the backup is called off', async () => {
  const calling = new AbortController();
  const part = openLogPart(directory, await mkdtemp(join(directory, 'backup-')), calling.signal);
  try {
    expect(await part.measure({})).toBe('a record'.length);
    await part.take();
    calling.abort(new Error('No more of it.'));
    await expect(part.write({})).rejects.toThrow('No more of it.');
    await expect(part.measure({})).rejects.toThrow('No more of it.');
  } finally {
    await part.close();
  }
});
