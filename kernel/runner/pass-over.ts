/** Records that a processor reads and leaves alone, with the reason that is counted. */
import type { LogRecord } from '../log/log.ts';
import type { Outcome } from '../processor.ts';
import { onlyForHeader, otlpHeaders, retryOfHeader } from '../topics.ts';
import type { ReplayNote } from './note.ts';

/** All in the normal course of things: nobody needs to be told. */
const reasons = {
  forAnother: 'put back for another processor',
  repeated: 'a repeat of a decision that came before',
  kept: 'received before the days that are replayed',
  original: 'put back, and the replay reads the original again',
} as const;

export type PassedOverReason = (typeof reasons)[keyof typeof reasons];

export const isPassedOver = (reason: string): boolean => Object.values<string>(reasons).includes(reason);

export const repeated: PassedOverReason = reasons.repeated;

/** Why this processor has nothing to do with the record; undefined when it has. */
export type WhyNot = (record: LogRecord) => PassedOverReason | undefined;

export const whyNotOf =
  (processor: string, replay?: ReplayNote): WhyNot =>
  ({ headers, offset }) => {
    const only = headers[onlyForHeader];
    if (only !== undefined && only !== processor) return reasons.forAnother;
    if (replay === undefined || offset >= replay.until) return undefined;
    const isReadAgain = Number(headers[otlpHeaders.receivedAt]) >= replay.sinceMs;
    if (!isReadAgain) return offset < replay.stored ? reasons.kept : undefined;
    return headers[retryOfHeader] === undefined ? undefined : reasons.original;
  };

/** The first reason that one of them has. */
export const anyOf =
  (...whyNots: readonly WhyNot[]): WhyNot =>
  (record) => {
    for (const whyNot of whyNots) {
      const reason = whyNot(record);
      if (reason !== undefined) return reason;
    }
    return undefined;
  };

/** Parts records into those to work on and the outcomes of the others. */
export const passOver = (
  records: readonly LogRecord[],
  whyNot: WhyNot,
): { readonly taken: readonly LogRecord[]; readonly outcomes: readonly Outcome[] } => {
  const taken: LogRecord[] = [];
  const outcomes: Outcome[] = [];
  for (const record of records) {
    const reason = whyNot(record);
    if (reason === undefined) taken.push(record);
    else outcomes.push({ kind: 'dropped', offset: record.offset, reason });
  }
  return { taken, outcomes };
};
