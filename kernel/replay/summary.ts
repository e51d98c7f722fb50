/** What a replay has done, and what the processor will do when it runs next. */

export interface ReplaySummary {
  readonly processor: string;
  /** To be read again, at most: offsets can have gaps. */
  readonly records: number;
  /** Where it reads on. */
  readonly places: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[];
  /** Days of arrival whose rows were removed, like 2026-11-20. */
  readonly removedDays: readonly string[];
  /** From which they were removed. */
  readonly tables: readonly string[];
  /** Whether a state was forgotten. */
  readonly cleared: boolean;
}

/** What the person who asked is told. */
export const linesOf = ({ processor, records, removedDays, tables, cleared }: ReplaySummary): readonly string[] => {
  const [first, last] = [removedDays[0], removedDays.at(-1)];
  const days = first === last ? first : `${first} to ${last}`;
  return [
    ...(first === undefined ? [] : [`Removed the rows received ${days} from ${tables.join(', ')}.`]),
    ...(cleared ? [`Forgot the state of ${processor}.`] : []),
    `${processor} reads ${records} ${records === 1 ? 'record' : 'records'} again when it runs next.`,
  ];
};
