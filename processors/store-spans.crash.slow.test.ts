import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { victimOf } from '../kernel/runner/victim.ts';
import type { Findings } from './store-spans.victim.ts';

test('killed again and again, the sink stores every span once, in the table and in what its views count', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'syntra-sink-crash-'));
  try {
    const victim = victimOf<Findings>(join(import.meta.dirname, 'store-spans.victim.ts'), directory);
    let appends = 0;
    for (let round = 0; round < 20; round++) appends += await victim.workAndDie(Math.random() * 600);
    const { requests, ...stored } = await victim.finish();
    expect(requests).toBeGreaterThanOrEqual(appends);
    expect(stored).toEqual({
      spans: requests,
      different: requests,
      inTraces: requests,
      calls: requests,
      inFacets: requests,
    });
  } finally {
    await rm(directory, { recursive: true });
  }
});
