/**
 * `node cli/make-secrets.ts DIRECTORY`: makes the secrets of a new installation, one file each, and leaves those alone
 * that are there. For the containers of docker-compose.yml, which share them through a volume.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

const hex = (bytes: number): string => randomBytes(bytes).toString('hex');

const secrets: Readonly<Record<string, () => string>> = {
  'admin-token': () => hex(20),
  'ingest-key': () => `syn_${hex(20)}`,
  'clickhouse-password': () => hex(20),
  'postgres-password': () => hex(20),
};

const directory = process.argv[2];
if (directory === undefined) {
  console.error('Say where the secrets are to be: node cli/make-secrets.ts DIRECTORY');
  process.exit(1);
}
for (const [name, make] of Object.entries(secrets)) {
  const path = join(directory, name);
  if (existsSync(path)) continue;
  // Under its name only once it is whole: one that was cut off would be taken for what it should be.
  const unfinished = `${path}.unfinished`;
  await rm(unfinished, { force: true });
  const file = await open(unfinished, 'wx', 0o400);
  await file.writeFile(`${make()}\n`);
  await file.sync();
  await file.close();
  await rename(unfinished, path);
  console.log(`Made ${name}.`);
}
