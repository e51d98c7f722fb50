/**
 * `node cli/make-secrets.ts DIRECTORY`: makes the secrets of a new installation, one file each, and leaves those alone
 * that are there. For the containers of docker-compose.yml, which share them through a volume.
 */
import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
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
  try {
    const file = await open(join(directory, name), 'wx', 0o400);
    await file.writeFile(`${make()}\n`);
    await file.sync();
    await file.close();
    console.log(`Made ${name}.`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
