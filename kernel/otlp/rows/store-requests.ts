/** What the three sinks of telemetry do with a batch: unpack each request, transcode it, insert the rows of each day. */
import { setImmediate } from 'node:timers/promises';
import type { LogRecord } from '../../log/log.ts';
import { type Batch, type BatchLimits, type Outcome, RejectedBatchError } from '../../processor.ts';
import type { Telemetry } from '../../telemetry/client.ts';
import { otlpHeaders } from '../../topics.ts';
import { limits } from '../limits.ts';
import { unpack } from '../unpack.ts';
import { WireError } from '../wire.ts';
import { RowsTooLargeError, RowWriter } from './row-binary.ts';
import type { Origin } from './row-head.ts';
import type { Transcoder } from './transcoder.ts';

/** Of small inserts ClickHouse makes small parts, which cost more than their rows; a second is what freshness allows. */
export const storeLimits: BatchLimits = { maxRecords: 10_000, maxBytes: 4 * 2 ** 20, lingerMs: 1000 };

/** Called with the number of rows of a batch that were cut at a limit, when there are any. */
export type OnCut = (rows: number) => void;

/** The `write` of a sink. The same batch makes the same inserts, byte for byte. */
export const storeRequests =
  (telemetry: Pick<Telemetry, 'insert'>, transcoder: Transcoder, onCut: OnCut = () => {}) =>
  async (batch: Batch): Promise<readonly Outcome[]> => {
    const outcomes: Outcome[] = [];
    const days = new Map<string, DayOfRows>();
    /** Offsets of records whose rows are in the store. */
    const stored: number[] = [];
    let cutRows = 0;
    let bytesSinceYield = 0;
    for (const record of batch.records) {
      let day: DayOfRows | undefined;
      try {
        const origin = readOrigin(record, batch.partition);
        const request = requestOf(record);
        day = dayOf(days, origin.receivedAtMs);
        const transcoded = transcoder.transcode(request, origin, day.rows);
        day.rowCount += transcoded.rows;
        day.offsets.push(record.offset);
        cutRows += transcoded.cutRows;
        bytesSinceYield += request.length;
      } catch (error) {
        outcomes.push({ kind: 'dead-letter', offset: record.offset, reason: reasonOf(error) });
      }
      if (day && day.rows.position >= insertBytes) await insert(telemetry, transcoder, batch, day, stored);
      if (bytesSinceYield >= yieldBytes) {
        bytesSinceYield = 0;
        await setImmediate();
      }
    }
    for (const day of days.values()) await insert(telemetry, transcoder, batch, day, stored);
    if (cutRows > 0) onCut(cutRows);
    return outcomes;
  };

/** Rows on their way into one partition. */
interface DayOfRows {
  readonly date: string;
  readonly rows: RowWriter;
  /** Of the records whose rows these are. */
  readonly offsets: number[];
  rowCount: number;
  inserts: number;
}

/** When rows of a batch come to this, they are inserted before the rest of it is looked at: memory stays bounded. */
const insertBytes = 32 * 2 ** 20;

/** Requests transcoded at a stretch, a few milliseconds, before others of this process get their turn. */
const yieldBytes = 2 ** 20;

const dayOf = (days: Map<string, DayOfRows>, receivedAtMs: number): DayOfRows => {
  const date = new Date(receivedAtMs).toISOString().slice(0, 10);
  let day = days.get(date);
  if (day === undefined) {
    day = { date, rows: new RowWriter(2 ** 18, insertBytes + limits.rowsBytes), offsets: [], rowCount: 0, inserts: 0 };
    days.set(date, day);
  }
  return day;
};

/** Adds what it stored to `stored`. @throws RejectedBatchError that says what was stored before, anything else as it comes */
const insert = async (
  telemetry: Pick<Telemetry, 'insert'>,
  transcoder: Transcoder,
  batch: Batch,
  day: DayOfRows,
  stored: number[],
): Promise<void> => {
  if (day.rowCount === 0) return;
  const { table, structure } = transcoder;
  const part = day.inserts === 0 ? '' : `/${day.inserts}`;
  const token = `${batch.token}/${day.date}${part}`;
  try {
    await telemetry.insert({ table, structure, rows: [day.rows.written()], rowCount: day.rowCount, token });
  } catch (error) {
    throw error instanceof RejectedBatchError ? new RejectedBatchError(error.message, stored) : error;
  }
  stored.push(...day.offsets.splice(0));
  day.inserts++;
  day.rows.position = 0;
  day.rowCount = 0;
};

/** This record, alone, will never become rows. */
class UnreadableRecordError extends Error {
  override readonly name = 'UnreadableRecordError';
}

/** @throws UnreadableRecordError */
const readOrigin = ({ headers, offset }: LogRecord, partition: number): Origin => {
  const text = (name: string): string => {
    const value = headers[name];
    if (!value) throw new UnreadableRecordError(`header ${name} is missing`);
    return value;
  };
  const integer = (name: string, max: number): number => {
    const value = Number(text(name));
    if (!Number.isInteger(value) || value < 0 || value > max) {
      throw new UnreadableRecordError(`header ${name} is not an integer from 0 to ${max}`);
    }
    return value;
  };
  return {
    org: text(otlpHeaders.org),
    project: text(otlpHeaders.project),
    receivedAtMs: integer(otlpHeaders.receivedAt, latestMs),
    retentionDays: integer(otlpHeaders.retentionDays, maxRetentionDays),
    partition,
    offset,
  };
};

/** As configuration allows. ClickHouse's dates end in 2149: a row of a century's retention would count as expired. */
const maxRetentionDays = 3650;

/** The end of 2105: ClickHouse counts the seconds of a DateTime in 32 bits. */
const latestMs = Date.UTC(2106, 0, 1) - 1;

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
