/** What follows from a batch of events and the states of their keys. Pure, as the deciders are; the story tests use it too. */
import type { LogRecord, NewRecord } from '../log/log.ts';
import type { Decider, Emission, Message, Outcome, StateChange } from '../processor.ts';
import { deadLettersTopic, decisionIdHeader } from '../topics.ts';
import { asDeadLetter, type ReadFrom } from './dead-letters.ts';

/** Records of one partition, in order. */
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
        ...decision.emit.map((emission, i) => asRecord(decider, emission, idOf(decider, events, offset, i))),
      );
      states.set(key, decision.state);
      if (decision.dropped !== undefined) outcomes.push({ kind: 'dropped', offset, reason: decision.dropped });
    } catch (cause) {
      const reason = `${decider.name} failed on it: ${(cause as Error).message}`;
      if (!lastTry) throw new DecisionError(`record ${offset} of ${events.topic}: ${reason}`, { cause });
      outgoing.push(deadLetterOf(decider, events, record, reason));
      outcomes.push({ kind: 'dead-letter', offset, reason });
    }
  }
  const changes = [...states]
    .map(([key, after]) => ({ key, before: before.has(key) ? before.get(key)! : decider.initial, after }))
    .filter((change) => change.before !== change.after);
  return { changes, outgoing, outcomes };
};

export const deadLetterOf = (
  decider: { readonly name: string },
  { logId, topic, partition }: Events,
  record: LogRecord,
  reason: string,
): Outgoing => {
  const { key, headers, value } = asDeadLetter(record, decider.name, { logId, topic, partition }, reason);
  const id = `${decider.name}/${topic}/${partition}/${record.offset}/dead-letter`;
  return { topic: deadLettersTopic.name, key, headers: { ...headers, [decisionIdHeader]: id }, value };
};

/** The same for the same event, however often it is decided. */
const idOf = (
  decider: { readonly name: string },
  { topic, partition }: Events,
  offset: number,
  index: number,
): string => `${decider.name}/${topic}/${partition}/${offset}/${index}`;

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
