/** Where in a topic the records of some days of arrival are, and whether the log still has all of them. */
import type { Log, LogRecord } from '../log/log.ts';
import { OperatorError } from '../operator-error.ts';
import { parseNote, type ReplayNote } from '../runner/note.ts';
import { otlpHeaders } from '../topics.ts';
import type { From } from './arguments.ts';

export const dayMs = 24 * 3_600_000;

/** The UTC day of a moment, like 2026-11-20. */
export const dayOf = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10);

/** When a UTC day begins, Unix milliseconds. */
export const startOfDay = (day: string): number => Date.parse(day);

/**
 * How far the log's clock and those of ingest may differ: what was received at a moment is looked for this much earlier
 * on the log. What is found too many is passed over by its own header.
 */
export const clockToleranceMs = 2 * 3_600_000;

/** A partition of the topic, as the group left it. */
export interface PartitionState {
  readonly partition: number;
  readonly startOffset: number;
  readonly endOffset: number;
  /** The group's place. */
  readonly offset: number;
  /** Records of a batch that the group has begun and not finished, from `offset` on. */
  readonly begun: readonly LogRecord[];
  /** An earlier replay that has not come to its end. */
  readonly replay: ReplayNote | undefined;
  /** The oldest record there is. */
  readonly oldest: LogRecord | undefined;
}

export const partitionStates = async (log: Log, group: string, topic: string): Promise<PartitionState[]> => {
  const states: PartitionState[] = [];
  for (let partition = 0; partition < (await log.partitionsOf(topic)); partition++) {
    const { startOffset, endOffset } = await log.extentOf(topic, partition);
    const { offset, metadata } = await log.placeOf(group, topic, partition);
    const { end, replay } = parseNote(metadata);
    const begun = end === undefined ? [] : await recordsAt(log, topic, partition, offset, end);
    const [oldest] = await recordsAt(log, topic, partition, startOffset, startOffset + 1, endOffset);
    const isUnderWay = replay !== undefined && (replay.removing || offset < replay.until);
    states.push({ partition, startOffset, endOffset, offset, begun, replay: isUnderWay ? replay : undefined, oldest });
  }
  return states;
};

/** @throws OperatorError when there is no such record. */
export const receivedMsOfStart = async (
  log: Log,
  topic: string,
  from: From,
  states: readonly PartitionState[],
): Promise<number> => {
  if (from !== 'start' && 'timeMs' in from) return from.timeMs;
  if (from === 'start') {
    const received = states.flatMap(({ oldest }) => (oldest ? [receivedMsOf(oldest)] : []));
    if (received.length === 0) throw new OperatorError(`${topic} holds no records: there is nothing to replay.`);
    return Math.min(...received);
  }
  const [only, another] = states;
  if (another) {
    throw new OperatorError(
      `${topic} has ${states.length} partitions, and an offset is of one of them: replay from a day or a time.`,
    );
  }
  const { offset } = from;
  const [record] = await recordsAt(log, topic, 0, offset, offset + 1, only!.endOffset);
  if (offset < only!.startOffset || record === undefined) {
    throw new OperatorError(
      `${topic} has no offset ${offset}: it holds ${only!.startOffset} to ${only!.endOffset - 1}.`,
    );
  }
  return receivedMsOf(record);
};

/**
 * The first day of arrival of which nothing can be missing; undefined when that is true of all days.
 * @param firstOffset of the log.
 * @throws OperatorError when a partition has been emptied, so that nobody can say.
 */
export const firstWholeDay = (
  topic: string,
  states: readonly PartitionState[],
  firstOffset: number,
): string | undefined => {
  const days = states
    .filter(({ startOffset }) => startOffset > firstOffset)
    .map(({ partition, oldest }) => {
      if (oldest) return dayOf(oldest.timestampMs + clockToleranceMs + dayMs);
      throw new OperatorError(
        `${topic} no longer holds any record of partition ${partition}: rows could not be written again.`,
      );
    });
  return days.sort().at(-1);
};

/** A record without the header is taken for one that was received when the log took it. */
export const receivedMsOf = ({ headers, timestampMs }: LogRecord): number => {
  const header = Number(headers[otlpHeaders.receivedAt]);
  return Number.isSafeInteger(header) && header > 0 ? header : timestampMs;
};

/** Records from `offset` to before `end`, where there are any before `limit`. */
export const recordsAt = async (
  log: Log,
  topic: string,
  partition: number,
  offset: number,
  end: number,
  limit = end,
): Promise<LogRecord[]> => {
  if (offset >= limit) return [];
  const tail = await log.tail(topic, partition, offset);
  const records: LogRecord[] = [];
  while (tail.position < end) {
    const next = await tail.next({ maxRecords: Math.max(1, end - tail.position), maxBytes: maxReadBytes });
    if (next.length === 0) break;
    records.push(...next);
  }
  // Offsets can have gaps: the first record may be beyond the end asked for, and is the one wanted all the same.
  return records.filter((record, i) => record.offset < end || (i === 0 && end === offset + 1));
};

const maxReadBytes = 2 ** 22;
