/**
 * Replays a sink: the rows of whole days of arrival are removed, and the records they came from are read again. Killed
 * at any moment it can be run again, and until then the sink writes nothing: its note says that rows are being removed.
 */
import { randomUUID } from 'node:crypto';
import type { GroupPlace, Log } from '../log/log.ts';
import { OperatorError } from '../operator-error.ts';
import type { SinkRows } from '../processor.ts';
import { formatNote } from '../runner/note.ts';
import type { Database } from '../state/database.ts';
import type { Telemetry } from '../telemetry/client.ts';
import type { From } from './arguments.ts';
import { forgetLetters, type LettersOf, refuseWhileRetrying } from './forget-letters.ts';
import {
  clockToleranceMs,
  dayOf,
  firstWholeDay,
  type PartitionState,
  partitionStates,
  receivedMsOf,
  receivedMsOfStart,
  startOfDay,
} from './log-window.ts';
import { type StoredDays, storedDaysOf } from './stored-days.ts';
import type { ReplaySummary } from './summary.ts';

export interface SinkReplay {
  readonly log: Log;
  readonly telemetry: Pick<Telemetry, 'command' | 'inspect'>;
  readonly database: Pick<Database, 'queries'>;
  readonly group: string;
  readonly rows: SinkRows;
  readonly topic: string;
  readonly from: From;
}

interface Move {
  readonly partition: number;
  /** Where it stands. */
  readonly offset: number;
  /** Where it will read on. */
  readonly to: number;
  /** Records before this had been stored. */
  readonly stored: number;
  /** Where the log ends. */
  readonly until: number;
}

/** @throws OperatorError when the log lacks what would be removed; GroupInUseError while somebody reads as the group. */
export const replaySink = async (replay: SinkReplay): Promise<ReplaySummary> => {
  const { log, telemetry, database, group, rows, topic, from } = replay;
  const states = await partitionStates(log, group, topic);
  const requestedMs = await receivedMsOfStart(log, topic, from, states);
  const underWay = states.flatMap(({ replay }) => replay ?? []);
  // What an earlier replay removed and has not written yet is written by this one.
  const firstDay = dayOf(Math.min(requestedMs, ...underWay.map(({ sinceMs }) => sinceMs)));
  refuseBegun(group, firstDay, states);
  const stored = await storedDaysOf(telemetry, rows);
  const days = await stored.daysFrom(firstDay);
  const removing = underWay.filter((replay) => replay.removing).map(({ sinceMs }) => dayOf(sinceMs));
  // Of days whose removal was begun nothing is left to refuse.
  const removable = days.filter((day) => !removing.some((begun) => day >= begun));
  await refuseUnlessHeld(log, topic, states, stored, removable);

  const moves = await Promise.all(states.map((state) => moveOf(log, topic, state, startOfDay(firstDay))));
  const sinceMs = startOfDay(firstDay);
  const ranges = moves.map(({ partition, to, until, stored }) => ({ partition, from: to, until, stored, sinceMs }));
  const letters: LettersOf = { processor: group, topic, ranges };
  await refuseWhileRetrying(database.queries, log, letters);

  const id = randomUUID().slice(0, 8);
  const placeOf = ({ partition, stored, until }: Move, offset: number, removing: boolean): GroupPlace => ({
    partition,
    offset,
    metadata: formatNote({ replay: { id, sinceMs, stored, until, removing } }),
  });
  // All partitions or none: refused here, nothing was changed.
  await log.moveGroup(
    group,
    topic,
    moves.map((move) => placeOf(move, move.offset, true)),
  );
  await stored.removeFrom(firstDay);
  await forgetLetters(log, letters);
  await log.moveGroup(
    group,
    topic,
    moves.map((move) => placeOf(move, move.to, false)),
  );
  return {
    processor: group,
    records: states.reduce((sum, { endOffset }, i) => sum + Math.max(0, endOffset - moves[i]!.to), 0),
    places: moves.map(({ partition, to }) => ({ topic, partition, offset: to })),
    removedDays: days,
    tables: stored.tables,
    cleared: false,
  };
};

const moveOf = async (
  log: Log,
  topic: string,
  { partition, offset, endOffset, replay }: PartitionState,
  sinceMs: number,
): Promise<Move> => {
  const first = await log.offsetAt(topic, partition, sinceMs - clockToleranceMs);
  const stored = Math.max(offset, replay?.stored ?? 0);
  return { partition, offset, to: Math.min(offset, first), stored, until: Math.max(stored, endOffset) };
};

/** Of a batch in the middle nobody knows whether it is stored, so rows that stay could be written twice. */
const refuseBegun = (group: string, firstDay: string, states: readonly PartitionState[]): void => {
  const isUnclear = ({ begun, replay, offset }: PartitionState): boolean =>
    begun.some((record) => receivedMsOf(record) < startOfDay(firstDay) && record.offset >= (replay?.stored ?? offset));
  if (!states.some(isUnclear)) return;
  throw new OperatorError(
    `${group} was stopped in the middle of a batch with records from before ${firstDay}: let it finish first, or replay from an earlier day.`,
  );
};

/** @param days in order. @throws OperatorError when rows of one of the days could not all be written again. */
const refuseUnlessHeld = async (
  log: Log,
  topic: string,
  states: readonly PartitionState[],
  stored: StoredDays,
  days: readonly string[],
): Promise<void> => {
  const [day] = days;
  if (day === undefined) return;
  const whole = firstWholeDay(topic, states, log.firstOffset);
  if (whole !== undefined && whole > day) {
    throw new OperatorError(
      `${topic} no longer holds everything that was received on ${day}, whose rows would be removed; the first day that it holds whole is ${whole}.`,
    );
  }
  const rowsFromMs = await stored.firstReceivedMs(day);
  const recordsFromMs = await firstReceivedOnLog(log, topic, states, startOfDay(day));
  if (rowsFromMs === undefined || (recordsFromMs !== undefined && recordsFromMs <= rowsFromMs)) return;
  throw new OperatorError(
    `Rows received at ${new Date(rowsFromMs).toISOString()} are older than what ${topic} holds of ${day}: they came from another log and could not be written again.`,
  );
};

/** The earliest arrival, from `sinceMs` on, among the records that may be the first of each partition. */
const firstReceivedOnLog = async (
  log: Log,
  topic: string,
  states: readonly PartitionState[],
  sinceMs: number,
): Promise<number | undefined> => {
  const firsts: number[] = [];
  for (const { partition, endOffset } of states) {
    const tail = await log.tail(topic, partition, await log.offsetAt(topic, partition, sinceMs - clockToleranceMs));
    let inside = 0;
    // Those of one partition are not strictly in the order of their arrival, but none is far from its place.
    while (tail.position < endOffset && inside < 1000) {
      const records = await tail.next({ maxRecords: 1000, maxBytes: 2 ** 24 });
      const received = records.map(receivedMsOf).filter((ms) => ms >= sinceMs);
      firsts.push(...received);
      inside += received.length;
      if (records.length === 0) break;
    }
  }
  return firsts.length === 0 ? undefined : firsts.reduce((a, b) => Math.min(a, b));
};
