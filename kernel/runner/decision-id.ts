/**
 * Ids of decisions, and how a decider that reads them tells which it has seen. An id names whose decision it is, which
 * record it was about and which of several; those of one source stand on a partition in order, whatever is repeated
 * between them. So the last one seen is all that has to be remembered.
 */
import type { LogRecord } from '../log/log.ts';
import { decisionIdHeader, onlyForHeader, retryOfHeader } from '../topics.ts';
import { repeated, type WhyNot } from './pass-over.ts';
import type { ReadFrom } from './set-aside.ts';

/** The same for the same record of the same log, however often it is decided on. */
export const decisionIdOf = (
  processor: string,
  { logId, topic, partition }: ReadFrom,
  offset: number,
  index: number,
): string => [processor, logId, topic, partition, offset, index].join('/');

/** Of one source: a processor, and the partition of a log that it decided on. */
export interface Mark {
  readonly source: string;
  readonly offset: number;
  readonly index: number;
}

/**
 * Undefined when the record is nobody's decision. A record that a person has put back is meant: it is the next one of
 * its own source, the log that it is on.
 */
export const markOf = ({ headers, offset }: LogRecord, logId: string): Mark | undefined => {
  if (headers[onlyForHeader] !== undefined) return { source: putBackInto(logId), offset, index: 0 };
  if (headers[retryOfHeader] !== undefined) return undefined;
  const parts = /^(.+)\/(\d{1,15})\/(\d{1,9})$/.exec(headers[decisionIdHeader] ?? '');
  return parts ? { source: parts[1]!, offset: Number(parts[2]), index: Number(parts[3]) } : undefined;
};

/** With this mark, what was put back before `endOffset` counts as seen: a replay reads the originals again. */
export const putBackBefore = (logId: string, endOffset: number): Mark => ({
  source: putBackInto(logId),
  offset: endOffset - 1,
  index: 0,
});

const putBackInto = (logId: string): string => `put back/${logId}`;

export interface RepeatWatch {
  /** To be asked of each record, in order; remembers it. */
  readonly whyNot: WhyNot;
  /** Marks that have moved. */
  moved(): readonly Mark[];
}

/**
 * @param known marks of what was read before; of the sources of these records at least.
 * @param logId of the log that the records are on.
 */
export const watchRepeats = (known: readonly Mark[], logId: string): RepeatWatch => {
  const marks = new Map(known.map((mark) => [mark.source, mark]));
  const moved = new Set<string>();
  return {
    whyNot(record) {
      const mark = markOf(record, logId);
      if (mark === undefined) return undefined;
      const last = marks.get(mark.source);
      if (last && !isAfter(mark, last)) return repeated;
      marks.set(mark.source, mark);
      moved.add(mark.source);
      return undefined;
    },
    moved: () => [...moved].map((source) => marks.get(source)!),
  };
};

const isAfter = (one: Mark, other: Mark): boolean =>
  one.offset > other.offset || (one.offset === other.offset && one.index > other.index);
