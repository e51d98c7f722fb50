import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEmbeddedTelemetry } from './embedded.ts';

test('threads that merge come after all others', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'syntra-merges-'));
  const telemetry = await openEmbeddedTelemetry({ directory });
  try {
    await telemetry.command('CREATE TABLE some (a Int64) ENGINE = MergeTree ORDER BY a');
    const others: number[] = [];
    const merging: number[] = [];
    for (const thread of await readdir('/proc/self/task')) {
      const name = await readFile(`/proc/self/task/${thread}/comm`, 'utf8').catch(() => '');
      (name.trim() === 'MergeMutate' ? merging : others).push(getPriority(Number(thread)));
    }
    expect(merging.length).toBeGreaterThan(0);
    expect(Math.min(...merging)).toBeGreaterThan(Math.max(...others));
  } finally {
    await telemetry.close();
    await rm(directory, { recursive: true });
  }
});
