import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openConnections } from './connections.ts';

test('a connection that cannot be made costs nobody else their turn', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'syntra-connections-'));
  // Where a file is, no database can be.
  await writeFile(join(directory, 'taken'), '');
  const connections = openConnections(join(directory, 'taken'), { maxOpen: 1, maxWaiting: 1 });
  const ask = () => connections.lend((client) => client.command({ query: 'SELECT 1' }));
  await expect(ask()).rejects.toThrow(/Failed to create connection/);
  await expect(ask()).rejects.toThrow(/Failed to create connection/);
  await connections.close();
  await rm(directory, { recursive: true });
});
