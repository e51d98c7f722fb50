/**
 * Tests of deciders, told as stories: given these events, when this one arrives, then these follow. Events go through
 * the decider's own `parse`, and every decision is made twice on a frozen state, so that one that is not pure is found.
 */
import { deepStrictEqual, fail, match, strictEqual } from 'node:assert/strict';
import type { Decider, Emission } from './processor.ts';
import { type Decisions, decideBatch } from './runner/decisions.ts';
import { passOver, whyNotOf } from './runner/pass-over.ts';
import { deadLettersTopic } from './topics.ts';

/** An event that arrives. A value of bytes is taken as it is, any other as JSON. */
export interface Arrival extends Emission {
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Story<State> {
  /** Events that arrived before, in order; none of them may fail. */
  given(events: readonly Arrival[]): Story<State>;
  when(event: Arrival): Ending<State>;
}

/** What followed from the last event. */
export interface Ending<State> {
  /** For a test that wants to look for itself. */
  readonly emissions: readonly { readonly topic: string; readonly key: string; readonly value: unknown }[];
  /** Exactly these records, in this order. */
  thenEmits(emissions: readonly Emission[]): Ending<State>;
  thenDropped(reason: string): Ending<State>;
  thenDeadLetter(reason: RegExp): Ending<State>;
  thenState(key: string, expected: State | undefined): Ending<State>;
}

export const story = <State, Event>(decider: Decider<State, Event>): Story<State> =>
  tell(decider, new Map<string, State>(), 0);

const tell = <State, Event>(
  decider: Decider<State, Event>,
  states: ReadonlyMap<string, State>,
  offset: number,
): Story<State> => ({
  given(events) {
    let soFar = states;
    events.forEach((event, i) => {
      const { decisions, after } = arrive(decider, soFar, event, offset + i);
      const failed = decisions.outcomes.find(({ kind }) => kind === 'dead-letter');
      if (failed) fail(`Given event ${i} cannot be: ${failed.reason}`);
      soFar = after;
    });
    return tell(decider, soFar, offset + events.length);
  },
  when(event) {
    const { decisions, after } = arrive(decider, states, event, offset);
    return endingOf(decisions, after);
  },
});

const arrive = <State, Event>(
  decider: Decider<State, Event>,
  states: ReadonlyMap<string, State>,
  { topic, key, value, headers = {} }: Arrival,
  offset: number,
): { decisions: Decisions<State>; after: ReadonlyMap<string, State> } => {
  if (!decider.reads.includes(topic)) fail(`${decider.name} does not read ${topic.name}.`);
  const bytes = value instanceof Uint8Array ? value : Buffer.from(JSON.stringify(value));
  const record = { key, offset, timestampMs: 0, headers, value: bytes };
  const { taken, outcomes } = passOver([record], whyNotOf(decider.name));
  const events = { logId: 'log', topic: topic.name, partition: 0, records: taken };
  freeze(decider.initial);
  for (const state of states.values()) freeze(state);
  const decisions = decideBatch(decider, states, events, true);
  deepStrictEqual(
    decideBatch(decider, states, events, true),
    decisions,
    `${decider.name} decides differently at a second time`,
  );
  return {
    decisions: { ...decisions, outcomes: [...outcomes, ...decisions.outcomes] },
    after: new Map([...states, ...decisions.changes.map((change) => [change.key, change.after] as const)]),
  };
};

const endingOf = <State>(
  { outgoing, outcomes }: Decisions<State>,
  states: ReadonlyMap<string, State>,
): Ending<State> => {
  const ending: Ending<State> = {
    emissions: outgoing
      .filter(({ topic }) => topic !== deadLettersTopic.name)
      .map(({ topic, key, value }) => ({ topic, key, value: JSON.parse(Buffer.from(value).toString()) })),
    thenEmits(expected) {
      deepStrictEqual(
        ending.emissions,
        expected.map(({ topic, key, value }) => ({ topic: topic.name, key, value: JSON.parse(JSON.stringify(value)) })),
      );
      return ending;
    },
    thenDropped(reason) {
      deepStrictEqual(
        outcomes.map((outcome) => ({ kind: outcome.kind, reason: outcome.reason })),
        [{ kind: 'dropped', reason }],
      );
      return ending;
    },
    thenDeadLetter(reason) {
      strictEqual(outcomes[0]?.kind, 'dead-letter');
      match(outcomes[0]?.reason ?? '', reason);
      return ending;
    },
    thenState(key, expected) {
      deepStrictEqual(states.get(key), expected);
      return ending;
    },
  };
  return ending;
};

const freeze = (value: unknown): void => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  Object.values(value).forEach(freeze);
};
