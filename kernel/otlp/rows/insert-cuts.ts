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
   * Of the messages Span, LogRecord and Metric, without their tags and lengths. And 8 for each count of a bucket of an
   * exponential histogram: it comes as a single byte mostly, and is 8 in a row.
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
 * A full batch of usual spans or log records is one insert, of about 50 MiB in columns. Long texts come to as much as was
 * sent. Rows of metrics carry what their resource says, and most of a row is in columns that its kind of metric lacks.
 */
export const insertLimits = {
  spans: { rowBytes: 160, ownBytes: 100 * mebibyte, unfoldedBytes: 144 * mebibyte },
  logs: { rowBytes: 160, ownBytes: 100 * mebibyte, unfoldedBytes: 144 * mebibyte },
  metrics: { rowBytes: 256, ownBytes: 64 * mebibyte, unfoldedBytes: 72 * mebibyte },
} as const satisfies Record<string, InsertLimits>;

/** Whether rows made of this are an insert, and what follows in the batch belongs to the next. */
export const isWholeInsert = (
  { rowBytes, ownBytes, unfoldedBytes }: InsertLimits,
  { rows, recordBytes, headBytes }: SentBytes,
): boolean => rowBytes * rows + recordBytes >= ownBytes || recordBytes + headBytes >= unfoldedBytes;
