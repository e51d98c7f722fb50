/**
 * Replays a decider: its place goes back, and with it what it remembers of repeats. Its state is kept, so that events
 * are decided on as if they came again, or with `clear` forgotten and built anew, all in one transaction.
 */
import { and, eq, inArray } from 'drizzle-orm';
import type { Log } from '../log/log.ts';
import { OperatorError } from '../operator-error.ts';
import { savedPlace, setPlace } from '../runner/place.ts';
import type { Database } from '../state/database.ts';
import { processorMarks, processorOutbox } from '../state/tables.ts';
import { type From, type Replayable, topicsOf } from './arguments.ts';
import { firstOffset } from './log-window.ts';
import type { ReplaySummary } from './replay.ts';

export interface DeciderReplay {
  readonly log: Log;
  readonly database: Database;
  readonly decider: Extract<Replayable, { kind: 'decider' }>;
  readonly topic: string;
  readonly from: From;
  readonly clear: boolean;
}

/** @throws OperatorError when the log lacks what the state was made of; GroupInUseError while somebody reads as the group. */
export const replayDecider = async (replay: DeciderReplay): Promise<ReplaySummary> => {
  const { log, database, decider, from, clear } = replay;
  // A state that is built anew is built of everything that the decider reads.
  const topics = clear ? topicsOf(decider) : [replay.topic];
  if (clear && from !== 'start') {
    throw new OperatorError(`With --clear the state of ${decider.name} is built anew, which needs --from start.`);
  }
  const places: { topic: string; partition: number; offset: number }[] = [];
  let records = 0;
  for (const topic of topics) {
    const partitions = await log.partitionsOf(topic);
    for (let partition = 0; partition < partitions; partition++) {
      const extent = await log.extentOf(topic, partition);
      if (clear && extent.startOffset > firstOffset) throw lacks(decider.name, topic);
      const wanted = await offsetOf(log, topic, partition, from, partitions);
      const saved = await savedPlace(database.queries, { processor: decider.name, topic, partition });
      const offset = Math.max(extent.startOffset, Math.min(wanted, saved ?? wanted));
      places.push({ topic, partition, offset });
      records += Math.max(0, extent.endOffset - offset);
    }
  }
  // The group's own place first: this is refused while somebody reads.
  for (const { topic, partition, offset } of places) await log.moveGroup(decider.name, topic, partition, offset);
  await database.transaction(async (queries) => {
    for (const { topic, partition, offset } of places) {
      await setPlace(queries, { processor: decider.name, topic, partition }, offset);
    }
    await queries
      .delete(processorMarks)
      .where(and(eq(processorMarks.processor, decider.name), inArray(processorMarks.topic, [...topics])));
    if (!clear) return;
    await decider.store.clear(queries);
    await queries.delete(processorOutbox).where(eq(processorOutbox.processor, decider.name));
  });
  return { processor: decider.name, records, places, removedDays: [], tables: [], cleared: clear };
};

const lacks = (processor: string, topic: string): OperatorError =>
  new OperatorError(
    `${topic} no longer holds its first records, of which the state of ${processor} was made: it could not be built anew. Without --clear its state is kept, and what there is is decided on again.`,
  );

/** @throws OperatorError when the offset is of one of several partitions. */
const offsetOf = async (
  log: Log,
  topic: string,
  partition: number,
  from: From,
  partitions: number,
): Promise<number> => {
  const { startOffset, endOffset } = await log.extentOf(topic, partition);
  if (from === 'start') return startOffset;
  if ('timeMs' in from) return log.offsetAt(topic, partition, from.timeMs);
  if (partitions > 1) {
    throw new OperatorError(
      `${topic} has ${partitions} partitions, and an offset is of one of them: replay from a day or a time.`,
    );
  }
  if (from.offset < startOffset || from.offset >= endOffset) {
    throw new OperatorError(`${topic} has no offset ${from.offset}: it holds ${startOffset} to ${endOffset - 1}.`);
  }
  return from.offset;
};
