/** A query that cannot be understood: where, and what to write instead. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
  /** Character offsets in the query text; `end` is exclusive. */
  readonly start: number;
  readonly end: number;

  /** @param message a sentence that says what to do. */
  constructor(message: string, start: number, end: number) {
    super(message);
    this.start = start;
    this.end = end;
  }
}
