/** Which records make a batch: as many as fit, after the first has waited a moment for company. */
import type { LogRecord, PartitionReader } from '../log/log.ts';
import type { BatchLimits } from '../processor.ts';
import { sleep } from './back-off.ts';

/** How long an idle processor sleeps before it looks again by itself. */
const idleMs = 10_000;

/**
 * @param intendedEnd offset after the last record of a batch that was begun before: exactly that batch is read again.
 * @throws Error when such a batch cannot be read whole now.
 * @returns an empty array when there was nothing for a while, or the partition was taken away meanwhile.
 */
export const readBatch = async (
  partition: PartitionReader,
  offset: number,
  limits: BatchLimits,
  intendedEnd: number | undefined,
): Promise<LogRecord[]> => {
  const records =
    intendedEnd === undefined
      ? await readAsFit(partition, offset, limits)
      : await readExactly(partition, offset, intendedEnd);
  return partition.signal.aborted ? [] : records;
};

const readAsFit = async (partition: PartitionReader, offset: number, limits: BatchLimits): Promise<LogRecord[]> => {
  await partition.waitFor(offset, idleMs);
  const records = await partition.read(offset, limits);
  if (records.length === 0 || partition.signal.aborted || isFull(records, limits)) return records;
  const next = records.at(-1)!.offset + 1;
  await lingerFor(partition, limits.lingerMs, records[0]!.timestampMs);
  const company = await partition.read(next, roomLeft(records, limits));
  return [...records, ...company];
};

/** Waits until the first record is `lingerMs` old. */
const lingerFor = async (partition: PartitionReader, lingerMs: number, firstAtMs: number): Promise<void> => {
  // A clock that was stepped back must not make a batch wait for ever.
  const remainingMs = Math.min(lingerMs, firstAtMs + lingerMs - Date.now());
  if (remainingMs > 0) await sleep(remainingMs, partition.signal);
};

const sizeOf = (records: readonly LogRecord[]): number => records.reduce((sum, { value }) => sum + value.byteLength, 0);

const isFull = (records: readonly LogRecord[], { maxRecords, maxBytes }: BatchLimits): boolean =>
  records.length >= maxRecords || sizeOf(records) >= maxBytes;

const roomLeft = (records: readonly LogRecord[], { maxRecords, maxBytes }: BatchLimits) => ({
  maxRecords: maxRecords - records.length,
  maxBytes: maxBytes - sizeOf(records),
});

const readExactly = async (partition: PartitionReader, offset: number, end: number): Promise<LogRecord[]> => {
  const records: LogRecord[] = [];
  for (let at = offset; at < end && !partition.signal.aborted; ) {
    const more = await partition.read(at, { maxRecords: end - at, maxBytes: Number.MAX_SAFE_INTEGER });
    const wanted = more.filter((record) => record.offset < end);
    // A shorter batch would have another token, and what was stored of this one would be stored twice.
    if (wanted.length === 0)
      throw new Error(`the log does not give all of the batch ${offset} to ${end} that was begun`);
    records.push(...wanted);
    at = wanted.at(-1)!.offset + 1;
  }
  return records;
};
