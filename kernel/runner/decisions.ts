/** What follows from a batch of events and the states of their keys. Pure, as the deciders are; the story tests use it too. */
import type { LogRecord, NewRecord } from '../log/log.ts';
import type { Decider, Emission, Message, Outcome, StateChange } from '../processor.ts';
import { deadLettersTopic, decisionIdHeader } from '../topics.ts';
import { decisionIdOf } from './decision-id.ts';
import { asDeadLetter, outcomeOfRefused, type ReadFrom } from './set-aside.ts';

/** Records of one partition that are to be decided on, in order. */
export interface Events extends ReadFrom {
  readonly records: readonly LogRecord[];
}

export interface Decisions<State> {
  /** Keys whose state is another than before. */
  readonly changes: readonly StateChange<State>[];
  /** Records to append, in order. */
  readonly outgoing: readonly Outgoing[];
  readonly outcomes: readonly Outcome[];
}

export interface Outgoing extends NewRecord {
  readonly topic: string;
}

/** A decider threw. It may have been the machine's fault, so the batch is worth another try. */
export class DecisionError extends Error {
  override readonly name = 'DecisionError';
}

/**
 * @param lastTry whether an event that makes the decider throw becomes a dead letter; its state stays as it was.
 * @throws DecisionError when a decider throws and it is not the last try.
 */
export const decideBatch = <State, Event>(
  decider: Decider<State, Event>,
  before: ReadonlyMap<string, State>,
  events: Events,
  lastTry: boolean,
): Decisions<State> => {
  const states = new Map(before);
  const outgoing: Outgoing[] = [];
  const outcomes: Outcome[] = [];
  for (const record of events.records) {
    const { key, offset } = record;
    try {
      const event = decider.parse(record, events.topic);
      const state = states.has(key) ? states.get(key)! : decider.initial;
      const decision = decider.decide(state, { topic: events.topic, key, event } satisfies Message<Event>);
      outgoing.push(
        ...decision.emit.map((emission, i) =>
          asRecord(decider, emission, decisionIdOf(decider.name, events, offset, i)),
        ),
      );
      states.set(key, decision.state);
      if (decision.dropped !== undefined) outcomes.push({ kind: 'dropped', offset, reason: decision.dropped });
    } catch (cause) {
      const reason = `${decider.name} failed on it: ${(cause as Error).message}`;
      if (!lastTry) throw new DecisionError(`record ${offset} of ${events.topic}: ${reason}`, { cause });
      const aside = setAside(decider, events, record, reason);
      outgoing.push(...aside.outgoing);
      outcomes.push(aside.outcome);
    }
  }
  const changes = [...states]
    .map(([key, after]) => ({ key, before: before.has(key) ? before.get(key)! : decider.initial, after }))
    .filter((change) => change.before !== change.after);
  return { changes, outgoing, outcomes };
};

/** What becomes of a record that the decider or the database will never take. */
export const setAside = (
  decider: { readonly name: string },
  events: Events,
  record: LogRecord,
  reason: string,
): { readonly outcome: Outcome; readonly outgoing: readonly Outgoing[] } => {
  const outcome = outcomeOfRefused(events.topic, record.offset, reason);
  if (outcome.kind === 'dropped') return { outcome, outgoing: [] };
  const { key, headers, value } = asDeadLetter(record, decider.name, events, reason);
  const id = decisionIdOf(decider.name, events, record.offset, 0);
  const letter = { topic: deadLettersTopic.name, key, headers: { ...headers, [decisionIdHeader]: id }, value };
  return { outcome, outgoing: [letter] };
};

const asRecord = <State, Event>(decider: Decider<State, Event>, emission: Emission, id: string): Outgoing => {
  if (!decider.writes.includes(emission.topic)) {
    throw new Error(`it does not declare that it writes ${emission.topic.name}`);
  }
  return {
    topic: emission.topic.name,
    key: emission.key,
    headers: { [decisionIdHeader]: id },
    value: Buffer.from(JSON.stringify(emission.value)),
  };
};
