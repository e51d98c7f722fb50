/**
 * Replays a decider: its place goes back, and with it what it remembers of repeats. Its state is kept, so that events
 * are decided on as if they came again, or with `clear` forgotten and built anew, all in one transaction. What was put
 * back is no event of its own: its original comes again.
 */

import type { Log } from '../log/log.ts';
import { OperatorError } from '../operator-error.ts';
import { topicsOf } from '../processor.ts';
import { putBackBefore } from '../runner/decision-id.ts';
import { saveMarks } from '../runner/marks.ts';
import { savedPlace, setPlace } from '../runner/place.ts';
import type { Database, Queries } from '../state/database.ts';
import { and, eq, inArray } from '../state/drizzle.ts';
import { processorMarks, processorOutbox } from '../state/tables.ts';
import type { From, Replayable } from './arguments.ts';
import { forgetLetters, type LettersOf, refuseWhileRetrying } from './forget-letters.ts';
import type { ReplaySummary } from './summary.ts';

export interface DeciderReplay {
  readonly log: Log;
  readonly database: Database;
  readonly decider: Extract<Replayable, { kind: 'decider' }>;
  readonly topic: string;
  readonly from: From;
  readonly clear: boolean;
}

interface Place {
  readonly topic: string;
  readonly partition: number;
  /** Where it will read on. */
  readonly offset: number;
  readonly endOffset: number;
}

/** @throws OperatorError when the log lacks what the state was made of; GroupInUseError while somebody reads as the group. */
export const replayDecider = async (replay: DeciderReplay): Promise<ReplaySummary> => {
  const { log, database, decider, from, clear } = replay;
  // A state that is built anew is built of everything that the decider reads.
  const topics = clear ? topicsOf(decider) : [replay.topic];
  if (clear && from !== 'start') {
    throw new OperatorError(`With --clear the state of ${decider.name} is built anew, which needs --from start.`);
  }
  if (!clear) await refuseUnsent(database.queries, decider.name);
  const places: Place[] = [];
  for (const topic of topics) {
    const partitions = await log.partitionsOf(topic);
    for (let partition = 0; partition < partitions; partition++) {
      const { startOffset, endOffset } = await log.extentOf(topic, partition);
      if (clear && startOffset > log.firstOffset) throw lacks(decider.name, topic);
      const wanted = await offsetOf(log, topic, partition, from, partitions);
      const saved = await savedPlace(database.queries, { processor: decider.name, topic, partition });
      const offset = Math.max(startOffset, Math.min(wanted, saved ?? wanted));
      places.push({ topic, partition, offset, endOffset });
    }
  }
  const letters = topics.map((topic) => lettersOf(decider.name, topic, places));
  for (const ofTopic of letters) await refuseWhileRetrying(database.queries, log, ofTopic);
  // The group's own place first: this is refused while somebody reads.
  for (const [topic, ofTopic] of Map.groupBy(places, (place) => place.topic)) {
    await log.moveGroup(
      decider.name,
      topic,
      ofTopic.map(({ partition, offset }) => ({ partition, offset, metadata: '' })),
    );
  }
  await database.transaction(async (queries) => {
    await queries
      .delete(processorMarks)
      .where(and(eq(processorMarks.processor, decider.name), inArray(processorMarks.topic, [...topics])));
    for (const { topic, partition, offset, endOffset } of places) {
      const source = { processor: decider.name, logId: await log.logIdOf(topic), topic, partition };
      await setPlace(queries, source, offset);
      await saveMarks(queries, source, [putBackBefore(source.logId, endOffset)]);
    }
    if (clear) {
      await decider.store.clear(queries);
      await queries.delete(processorOutbox).where(eq(processorOutbox.processor, decider.name));
    }
    for (const ofTopic of letters) await forgetLetters(log, ofTopic);
  });
  const records = places.reduce((sum, { offset, endOffset }) => sum + Math.max(0, endOffset - offset), 0);
  return {
    processor: decider.name,
    records,
    places: places.map(({ topic, partition, offset }) => ({ topic, partition, offset })),
    removedDays: [],
    tables: [],
    cleared: clear,
  };
};

const lettersOf = (processor: string, topic: string, places: readonly Place[]): LettersOf => ({
  processor,
  topic,
  ranges: places
    .filter((place) => place.topic === topic)
    .map(({ partition, offset, endOffset }) => ({
      partition,
      from: offset,
      until: endOffset,
      stored: offset,
      sinceMs: 0,
    })),
});

/** Dead letters may be among what it decided, and would come behind the decision that they are forgotten. */
const refuseUnsent = async (queries: Queries, processor: string): Promise<void> => {
  const unsent = await queries
    .select({ id: processorOutbox.id })
    .from(processorOutbox)
    .where(eq(processorOutbox.processor, processor))
    .limit(1);
  if (unsent.length === 0) return;
  throw new OperatorError(
    `${processor} was stopped before the log had all that it decided: let Syntra run a moment, then replay.`,
  );
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
