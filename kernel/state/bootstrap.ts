/** What an installation has from its first start: an organisation, a project, and a key to send to it with. */
import { open, readFile, rename } from 'node:fs/promises';
import type { Log } from '../log/log.ts';
import { OperatorError } from '../operator-error.ts';
import { defaultTenant, ownTenant } from '../tenants.ts';
import type { Database } from './database.ts';
import {
  hashOfIngestKey,
  isIngestKey,
  isRevoked,
  newIngestKey,
  publishIngestKeys,
  storeIngestKey,
} from './ingest-keys.ts';
import { organisations, projects } from './tables.ts';

export interface BootstrapOptions {
  readonly database: Database;
  readonly log: Log;
  /** The first key, where the operator chose it. */
  readonly ingestKey: string | undefined;
  /** Where the first key is kept otherwise, made when it is missing; undefined: then nobody chooses one. */
  readonly keyFile: string | undefined;
  /** Of the default project; may change from start to start. */
  readonly retentionDays: number;
}

/** The file with the first key cannot be used; the message is one sentence. */
export class IngestKeyFileError extends OperatorError {
  override readonly name = 'IngestKeyFileError';
}

/**
 * To be called at every start: makes what is missing and tells ingest of all keys. The first key stays readable in the
 * settings or in a file, for its owner's eyes only, because the explorer shows it to newcomers; all others are kept
 * as hashes. If the database is lost and the file is not, the senders' key remains valid.
 * @returns the first key; undefined when there is none or it was revoked.
 * @throws IngestKeyFileError
 */
export const bootstrap = async ({
  database,
  log,
  ingestKey,
  keyFile,
  retentionDays,
}: BootstrapOptions): Promise<string | undefined> => {
  const { org, project } = defaultTenant;
  const { queries } = database;
  await queries.insert(organisations).values({ orgId: org, name: 'Default' }).onConflictDoNothing();
  await queries
    .insert(projects)
    .values({ projectId: project, orgId: org, name: 'Default', retentionDays })
    .onConflictDoUpdate({ target: projects.projectId, set: { retentionDays } });
  await queries
    .insert(projects)
    .values({ projectId: ownTenant.project, orgId: ownTenant.org, name: 'Syntra itself', retentionDays })
    .onConflictDoNothing();
  const key = ingestKey ?? (keyFile === undefined ? undefined : await readOrMakeKey(keyFile));
  if (key !== undefined) await storeIngestKey(queries, { key, org, project, name: 'first key' });
  await publishIngestKeys(database, log);
  return key === undefined || (await isRevoked(queries, hashOfIngestKey(key))) ? undefined : key;
};

const readOrMakeKey = async (path: string): Promise<string> => {
  try {
    const key = (await readFile(path, 'utf8')).trim();
    if (isIngestKey(key)) return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return writeNewKey(path);
    throw new IngestKeyFileError(`The file ${path} cannot be read: ${(error as Error).message}.`);
  }
  throw new IngestKeyFileError(
    `The file ${path} does not hold an ingest key: restore it, or remove it to get a new key.`,
  );
};

/** On disk before the database knows it: a key that only the database knows would be lost. */
const writeNewKey = async (path: string): Promise<string> => {
  const key = newIngestKey();
  const unfinished = `${path}.unfinished`;
  const file = await open(unfinished, 'w', 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(`${key}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
  return key;
};
