/** What the three sinks of telemetry do with a batch: unpack each request, transcode it, insert the rows of each day. */
import { setImmediate } from 'node:timers/promises';
import { freeBytes } from '../../free-bytes.ts';
import type { LogRecord } from '../../log/log.ts';
import { type Batch, type BatchLimits, type Outcome, RejectedBatchError, type Sink } from '../../processor.ts';
import { reached } from '../../steps.ts';
import type { Telemetry } from '../../telemetry/client.ts';
import { otlpHeaders } from '../../topics.ts';
import { RowsTooLargeError } from '../native/byte-buffer.ts';
import { unpack } from '../unpack.ts';
import { WireError } from '../wire.ts';
import { isWholeInsert } from './insert-cuts.ts';
import { readOrigin, UnreadableRecordError } from './origin.ts';
import type { RowsBlock, Transcoder } from './rows-block.ts';

/**
 * Of small inserts ClickHouse makes small parts, which cost more than their rows. From 50,000 spans on a larger insert is no
 * cheaper, but takes more memory: 250 MB more for 100,000, where ClickHouse indexes the text of their attributes. A second is
 * what freshness allows; 4 MiB of the log are 50,000 spans or 100,000 log records.
 */
export const storeLimits: BatchLimits = { maxRecords: 10_000, maxBytes: 4 * 2 ** 20, lingerMs: 1000 };

/** Called with the number of rows of a batch that were cut at a limit, when there are any. */
export type OnCut = (rows: number) => void;

/** The `write` of a sink. The same batch makes the same inserts, byte for byte; another version of us cuts it alike. */
export const storeRequests = (
  telemetry: Pick<Telemetry, 'insert'>,
  transcoder: Transcoder,
  onCut: OnCut = () => {},
): Sink['write'] => {
  /** What batches before wrote to: their memory serves again. Those of several partitions are under way at once. */
  const spares: RowsBlock[] = [];
  return async (batch, mayStore = Promise.resolve()) => {
    const outcomes: Outcome[] = [];
    const days = new Map<string, DayOfRows>();
    /** Offsets of records whose rows are in the store. */
    const stored: number[] = [];
    let cutRows = 0;
    let bytesSinceYield = 0;
    const dayOf = (receivedAtMs: number): DayOfRows => {
      const date = new Date(receivedAtMs).toISOString().slice(0, 10);
      let day = days.get(date);
      if (day === undefined) {
        day = { date, block: spares.pop() ?? transcoder.openBlock(), offsets: [], inserts: 0 };
        days.set(date, day);
      }
      return day;
    };
    for (const record of batch.records) {
      let day: DayOfRows | undefined;
      try {
        const origin = readOrigin(record, batch.partition);
        const request = requestOf(record);
        day = dayOf(origin.receivedAtMs);
        cutRows += day.block.add(request, origin).cutRows;
        day.offsets.push(record.offset);
        bytesSinceYield += request.length;
        // what came out of the log is still needed, should this be tried again
        if (request !== record.value) freeBytes(request);
      } catch (error) {
        outcomes.push({ kind: 'dead-letter', offset: record.offset, reason: reasonOf(error) });
      }
      if (day && isFull(transcoder, day.block)) {
        await mayStore;
        await insert(telemetry, transcoder, batch, day, stored);
      }
      if (bytesSinceYield >= yieldBytes) {
        bytesSinceYield = 0;
        await setImmediate();
      }
    }
    await mayStore;
    for (const day of days.values()) await insert(telemetry, transcoder, batch, day, stored);
    // Only now: of an insert that failed, bytes may still be on their way.
    for (const { block } of days.values()) {
      const held = spares.reduce((sum, { heldBytes }) => sum + heldBytes, block.heldBytes);
      if (held <= spareBytes) spares.push(block);
    }
    if (cutRows > 0) onCut(cutRows);
    return outcomes;
  };
};

/** Enough for those of all partitions of a topic: without theirs, V8 collects the whole heap for what they grow to anew. */
const spareBytes = 192 * 2 ** 20;

/** Rows on their way into one partition. */
interface DayOfRows {
  readonly date: string;
  readonly block: RowsBlock;
  /** Of the records whose rows these are. */
  readonly offsets: number[];
  inserts: number;
}

/**
 * Memory stays bounded, too, where rows are many times what was sent, as no instrumentation makes them: thousands of empty
 * links, JSON of control characters. Usual rows never come to this, for where it cuts follows from our columns, and another
 * version may cut elsewhere.
 */
const maxUsedBytes = 160 * 2 ** 20;
const maxUnfoldedBytes = 288 * 2 ** 20;

const isFull = ({ limits }: Transcoder, block: RowsBlock): boolean =>
  isWholeInsert(limits, block.sent) || block.usedBytes >= maxUsedBytes || block.unfoldedBytes >= maxUnfoldedBytes;

/** Requests transcoded at a stretch, a few milliseconds, before others of this process get their turn. */
const yieldBytes = 2 ** 20;

/** Adds what it stored to `stored`. @throws RejectedBatchError that says what was stored before, anything else as it comes */
const insert = async (
  telemetry: Pick<Telemetry, 'insert'>,
  { table, structure }: Transcoder,
  batch: Batch,
  day: DayOfRows,
  stored: number[],
): Promise<void> => {
  const { block } = day;
  if (block.rows > 0) {
    const part = day.inserts === 0 ? '' : `/${day.inserts}`;
    const token = `${batch.token}/${day.date}${part}`;
    try {
      await telemetry.insert({ table, structure, rows: block.written(), rowCount: block.rows, token });
    } catch (error) {
      throw error instanceof RejectedBatchError ? new RejectedBatchError(error.message, stored) : error;
    }
    stored.push(...day.offsets.splice(0));
    const derived = block.derived();
    reached('sink: rows inserted');
    if (derived) {
      await telemetry.insert({ ...derived, token: `${token}/${derived.table}`, isDerived: true });
    }
    day.inserts++;
  }
  stored.push(...day.offsets.splice(0));
  block.clear();
};

/** @throws UnreadableRecordError */
const requestOf = ({ headers, value }: LogRecord): Uint8Array => {
  try {
    return unpack(value, headers[otlpHeaders.encoding]);
  } catch (error) {
    throw new UnreadableRecordError(`it cannot be unpacked: ${(error as Error).message}`);
  }
};

/** Why a record becomes a dead letter. @throws what is not the record's own fault */
const reasonOf = (error: unknown): string => {
  if (error instanceof WireError) return `it is not protobuf: ${error.message}`;
  if (error instanceof RowsTooLargeError || error instanceof UnreadableRecordError) return error.message;
  // A bug of ours that these bytes meet, and would meet at every try: set aside, they hold up nobody and are not lost.
  if (error instanceof TypeError || error instanceof RangeError) return `Syntra fails to read it: ${error.message}`;
  throw error;
};
