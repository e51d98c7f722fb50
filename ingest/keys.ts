/**
 * The ingest keys, in memory: what the compacted topic `ingest.keys` says, from its start and as it changes. So ingest
 * needs no database, and a key that is revoked is refused at once.
 */
import { hash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import type { Log, LogRecord, PartitionTail } from '../kernel/log/log.ts';
import { type IngestKey, ingestKeysTopic } from '../kernel/topics.ts';

export interface IngestKeys {
  /** What the key may do, revoked or not; undefined when there is no such key. */
  find(key: string): IngestKey | undefined;
  readonly count: number;
  /** False until the first key was announced, valid or not. */
  readonly announced: boolean;
  close(): Promise<void>;
}

const ingestKey = z.object({
  org: z.string().min(1),
  project: z.string().min(1),
  retentionDays: z.number().int().min(1),
  revoked: z.boolean(),
});

const readLimits = { maxRecords: 1000, maxBytes: 2 ** 20 };
const waitMs = 60_000;
const retryMs = 1000;

/** Resolves when all keys that the topic has now are known. */
export const followIngestKeys = async (log: Log): Promise<IngestKeys> => {
  const keys = new Map<string, IngestKey>();
  const closing = new AbortController();
  const tail = await log.tail(ingestKeysTopic.name, 0, 'start');
  const start = tail.position;
  while (await readSome(tail, keys));
  const following = follow(tail, keys, closing.signal);
  return {
    find: (key) => keys.get(hash('sha256', key, 'hex')),
    get count() {
      return keys.size;
    },
    get announced() {
      return tail.position > start;
    },
    async close() {
      closing.abort();
      await following;
    },
  };
};

/** Returns false when there is nothing more for now. */
const readSome = async (tail: PartitionTail, keys: Map<string, IngestKey>): Promise<boolean> => {
  const records = await tail.next(readLimits);
  for (const record of records) apply(record, keys);
  return records.length > 0;
};

/** The newest record of a key counts; one without a value takes the key away. */
const apply = (record: LogRecord, keys: Map<string, IngestKey>): void => {
  if (record.value.length === 0) {
    keys.delete(record.key);
    return;
  }
  const parsed = parseKey(record.value);
  // What cannot be read must not go on admitting data as what it was before.
  if (parsed === undefined) keys.delete(record.key);
  else keys.set(record.key, parsed);
};

const parseKey = (value: Uint8Array): IngestKey | undefined => {
  try {
    return ingestKey.parse(JSON.parse(Buffer.from(value).toString('utf8')));
  } catch {
    return undefined;
  }
};

const follow = async (tail: PartitionTail, keys: Map<string, IngestKey>, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    try {
      while (await readSome(tail, keys));
      await tail.wait(waitMs, signal);
    } catch {
      // The log is away: the keys known so far stay good, and appends fail with an answer of their own.
      await setTimeout(retryMs, undefined, { signal }).catch(() => {});
    }
  }
};
