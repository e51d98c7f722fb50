/** What a sink notes on the log beside its place: the batch that it has begun, and the replay that it is in. */

export interface PlaceNote {
  /** Offsets of the first record of the batch that was begun, and after its last: the log may give less of it later. */
  readonly first?: number;
  readonly end?: number;
  /** Where what is left of that batch ends, when the log has lost records of it. */
  readonly left?: number;
  readonly replay?: ReplayNote;
}

/** Until the place comes to `until`, records are read that were on the log when the replay began. */
export interface ReplayNote {
  /** Makes other tokens of the same batches: the store must not take them for what it had before. */
  readonly id: string;
  /** Rows of records received from this moment on were removed, Unix milliseconds; the start of a UTC day. */
  readonly sinceMs: number;
  /** Records before this offset had been stored, whenever they were received. */
  readonly stored: number;
  /** Where the log ended. */
  readonly until: number;
  /** Rows are still being removed: nothing may be written. */
  readonly removing: boolean;
}

export const formatNote = ({ first, end, left, replay }: PlaceNote): string =>
  new URLSearchParams({
    ...(first !== undefined && { first: String(first) }),
    ...(end !== undefined && { end: String(end) }),
    ...(left !== undefined && { left: String(left) }),
    ...(replay && {
      replay: replay.id,
      since: String(replay.sinceMs),
      stored: String(replay.stored),
      until: String(replay.until),
      ...(replay.removing && { removing: '1' }),
    }),
  }).toString();

/** What is noted beside a place at which nothing is begun. */
export const noteAt = (offset: number, replay: ReplayNote | undefined): string =>
  replay !== undefined && offset < replay.until ? formatNote({ replay }) : '';

/** Text that is no note of ours says nothing. */
export const parseNote = (text: string): PlaceNote => {
  const fields = new URLSearchParams(text);
  const integer = (name: string): number | undefined => {
    const value = fields.get(name);
    return value !== null && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
  };
  const [first, end, left, id] = [integer('first'), integer('end'), integer('left'), fields.get('replay')];
  const [sinceMs, stored, until] = [integer('since'), integer('stored'), integer('until')];
  return {
    ...(first !== undefined && { first }),
    ...(end !== undefined && { end }),
    ...(left !== undefined && { left }),
    ...(id &&
      sinceMs !== undefined &&
      stored !== undefined &&
      until !== undefined && { replay: { id, sinceMs, stored, until, removing: fields.has('removing') } }),
  };
};
