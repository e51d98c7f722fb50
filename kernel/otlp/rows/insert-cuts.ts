/**
 * Where a batch is cut into inserts. They are numbered in their tokens (docs/decisions/0015): one that was stored before a
 * crash is known by its number when the batch comes again, to another version of this program perhaps. Cut elsewhere, rows
 * would be taken for those that are stored, and be lost. So the cuts follow from what was sent, which no version changes,
 * and not from how much of memory it takes.
 *
 * All numbers here, and what is counted, are a part of that contract: none of it may ever change.
 */

/** What rows were made of. */
export interface SentBytes {
  rows: number;
  /**
   * `bytesOfRecord` of the messages Span, LogRecord and Metric. And 8 for each count of a bucket of an exponential
   * histogram: it comes as a single byte mostly, and is 8 in a row.
   */
  recordBytes: number;
  /** Of the Resource, the InstrumentationScope and the metadata of a metric, as if each row had come with its own. */
  headBytes: number;
}

export interface InsertLimits {
  /** What a row counts beyond its record, for all that it has in columns of their own. */
  readonly rowBytes: number;
  /** Of rows and records: what is held in memory until it is inserted. */
  readonly ownBytes: number;
  /** Of records and heads: what ClickHouse makes indexes of, of all rows at once, for which it needs twice as much. */
  readonly unfoldedBytes: number;
}

const mebibyte = 2 ** 20;

/**
 * Near to what rows take in columns: a full batch of the log, of usual spans or log records, is one insert of about 25 MiB. Rows of
 * metrics carry what their resource says, and most of such a row is columns that its kind of metric lacks.
 */
export const insertLimits = {
  spans: { rowBytes: 192, ownBytes: 64 * mebibyte, unfoldedBytes: 128 * mebibyte },
  logs: { rowBytes: 192, ownBytes: 64 * mebibyte, unfoldedBytes: 128 * mebibyte },
  metrics: { rowBytes: 256, ownBytes: 64 * mebibyte, unfoldedBytes: 64 * mebibyte },
} as const satisfies Record<string, InsertLimits>;

/**
 * What the message of a record counts, given its length without its tag. Of its beginning half: tags, lengths and keys are
 * as much of a usual message, and hardly anything in columns. What makes a message long is texts, which stay what they are.
 */
export const bytesOfRecord = (length: number): number => length - (Math.min(length, beginningBytes) >>> 1);

const beginningBytes = 640;

/** Whether rows made of this are an insert, and what follows in the batch belongs to the next. */
export const isWholeInsert = (
  { rowBytes, ownBytes, unfoldedBytes }: InsertLimits,
  { rows, recordBytes, headBytes }: SentBytes,
): boolean => rowBytes * rows + recordBytes >= ownBytes || recordBytes + headBytes >= unfoldedBytes;
