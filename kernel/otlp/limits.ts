/**
 * How much of one record is kept. What exceeds a limit is cut, counted, and named in an attribute of the record, so
 * that nobody takes a part for the whole. The limits are far above what instrumentation sends; they keep one
 * runaway record from costing what thousands do.
 */
export const limits = {
  /** Of each list: a record's, an event's, a resource's, a scope's. SDKs stop at 128 by default (OTEL_ATTRIBUTE_COUNT_LIMIT). */
  attributes: 512,
  /** Keys, and all that ends up in a dictionary: names, versions, units, schema URLs. An attribute with a longer key is dropped. */
  nameBytes: 1024,
  /** Texts of attributes and status messages. Holds the longest stack traces and SQL statements worth reading. */
  valueBytes: 64 * 1024,
  /** Log bodies, which are documents at times. */
  bodyBytes: 256 * 1024,
  /** Arrays and maps within each other; what lies deeper becomes null. */
  depth: 32,
  /** SDKs stop at 128 by default (OTEL_SPAN_EVENT_COUNT_LIMIT, OTEL_SPAN_LINK_COUNT_LIMIT). */
  eventsPerSpan: 1000,
  linksPerSpan: 1000,
  /** Counted, but not named on the point: its attributes are the identity of its series. */
  exemplarsPerPoint: 1000,
  /** A request after decompression: the most that ingest can be told to take (SYNTRA_MAX_REQUEST_BYTES). */
  requestBytes: 2 ** 30,
  /** Rows of one request; only resources of megabytes, repeated in every row, can come to this. */
  rowsBytes: 512 * 2 ** 20,
} as const;

/** The attribute that names what was cut, separated by commas, on the nearest list of attributes. */
export const truncatedKey = 'syntra.truncated';

/** What was cut, as bits. */
export const cut = {
  attributes: 1,
  values: 2,
  depth: 4,
  names: 8,
  body: 16,
  events: 32,
  links: 64,
  exemplars: 128,
} as const;

/** What is cut of a name, or a value, of this many bytes. */
export const cutName = (length: number): number => (length > limits.nameBytes ? cut.names : 0);
export const cutValue = (length: number): number => (length > limits.valueBytes ? cut.values : 0);

/** A count that was sent and what was dropped here, in the 32 bits of its column. */
export const sum32 = (sent: number, dropped: number): number => Math.min(sent + dropped, 0xffffffff);

/** The value of `truncatedKey`. */
export const cutNames = (bits: number): string =>
  Object.entries(cut)
    .filter(([, bit]) => (bits & bit) !== 0)
    .map(([name]) => name)
    .join(',');

/** The most bytes, at most `limit`, that a text of `length` bytes at `at` can be cut to without splitting a character. */
export const cutLength = (bytes: Uint8Array, at: number, length: number, limit: number): number => {
  if (length <= limit) return length;
  let kept = limit;
  // A character is at most 4 bytes, so its first one is at most 3 back; bytes that are not UTF-8 are cut anywhere.
  while (kept > limit - 3 && kept > 0 && (bytes[at + kept]! & 0xc0) === 0x80) kept--;
  return kept;
};
