/** Keys to send with. The database knows them by hash; ingest, which needs no database, by the topic `ingest.keys`. */
import { createHash, randomBytes } from 'node:crypto';
import type { Log, NewRecord } from '../log/log.ts';
import { type IngestKey, ingestKeysTopic } from '../topics.ts';
import type { Database, Queries } from './database.ts';
import { and, eq, isNull, sql } from './drizzle.ts';
import { ingestKeys, projects } from './tables.ts';

/** 160 random bits: too many to guess, so a plain hash hides it well enough. */
export const newIngestKey = (): string => `syn_${randomBytes(20).toString('hex')}`;

export const isIngestKey = (text: string): boolean => /^syn_[0-9a-f]{40}$/.test(text);

/** How the topic and the database call the key. */
export const hashOfIngestKey = (key: string): string => createHash('sha256').update(key).digest('hex');

/** Does nothing when the key is stored already. */
export const storeIngestKey = async (
  queries: Queries,
  {
    key,
    org,
    project,
    name,
  }: { readonly key: string; readonly org: string; readonly project: string; readonly name: string },
): Promise<void> => {
  await queries
    .insert(ingestKeys)
    .values({ keyHash: hashOfIngestKey(key), orgId: org, projectId: project, name, hint: key.slice(-4) })
    .onConflictDoNothing();
};

/** Tells ingest of every key there is. Saying it again changes nothing: the topic is compacted. */
export const publishIngestKeys = (database: Database, log: Log): Promise<void> =>
  database.transaction(async (queries) => {
    await holdKeys(queries);
    const rows = await selectKeys(queries);
    for (let start = 0; start < rows.length; start += keysPerAppend) {
      await log.append(ingestKeysTopic.name, rows.slice(start, start + keysPerAppend).map(asRecord));
    }
  });

/**
 * Until the transaction ends, nobody else changes keys: what one process has read as valid and appends late would
 * otherwise bring back a key that another has revoked meanwhile.
 */
const holdKeys = (queries: Queries) => queries.execute(sql`lock table ingest_keys in share row exclusive mode`);

const keysPerAppend = 1000;

/** Ingest refuses the key from then on. @returns false when there is no such key, or it was revoked before. */
export const revokeIngestKey = (database: Database, log: Log, keyHash: string): Promise<boolean> =>
  database.transaction(async (queries) => {
    await holdKeys(queries);
    const revoked = await queries
      .update(ingestKeys)
      .set({ revokedAt: new Date() })
      .where(and(eq(ingestKeys.keyHash, keyHash), isNull(ingestKeys.revokedAt)))
      .returning();
    if (revoked.length === 0) return false;
    // Before the commit: if one of the two fails, the key is refused too early rather than too late.
    await log.append(ingestKeysTopic.name, (await selectKeys(queries, keyHash)).map(asRecord));
    return true;
  });

export const isRevoked = async (queries: Queries, keyHash: string): Promise<boolean> =>
  (await selectKeys(queries, keyHash)).some(({ revokedAt }) => revokedAt !== null);

const selectKeys = (queries: Queries, keyHash?: string) =>
  queries
    .select({
      keyHash: ingestKeys.keyHash,
      org: ingestKeys.orgId,
      project: ingestKeys.projectId,
      retentionDays: projects.retentionDays,
      revokedAt: ingestKeys.revokedAt,
    })
    .from(ingestKeys)
    .innerJoin(projects, eq(projects.projectId, ingestKeys.projectId))
    .where(keyHash === undefined ? undefined : eq(ingestKeys.keyHash, keyHash))
    .orderBy(ingestKeys.keyHash);

const asRecord = (row: Awaited<ReturnType<typeof selectKeys>>[number]): NewRecord => {
  const { keyHash, org, project, retentionDays, revokedAt } = row;
  const value: IngestKey = { org, project, retentionDays, revoked: revokedAt !== null };
  return { key: keyHash, headers: {}, value: Buffer.from(JSON.stringify(value)) };
};
